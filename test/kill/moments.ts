/**
 * Loaded into a real rollcall process ahead of the program (node --import): tells on descriptor 3 which statement it sends
 * and which was answered, and kills or
 * stops the process at the one that ROLLCALL_KILL or ROLLCALL_STOP names. Nothing of the program is changed.
 */
import fs from 'node:fs'
import { Client } from 'pg'

/** Before a statement is sent, once it is on its way, or once it was answered. */
export type Phase = 'begun' | 'sent' | 'answered'

/** When to die: at a statement, counted from 1, and so many milliseconds later. */
export interface Moment {
  readonly statement: number
  readonly phase: Phase
  readonly afterMs: number
}

const TOLD = 3

interface Observed {
  readonly connection: { on(event: 'readyForQuery', listener: () => void): void }
}

const kill = process.env['ROLLCALL_KILL']
const moment = kill === undefined ? undefined : (JSON.parse(kill) as Moment)
/** At which statement to stand still (SIGSTOP) before it is sent, until somebody wakes the process. */
const stop = Number(process.env['ROLLCALL_STOP'] ?? 0)
const waiting = new WeakMap<object, number[]>()
// oxlint-disable-next-line typescript/unbound-method -- called with the client that it is called on
const original = Client.prototype.query as (this: unknown, ...args: unknown[]) => unknown
let statements = 0

Client.prototype.query = function observed(this: object, ...args: unknown[]): unknown {
  statements += 1
  const statement = statements
  reached(statement, 'begun', textOf(args[0]))
  let answers = waiting.get(this)
  if (answers === undefined) {
    const queue: number[] = []
    answers = queue
    waiting.set(this, queue)
    const { connection } = this as Observed
    connection.on('readyForQuery', () => {
      const answered = queue.shift()
      if (answered !== undefined) reached(answered, 'answered', '')
    })
  }
  answers.push(statement)
  const result = original.apply(this, args)
  // The driver sends what has parameters in the next tick.
  setImmediate(() => reached(statement, 'sent', ''))
  return result
} as never

function reached(statement: number, phase: Phase, text: string): void {
  tell(`${phase} ${statement} ${text}`)
  if (statement === stop && phase === 'begun') process.kill(process.pid, 'SIGSTOP')
  if (statement !== moment?.statement || phase !== moment.phase) return
  if (moment.afterMs === 0) die()
  else setTimeout(die, moment.afterMs)
}

function die(): void {
  process.kill(process.pid, 'SIGKILL')
}

function tell(line: string): void {
  try {
    fs.writeSync(TOLD, `${line}\n`)
  } catch {
    // Nobody listens: the process was started by hand.
  }
}

/** The first word of a statement, which has no values in it. */
function textOf(query: unknown): string {
  const text = typeof query === 'string' ? query : ((query as { text?: string }).text ?? '')
  return /^\s*(\w+)/.exec(text)?.[1]?.toLowerCase() ?? ''
}
