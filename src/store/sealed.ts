import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import path from 'node:path'
import { RollcallError } from '../errors.ts'

const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** First byte of what is sealed, so that another way can follow this one. */
const VERSION = 1

/** Where the key is that secrets of others (passwords of collectors, keys of webhooks) are encrypted with. */
export interface SealingConfig {
  /** 32 bytes in base64, from the environment; then no file is looked at. */
  readonly key: string | undefined
  /** The file that holds the same; made on first use. */
  readonly keyFile: string
}

/** Encrypts secrets that have to be read again. Passwords of people are hashed instead, and never read. */
export interface Sealing {
  /** `purpose` and `siteId` are bound to it: a value that is moved to another row of another use does not open. */
  readonly seal: (text: string, purpose: string, siteId: number) => Buffer
  /** @throws RollcallError ERR_SECRET_UNREADABLE when the key is another, or the bytes were changed. */
  readonly open: (sealed: Uint8Array, purpose: string, siteId: number) => string
}

/** AES-256-GCM with a key of its own for each purpose and site (HKDF-SHA-256, RFC 5869) and a random nonce. */
export function sealing(config: SealingConfig): Sealing {
  let key: Buffer | undefined
  const keyFor = (purpose: string, siteId: number): Buffer => {
    key ??= masterKey(config)
    return Buffer.from(hkdfSync('sha256', key, '', `rollcall ${purpose} ${siteId}`, KEY_BYTES))
  }
  return {
    seal(text, purpose, siteId) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', keyFor(purpose, siteId), nonce)
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([Buffer.of(VERSION), nonce, cipher.getAuthTag(), body])
    },
    open(sealed, purpose, siteId) {
      const bytes = Buffer.from(sealed)
      const body = 1 + NONCE_BYTES + TAG_BYTES
      try {
        if (bytes[0] !== VERSION || bytes.length < body) throw new Error('not sealed here')
        const nonce = bytes.subarray(1, 1 + NONCE_BYTES)
        const decipher = createDecipheriv('aes-256-gcm', keyFor(purpose, siteId), nonce)
        decipher.setAuthTag(bytes.subarray(1 + NONCE_BYTES, body))
        return Buffer.concat([decipher.update(bytes.subarray(body)), decipher.final()]).toString(
          'utf8',
        )
      } catch (cause) {
        if (cause instanceof RollcallError) throw cause
        throw new RollcallError(
          'ERR_SECRET_UNREADABLE',
          `a stored secret (${purpose}) cannot be read`,
          {
            hint: 'The key is not the one it was stored with: see ROLLCALL_KEY and ROLLCALL_KEY_FILE. Or set the secret anew.',
            cause,
          },
        )
      }
    },
  }
}

function masterKey(config: SealingConfig): Buffer {
  const { key, keyFile } = config
  if (storedKey(config) === undefined) make(keyFile)
  // Another process may have been faster: whoever linked first made the key.
  return decoded(storedKey(config) ?? '', key === undefined ? keyFile : 'ROLLCALL_KEY')
}

/**
 * The key as it stands in the environment or its file; undefined where there is none yet.
 * @throws RollcallError ERR_CONFIG_WRONG when the file is there and cannot be read.
 */
export function storedKey({ key, keyFile }: SealingConfig): string | undefined {
  if (key !== undefined) return key
  try {
    return readFileSync(keyFile, 'utf8').trim()
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new RollcallError('ERR_CONFIG_WRONG', `${keyFile} cannot be read (${code})`, {
      hint: 'It holds the key that secrets are encrypted with: let the user that runs Rollcall read it, or set ROLLCALL_KEY_FILE.',
      cause,
    })
  }
}

/** Written aside and linked into place, so that nobody ever reads half a key or replaces one. */
function make(keyFile: string): void {
  mkdirSync(path.dirname(keyFile), { recursive: true })
  const aside = `${keyFile}.${process.pid}`
  const descriptor = openSync(aside, 'wx', 0o600)
  try {
    writeSync(descriptor, `${randomBytes(KEY_BYTES).toString('base64')}\n`)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  try {
    linkSync(aside, keyFile)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(aside)
  }
}

function decoded(text: string, where: string): Buffer {
  const key = Buffer.from(text.trim(), 'base64')
  if (key.length === KEY_BYTES && key.toString('base64') === text.trim()) return key
  throw new RollcallError(
    'ERR_CONFIG_WRONG',
    `${where} does not hold a key of 32 bytes in base64`,
    {
      hint: 'To make one: head -c 32 /dev/urandom | base64',
    },
  )
}
