import { RollcallError } from '../errors.ts'
import { EXIT } from './failures.ts'

/** A line of standard input that is taken for a password. */
const SECRET_BYTES_MAX = 4096

/**
 * A secret: asked for on a terminal without showing what is typed, else the first line of standard input.
 * @throws RollcallError ERR_USAGE when there is none
 */
export async function readSecret(prompt: string): Promise<string> {
  const secret = process.stdin.isTTY ? await typed(prompt) : await firstLine()
  if (secret !== '') return secret
  throw new RollcallError('ERR_USAGE', 'No password was given', {
    hint: 'Type it, or give it as the first line of standard input.',
  })
}

/** The same, typed twice on a terminal. */
export async function readNewSecret(prompt: string): Promise<string> {
  const secret = await readSecret(prompt)
  if (process.stdin.isTTY && (await typed('Again: ')) !== secret) {
    throw new RollcallError('ERR_USAGE', 'The two are not the same; nothing was changed')
  }
  return secret
}

async function firstLine(): Promise<string> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of process.stdin) {
    pieces.push(piece as Buffer)
    bytes += (piece as Buffer).length
    if ((piece as Buffer).includes(0x0a)) break
    if (bytes > SECRET_BYTES_MAX) throw new RollcallError('ERR_USAGE', 'The password is too long')
  }
  return Buffer.concat(pieces).toString('utf8').split(/\r?\n/)[0] ?? ''
}

/** Reads key by key, so that the terminal echoes nothing. */
function typed(prompt: string): Promise<string> {
  const { stdin } = process
  process.stderr.write(prompt)
  stdin.setRawMode(true)
  stdin.setEncoding('utf8')
  return new Promise((resolve) => {
    let text = ''
    const end = (): void => {
      stdin.off('data', take)
      stdin.setRawMode(false)
      stdin.pause()
      process.stderr.write('\n')
    }
    const take = (keys: string): void => {
      for (const key of keys) {
        if (key === '\r' || key === '\n' || key === '\u0004') {
          end()
          resolve(text)
          return
        }
        if (key === '\u0003') {
          end()
          process.exit(EXIT.interrupted)
        }
        if (key === '\u007f' || key === '\b') text = Array.from(text).slice(0, -1).join('')
        else text += key
      }
    }
    stdin.on('data', take)
    stdin.resume()
  })
}
