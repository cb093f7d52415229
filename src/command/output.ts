import { styleText } from 'node:util'
import type { Emphasis } from './table.ts'

/** Standard output of a command: lines for people, or one JSON value for programs. */
export function printLines(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, jsonValue, 2)}\n`)
}

/** Ids and counts come from the database as bigint where they may be large. */
function jsonValue(_key: string, value: unknown): unknown {
  if (typeof value !== 'bigint') return value
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value.toString()
}

/** Colours only on a terminal, and not where NO_COLOR is set; styleText decides. */
export const bold: Emphasis = (text) => styleText('bold', text, { stream: process.stdout })
export const alarming: Emphasis = (text) => styleText('red', text, { stream: process.stdout })

/** A pipe that is closed early (`rollcall runs | head`) ends the program quietly. */
export function endOnClosedPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit()
  })
}
