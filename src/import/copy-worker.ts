/**
 * A thread that reads a delivery, hashes it, packs it and writes it down, while the main thread reads the same behind it: neither
 * hashing nor packing nor the disk is waited for. A checksum of what each has read shows that it was the same.
 *
 * What is kept is packed because the disk is the slowest of all: 470 MB as they are take two seconds to be durable where it writes
 * 250 MB/s, and half a second to three even in the memory that the system lends it.
 */
import { createHash } from 'node:crypto'
import { readSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { crc32, createZstdCompress, type ZstdCompress } from 'node:zlib'
import { PACKED, writeAll } from './copier.ts'
import { ALL, type Copied, type CopyTask, type CopyWork } from './copying.ts'

const CHUNK_BYTES = 4 * 1024 * 1024

const { source, kept, packs, bytesMax, progress } = workerData as CopyWork
const state = new BigInt64Array(progress)

function say(standing: bigint): void {
  Atomics.store(state, 0, standing)
  Atomics.notify(state, 0)
}

async function go(task: CopyTask): Promise<Copied> {
  const hash = createHash('sha256')
  const packed = task === 'copy' && packs ? new Packed(kept) : undefined
  // While one is packed the other is filled.
  const chunks = [Buffer.allocUnsafeSlow(CHUNK_BYTES), Buffer.allocUnsafeSlow(CHUNK_BYTES)] as const
  let packing: Promise<void> | undefined
  let bytes = 0
  let crc = 0
  for (let turn = 0; bytes < bytesMax; turn++) {
    const chunk = chunks[(turn % 2) as 0 | 1]
    const read = readSync(source, chunk, 0, Math.min(CHUNK_BYTES, bytesMax - bytes), bytes)
    if (read === 0) break
    const filled = chunk.subarray(0, read)
    if (task === 'copy' && !packs) writeAll(kept, filled, bytes)
    bytes += read
    if (task === 'copy') say(BigInt(bytes))
    hash.update(filled)
    crc = crc32(filled, crc)
    await packing
    packing = packed?.add(filled)
  }
  await packing
  await packed?.end()
  return { sha256: hash.digest('hex'), crc32: crc, bytes }
}

/** One Zstandard frame with a checksum: Node's reader goes no further than the first frame, and `zstd -d` reads it too. */
class Packed {
  readonly #stream: ZstdCompress
  #at = 0

  constructor(descriptor: number) {
    this.#stream = createZstdCompress({ ...PACKED, chunkSize: 256 * 1024 })
    this.#stream.on('data', (part: Buffer) => {
      try {
        writeAll(descriptor, part, this.#at)
        this.#at += part.length
      } catch (error) {
        this.#stream.destroy(error as Error)
      }
    })
    // Whoever adds or ends is told.
    this.#stream.on('error', () => {})
  }

  add(bytes: Uint8Array): Promise<void> {
    return this.#told((done) => this.#stream.write(bytes, done))
  }

  end(): Promise<void> {
    return this.#told((done) => {
      this.#stream.once('close', done)
      this.#stream.end()
    })
  }

  #told(work: (done: (error?: Error | null) => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      work((error) => {
        const fault = this.#stream.errored ?? error
        if (fault == null) resolve()
        else reject(fault)
      })
    })
  }
}

parentPort?.on('message', (task: CopyTask) => {
  void go(task)
    .catch((error: unknown): Copied => ({ fault: (error as NodeJS.ErrnoException).code }))
    .then((copied) => {
      if (task === 'copy') say(ALL)
      parentPort?.postMessage(copied)
    })
})
