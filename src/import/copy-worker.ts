/**
 * A thread that copies a delivery and hashes it on the way, while the main thread reads the copy behind it: the bytes that are
 * judged are the very bytes that are kept, and neither hashing nor the disk is waited for.
 */
import { createHash } from 'node:crypto'
import { fdatasync, readSync, writeSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { ALL, type Copied, type CopyWork } from './copying.ts'

const CHUNK_BYTES = 4 * 1024 * 1024
/**
 * The disk is put to work while there is more to read: the system itself would begin to write only once gigabytes wait, and
 * the sync at the end would take all the time that the disk needs.
 */
const WRITE_BEHIND_BYTES = 32 * 1024 * 1024

const { source, copy, bytesMax, progress } = workerData as CopyWork
const state = new BigInt64Array(progress)

function say(standing: bigint): void {
  Atomics.store(state, 0, standing)
  Atomics.notify(state, 0)
}

async function copyAll(): Promise<Copied> {
  const hash = createHash('sha256')
  const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  let bytes = 0
  let syncedTo = 0
  let syncing = false
  while (bytes < bytesMax) {
    const read = readSync(source, chunk, 0, Math.min(CHUNK_BYTES, bytesMax - bytes), bytes)
    if (read === 0) break
    hash.update(chunk.subarray(0, read))
    for (let done = 0; done < read;) {
      done += writeSync(copy, chunk, done, read - done, bytes + done)
    }
    bytes += read
    say(BigInt(bytes))
    if (!syncing && bytes - syncedTo >= WRITE_BEHIND_BYTES) {
      syncing = true
      syncedTo = bytes
      // What fails here fails again in the sync that counts.
      fdatasync(copy, () => (syncing = false))
      await new Promise(setImmediate)
    } else if (syncing) await new Promise(setImmediate)
  }
  return { sha256: hash.digest('hex'), bytes }
}

const copied = await copyAll().catch((error: unknown): Copied => {
  return { fault: (error as NodeJS.ErrnoException).code }
})
say(ALL)
parentPort?.postMessage(copied)
