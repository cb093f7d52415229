/** One line on standard error about something that takes long or is out of the ordinary. */
export function notice(line: string): void {
  process.stderr.write(`rollcall: ${line}\n`)
}
