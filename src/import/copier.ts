import { createHash } from 'node:crypto'
import { readSync, writeSync } from 'node:fs'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import { constants, crc32, zstdCompressSync, type ZstdOptions } from 'node:zlib'
import { ALL, type Copied, type CopyTask, type CopyWork } from './copying.ts'

/**
 * A delivery of so many bytes at most is kept by the thread that reads it: that takes 30 ms, where another thread takes 150 ms
 * of processor time before it does anything. Larger ones gain more than that by being read and kept at the same time.
 */
export const COPIED_HERE_BYTES_MAX = 8 * 1024 * 1024

/** How deliveries are packed: one frame with a checksum. */
export const PACKED: ZstdOptions = {
  params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 },
}

/** Who hashes and keeps the bytes of a delivery. */
export interface Copier {
  /** Does it; says how far it is through `progress`, and at the end what came of it. Never rejects. */
  ask(task: CopyTask): Promise<Copied>
  end(): Promise<unknown>
}

/** The worker is a source file here and a compiled one where Rollcall is installed. */
const THREAD = new URL(`./copy-worker${path.extname(import.meta.filename)}`, import.meta.url)

export function copierFor(work: CopyWork): Copier {
  return work.bytesMax <= COPIED_HERE_BYTES_MAX ? copierHere(work) : copierOnThread(work)
}

function copierOnThread(work: CopyWork): Copier {
  const thread = new Worker(THREAD, {
    workerData: work,
    resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 },
  })
  return {
    ask: (task) =>
      new Promise((resolve) => {
        thread.once('message', resolve)
        thread.once('error', (error) => resolve({ fault: (error as { code?: string }).code }))
        thread.postMessage(task)
      }),
    end: () => thread.terminate(),
  }
}

function copierHere(work: CopyWork): Copier {
  return { ask: (task) => Promise.resolve(copyHere(work, task)), end: () => Promise.resolve() }
}

/** All of it before this returns. */
function copyHere({ source, kept, packs, bytesMax, progress }: CopyWork, task: CopyTask): Copied {
  try {
    const bytes = readAll(source, bytesMax)
    if (task === 'copy') {
      writeAll(kept, packs ? zstdCompressSync(bytes, PACKED) : bytes, 0)
      Atomics.store(new BigInt64Array(progress), 0, ALL)
    }
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    return { sha256, crc32: crc32(bytes), bytes: bytes.length }
  } catch (error) {
    if (task === 'copy') Atomics.store(new BigInt64Array(progress), 0, ALL)
    return { fault: (error as NodeJS.ErrnoException).code }
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

/** Writes all of the bytes, from a place in the file on. */
export function writeAll(descriptor: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length;) {
    done += writeSync(descriptor, bytes, done, bytes.length - done, at + done)
  }
}
