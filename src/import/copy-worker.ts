/**
 * A thread that reads a delivery, hashes it, packs it and writes it down, while the main thread goes over the same bytes behind it
 * (ring.ts): neither hashing nor packing nor the disk is waited for. Until it is told where to keep the delivery it hashes it only,
 * which is all that is wanted of one that came before.
 *
 * What is kept is packed because the disk is the slowest of all: 470 MB as they are take two seconds to be durable where it writes
 * 250 MB/s, and half a second to three even in the memory that the system lends it.
 */
import { createHash } from 'node:crypto'
import { readSync } from 'node:fs'
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { createZstdCompress, type ZstdCompress } from 'node:zlib'
import {
  type Copied,
  type CopyTask,
  type CopyWork,
  PACKED,
  type Said,
  writeAll,
} from './copying.ts'
import { Ring } from './ring.ts'

/** What stays in the cache of a core: 470 MB are read and hashed in 0.37 s so, and in 0.55 s by 4 MB at a time. */
const CHUNK_BYTES = 256 * 1024
/** What is packed at a time, by a thread of the system's. */
const BLOCK_BYTES = 2 * 1024 * 1024

const { source, bytesMax, ring: memory } = workerData as CopyWork
const ring = new Ring(memory)
const port = parentPort

/** Gives the task where one comes meanwhile. */
function hashAhead(): CopyTask | Copied {
  const hash = createHash('sha256')
  const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  let bytes = 0
  while (bytes < bytesMax) {
    const told = port && receiveMessageOnPort(port)
    if (told) return told.message as CopyTask
    const read = readSync(source, chunk, 0, Math.min(CHUNK_BYTES, bytesMax - bytes), bytes)
    if (read === 0) break
    bytes += read
    hash.update(chunk.subarray(0, read))
  }
  return { sha256: hash.digest('hex'), bytes }
}

async function copy({ kept, packs }: CopyTask): Promise<Copied> {
  const hash = createHash('sha256')
  const packed = packs ? new Packed(kept) : undefined
  let packing: Promise<void> | undefined
  let bytes = 0
  for (let atEnd = false; !atEnd;) {
    const room = ring.room(Math.min(BLOCK_BYTES, bytesMax - bytes))
    let filled = 0
    while (filled < room.length) {
      const piece = room.subarray(filled, filled + CHUNK_BYTES)
      const read = readSync(source, piece, 0, piece.length, bytes)
      if (read === 0) break
      if (!packs) writeAll(kept, piece.subarray(0, read), bytes)
      bytes += read
      filled += read
      ring.fill(read)
      hash.update(piece.subarray(0, read))
    }
    atEnd = filled < room.length || bytes === bytesMax
    // While one block is packed the next is read. Nothing else happens in this thread while it waits for the reader.
    await packing
    packing = packed?.add(room.subarray(0, filled))
    if (ring.isFull(BLOCK_BYTES)) await packing
  }
  await packing
  await packed?.end()
  return { sha256: hash.digest('hex'), bytes }
}

/** One Zstandard frame with a checksum: Node's reader goes no further than the first frame, and `zstd -d` reads it too. */
class Packed {
  readonly #stream: ZstdCompress
  #at = 0

  constructor(descriptor: number) {
    this.#stream = createZstdCompress({ ...PACKED, chunkSize: CHUNK_BYTES })
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

function say(said: Said): void {
  port?.postMessage(said)
}

function faultOf(error: unknown): Copied {
  return { fault: (error as NodeJS.ErrnoException).code }
}

async function copyAsTold(task: CopyTask): Promise<void> {
  const copied = await copy(task).catch(faultOf)
  ring.end()
  say({ done: 'copy', copied })
}

function begin(): CopyTask | Copied {
  try {
    return hashAhead()
  } catch (error) {
    return faultOf(error)
  }
}

const begun = begin()
if ('kept' in begun) void copyAsTold(begun)
else {
  say({ done: 'hash', copied: begun })
  port?.once('message', (task: CopyTask) => void copyAsTold(task))
}
