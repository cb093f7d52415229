import { createHash } from 'node:crypto'
import { readSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { zstdCompressSync } from 'node:zlib'
import { moduleFile } from '../package-folder.ts'
import {
  type Copied,
  type CopyTask,
  type CopyWork,
  PACKED,
  type Said,
  writeAll,
} from './copying.ts'
import { Ring } from './ring.ts'

/**
 * A delivery of so many bytes at most is kept by the thread that reads it: 22 MB take it 60 ms, where another thread takes 150 ms
 * of processor time before it does anything. Larger ones gain more than that by being read and kept at the same time.
 */
export const COPIED_HERE_BYTES_MAX = 32 * 1024 * 1024
const RING_BYTES = 8 * 1024 * 1024

/** Who hashes and keeps the bytes of a delivery. */
export interface Copier {
  /** The delivery's hash alone. To be asked for before the copy. */
  hash(): Promise<Copied>
  /** Hashes and keeps it. */
  copy(task: CopyTask): Promise<Copied>
  /** How many bytes were copied. */
  readonly done: number
  /** Waits until so many are copied, or no more will be. Throws RingStalled, as `read` does. */
  reached(bytes: number): void
  /** Bytes as they are copied, waiting for them: from a place on that goes forward. Undefined for what is gone; 0 at the end. */
  read(into: Uint8Array, at: number): number | undefined
  /** Nobody reads any more. */
  letGo(): void
  end(): Promise<unknown>
}

/** @param length Of the file when it was opened; one byte more is read, so that one that has grown shows. */
export function copierFor(descriptor: number, length: number): Copier {
  return length <= COPIED_HERE_BYTES_MAX
    ? new CopierHere(descriptor, length + 1)
    : new CopierOnThread(descriptor, length + 1)
}

class CopierOnThread implements Copier {
  readonly #thread: Worker
  readonly #ring = Ring.of(RING_BYTES)
  readonly #said: { readonly [done in Said['done']]: PromiseWithResolvers<Copied> } = {
    hash: Promise.withResolvers(),
    copy: Promise.withResolvers(),
  }

  constructor(source: number, bytesMax: number) {
    const workerData: CopyWork = { source, bytesMax, ring: this.#ring.memory }
    const thread = new Worker(moduleFile('import/copy-worker'), {
      workerData,
      resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 },
    })
    this.#thread = thread
    const { hash, copy } = this.#said
    thread.on('message', ({ done, copied }: Said) => this.#said[done].resolve(copied))
    thread.once('error', (error) => {
      this.#ring.end()
      for (const each of [hash, copy]) each.resolve({ fault: (error as { code?: string }).code })
    })
  }

  get done(): number {
    return this.#ring.filled
  }

  hash(): Promise<Copied> {
    return this.#said.hash.promise
  }

  copy(task: CopyTask): Promise<Copied> {
    this.#thread.postMessage(task)
    return this.#said.copy.promise
  }

  reached(bytes: number): void {
    this.#ring.reached(bytes)
  }

  read(into: Uint8Array, at: number): number | undefined {
    return this.#ring.read(into, at)
  }

  letGo(): void {
    this.#ring.letGo()
  }

  end(): Promise<unknown> {
    return this.#thread.terminate()
  }
}

/** All of it before `copy` returns. */
class CopierHere implements Copier {
  readonly #source: number
  readonly #bytesMax: number
  /** Until nobody reads them any more. */
  #bytes: Buffer | undefined

  constructor(source: number, bytesMax: number) {
    this.#source = source
    this.#bytesMax = bytesMax
  }

  get done(): number {
    return this.#bytes?.length ?? 0
  }

  hash(): Promise<Copied> {
    return this.#copied(() => {})
  }

  copy({ kept, packs }: CopyTask): Promise<Copied> {
    return this.#copied((bytes) =>
      writeAll(kept, packs ? zstdCompressSync(bytes, PACKED) : bytes, 0),
    )
  }

  #copied(keep: (bytes: Buffer) => void): Promise<Copied> {
    try {
      const bytes = readAll(this.#source, this.#bytesMax)
      this.#bytes = bytes
      keep(bytes)
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      return Promise.resolve({ sha256, bytes: bytes.length })
    } catch (error) {
      return Promise.resolve({ fault: (error as NodeJS.ErrnoException).code })
    }
  }

  reached(): void {}

  read(into: Uint8Array, at: number): number | undefined {
    return this.#bytes?.copy(into, 0, Math.min(at, this.#bytes.length))
  }

  letGo(): void {
    this.#bytes = undefined
  }

  end(): Promise<void> {
    this.letGo()
    return Promise.resolve()
  }
}

function readAll(descriptor: number, bytesMax: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(bytesMax)
  let at = 0
  while (at < bytesMax) {
    const read = readSync(descriptor, bytes, at, bytesMax - at, at)
    if (read === 0) break
    at += read
  }
  return bytes.subarray(0, at)
}
