import { Readable } from 'node:stream'
import { mock } from 'node:test'
import { runCommandLine } from '../../src/command/program.ts'

/** What a command line came to. */
export interface Quiet {
  readonly out: string
  /** Standard error. */
  readonly said: string
  readonly code: number
}

/** Runs a command line in this process and keeps its output; `input` is what it reads from standard input. */
export async function quietly(
  words: readonly string[],
  input = 'häst batteri klammer\n',
): Promise<Quiet> {
  const write = process.stdout.write.bind(process.stdout)
  let [out, said] = ['', '']
  // What the test runner writes are bytes.
  const hidden = mock.method(process.stdout, 'write', (chunk: string | Uint8Array) => {
    if (typeof chunk !== 'string') return write(chunk)
    out += chunk
    return true
  })
  const heard = mock.method(process.stderr, 'write', (chunk: string | Uint8Array) => {
    said += String(chunk)
    return true
  })
  const stdin = Object.getOwnPropertyDescriptor(process, 'stdin') as PropertyDescriptor
  Object.defineProperty(process, 'stdin', {
    configurable: true,
    value: Readable.from([Buffer.from(input)]),
  })
  try {
    process.exitCode = undefined
    await runCommandLine(words)
    return { out, said, code: (process.exitCode as number | undefined) ?? 0 }
  } finally {
    hidden.mock.restore()
    heard.mock.restore()
    Object.defineProperty(process, 'stdin', stdin)
    process.exitCode = undefined
  }
}
