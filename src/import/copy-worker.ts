/**
 * A thread that hashes a delivery and writes it down while the main thread reads it: hashing alone is a quarter second
 * of half a gigabyte. Takes chunks in order, gives each buffer back, and says the hash at the end.
 */
import { createHash } from 'node:crypto'
import { writeSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'

/** What the main thread sends: bytes to append, or the end. */
export type ToCopy =
  { readonly buffer: ArrayBuffer; readonly length: number } | { readonly end: true }

/** What it gets back. */
export type FromCopy =
  | { readonly done: ArrayBuffer }
  | { readonly sha256: string }
  | { readonly fault: string | undefined }

const { descriptor } = workerData as { readonly descriptor: number }
const hash = createHash('sha256')
let at = 0

parentPort?.on('message', (message: ToCopy) => {
  if ('end' in message) {
    answer({ sha256: hash.digest('hex') })
    parentPort?.close()
    return
  }
  const bytes = new Uint8Array(message.buffer, 0, message.length)
  try {
    hash.update(bytes)
    for (let done = 0; done < bytes.length;) {
      done += writeSync(descriptor, bytes, done, bytes.length - done, at + done)
    }
    at += bytes.length
    answer({ done: message.buffer }, [message.buffer])
  } catch (error) {
    answer({ fault: (error as NodeJS.ErrnoException).code })
  }
})

function answer(message: FromCopy, transfer: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer)
}
