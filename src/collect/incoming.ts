import { createHash, randomUUID } from 'node:crypto'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import path from 'node:path'
import { Writable } from 'node:stream'
import { RollcallError } from '../errors.ts'
import { removeLeftParts } from '../import/left-parts.ts'
import { failure } from './failure.ts'
import { LEFT_HOURS } from './limits.ts'

const PREFIX = '.part-collect-'

/** A file that is being fetched: in the arriving folder, under a name of its own, counted and hashed on the way. */
export class Incoming {
  readonly path: string
  bytes = 0
  readonly #bytesMax: number
  readonly #hash = createHash('sha256')
  #descriptor: number | undefined
  #sha256 = ''

  /** @throws RollcallError ERR_DELIVERY_NOT_KEPT where nothing can be written. */
  constructor(folder: string, bytesMax: number) {
    this.path = path.join(folder, `${PREFIX}${randomUUID()}`)
    this.#bytesMax = bytesMax
    try {
      this.#descriptor = openSync(this.path, 'wx', 0o600)
    } catch (cause) {
      throw notKept(folder, cause)
    }
  }

  /** @throws RollcallError ERR_FETCH_LIMIT beyond the limit, ERR_DELIVERY_NOT_KEPT when the disk is full. */
  write(chunk: Uint8Array): void {
    if (this.#descriptor === undefined) return
    this.bytes += chunk.length
    if (this.bytes > this.#bytesMax) {
      throw failure('ERR_FETCH_LIMIT', 'fetch', `more than ${this.#bytesMax} bytes came`, {
        hint: 'If deliveries are as large as that, raise the setting bytesMax.',
      })
    }
    this.#hash.update(chunk)
    try {
      for (let done = 0; done < chunk.length;) {
        done += writeSync(this.#descriptor, chunk, done, chunk.length - done)
      }
    } catch (cause) {
      throw notKept(path.dirname(this.path), cause)
    }
  }

  /** The same as a stream. */
  stream(onChunk: () => void): Writable {
    return new Writable({
      write: (chunk: Buffer, _, done) => {
        try {
          onChunk()
          this.write(chunk)
          done()
        } catch (error) {
          done(error as Error)
        }
      },
    })
  }

  /** It is whole. */
  close(): void {
    if (this.#descriptor === undefined) return
    closeSync(this.#descriptor)
    this.#descriptor = undefined
    this.#sha256 = this.#hash.digest('hex')
  }

  get sha256(): string {
    return this.#sha256
  }

  discard(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
    rmSync(this.path, { force: true })
  }
}

function notKept(folder: string, cause: unknown): RollcallError {
  const { code = 'unknown' } = cause as NodeJS.ErrnoException
  return new RollcallError('ERR_DELIVERY_NOT_KEPT', `${folder} cannot be written (${code})`, {
    hint: 'Look at the rights and the free space of the folder that deliveries are kept in.',
    cause,
  })
}

/** Removes what processes that died have left: files that nobody has written to for longer than a run may take. */
export function removeLeftovers(folder: string, now: Date): void {
  removeLeftParts(folder, PREFIX, LEFT_HOURS * 3_600_000, now)
}
