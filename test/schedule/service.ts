/** The service as a process of its own, heard by its log. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { arrivingFolder, takeIn } from '../../src/import/arrivals.ts'
import type { Database } from '../../src/store/connect.ts'

const ROLLCALL = path.resolve(import.meta.dirname, '../../rollcall')
const LIMIT_MS = 120_000

export interface LogLine {
  readonly event: string
  readonly [field: string]: unknown
}

export interface Service {
  readonly process: ChildProcess
  readonly lines: readonly LogLine[]
  /** Everything that it has written, to either stream. */
  readonly said: () => string
  /** Waits for a line, from the beginning on. */
  heard(event: string, is?: (line: LogLine) => boolean): Promise<LogLine>
  /** Sends a signal and waits for the end; gives the exit code. */
  end(signal?: NodeJS.Signals): Promise<number | null>
}

/** Starts `rollcall serve` or `rollcall worker`; `prefix` is a command that runs it, such as one that changes the network. */
export function startService(
  command: 'serve' | 'worker',
  environment: NodeJS.ProcessEnv,
  prefix: readonly string[] = [],
): Service {
  const [program, ...words] = [...prefix, ROLLCALL, command]
  const child = spawn(program, words, {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: LogLine[] = []
  let said = ''
  let rest = ''
  let news: () => void = () => {}
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
    const parts = (rest + text).split('\n')
    rest = parts.pop() ?? ''
    for (const part of parts) lines.push(JSON.parse(part) as LogLine)
    news()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  child.on('exit', () => news())
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null
  return {
    process: child,
    lines,
    said: () => said,
    async heard(event, is = () => true) {
      for (const until = Date.now() + LIMIT_MS; ;) {
        const found = lines.find((line) => line.event === event && is(line))
        if (found !== undefined) return found
        if (hasEnded() || Date.now() > until) throw new Error(`no ${event} in:\n${said}`)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, 1000)
          news = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
    },
    async end(signal = 'SIGTERM') {
      if (!hasEnded()) {
        child.kill(signal)
        await once(child, 'exit')
      }
      return child.exitCode
    },
  }
}

/** A delivery comes at a site, the way that an upload ends. */
export function comes(
  database: Database,
  folder: string,
  { siteId, sourceId, name }: { siteId: number; sourceId: number; name: string },
  bytes: string,
): Promise<number> {
  const file = path.join(arrivingFolder(folder, siteId), `.part-${name}`)
  fs.writeFileSync(file, bytes)
  const of = { channel: 'drop box', sender: 'school', fileName: name } as const
  return takeIn({
    database,
    siteId,
    sourceId,
    deliveriesFolder: folder,
    file,
    now: () => new Date(),
    ...of,
  })
}
