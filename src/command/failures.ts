import { CommanderError } from 'commander'
import { RollcallError, type ErrorCode } from '../errors.ts'

/** What a shell gets to see. */
export const EXIT = {
  done: 0,
  broken: 1,
  usage: 2,
  held: 3,
  refused: 4,
  setAside: 5,
  kept: 6,
  interrupted: 130,
} as const

const USAGE_CODES: readonly ErrorCode[] = [
  'ERR_USAGE',
  'ERR_PASSWORD_REFUSED',
  'ERR_RULES_WRONG',
  'ERR_SETTING_OUT_OF_BOUNDS',
  'ERR_COLLECTOR_WRONG',
]

/** The exit code for something that was thrown. */
export function exitCodeOfFailure(thrown: unknown): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT.done : EXIT.usage
  if (thrown instanceof RollcallError) {
    return USAGE_CODES.includes(thrown.code) ? EXIT.usage : EXIT.broken
  }
  return EXIT.broken
}

/** What is printed of it on standard error; nothing of what commander has printed already. */
export function failureText(thrown: unknown, debug: boolean): string {
  if (thrown instanceof CommanderError) return ''
  const lines: string[] = []
  if (thrown instanceof RollcallError) {
    lines.push(`rollcall: ${thrown.message}`)
    if (thrown.hint !== undefined) lines.push(`  ${thrown.hint}`)
    lines.push(`  code: ${thrown.code}`)
  } else {
    lines.push('rollcall: something went wrong inside the program')
    lines.push('  Set ROLLCALL_DEBUG=1 and run it again to see where, and report it.')
    lines.push('  code: ERR_INTERNAL')
  }
  if (debug) lines.push(stackOf(thrown))
  return `${lines.join('\n')}\n`
}

function stackOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const stack = thrown.stack ?? thrown.message
  return thrown.cause === undefined ? stack : `${stack}\ncaused by ${stackOf(thrown.cause)}`
}
