/** A rollcall process of its own that tells how far it is, and is killed at a moment. */
import { spawn } from 'node:child_process'
import path from 'node:path'
import type { Readable } from 'node:stream'
import type { Moment } from './moments.ts'

const MAIN = path.resolve(import.meta.dirname, '../../src/main.ts')
const MOMENTS = path.resolve(import.meta.dirname, 'moments.ts')

/** How a process ended, and how far it had come. */
export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null
  readonly out: string
  readonly err: string
  readonly ms: number
  /** Those of them that are COMMIT, in order. */
  readonly commits: readonly number[]
  /** The last statements that were begun, that were on their way, and that were answered. */
  readonly begun: number
  readonly sent: number
  readonly answered: number
}

/** When to kill: a moment that the process finds itself, or so long after its start. */
export type Kill = { readonly at: Moment } | { readonly afterMs: number }

export interface Started {
  readonly pid: number
  readonly ended: Promise<Ended>
  /** Calls back once the process says this on standard error, or begins this statement. */
  when(said: string, then: () => void): void
}

/** Starts `rollcall …args`. */
export function start(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  kill?: Kill,
): Started {
  const begun = performance.now()
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--import', MOMENTS, MAIN, ...args],
    {
      env: {
        ...process.env,
        NO_COLOR: '1',
        ...(kill !== undefined && 'at' in kill ? { ROLLCALL_KILL: JSON.stringify(kill.at) } : {}),
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    },
  )
  const pieces = ['', '', '', '']
  const waiting = new Map<string, () => void>()
  for (const index of [1, 2, 3]) {
    const stream = child.stdio[index] as Readable
    stream.setEncoding('utf8').on('data', (text: string) => {
      pieces[index] += text
      for (const [said, then] of waiting) {
        if (!`${pieces[2]}${pieces[3]}`.includes(said)) continue
        waiting.delete(said)
        then()
      }
    })
  }
  if (kill !== undefined && 'afterMs' in kill) {
    const timer = setTimeout(() => child.kill('SIGKILL'), kill.afterMs)
    child.on('close', () => clearTimeout(timer))
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      const [, out = '', err = '', told = ''] = pieces
      resolve({ code, out, err, ms: performance.now() - begun, ...standing(told) })
    })
  })
  return {
    pid: child.pid ?? 0,
    ended,
    when: (said, then) => void waiting.set(said, then),
  }
}

function standing(told: string): Pick<Ended, 'begun' | 'sent' | 'answered' | 'commits'> {
  const last: { [phase: string]: number } = {}
  const commits: number[] = []
  for (const line of told.split('\n')) {
    const [phase = '', number, word] = line.split(' ')
    last[phase] = Math.max(last[phase] ?? 0, Number(number))
    if (word === 'commit') commits.push(Number(number))
  }
  const { begun = 0, sent = 0, answered = 0 } = last
  return { begun, sent, answered, commits }
}
