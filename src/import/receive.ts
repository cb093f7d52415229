import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import path from 'node:path'
import { RollcallError } from '../errors.ts'
import type { FileSource } from './file-source.ts'

const CHUNK_BYTES = 4 * 1024 * 1024

/** A delivery whose bytes are kept. */
export interface Received {
  readonly sha256: string
  readonly bytes: number
  /** Below the deliveries folder. */
  readonly path: string
}

/**
 * Keeps a delivery's bytes as they come: copied, hashed, synced and renamed into place, so that a copy that stops
 * half-way never becomes a delivery.
 *
 * @param letGo Called after each chunk with the bytes done so far; its promise lets signals through.
 * @throws RollcallError ERR_DELIVERY_NOT_KEPT when the folder cannot be written, ERR_FILE_UNREADABLE when the file
 *   changes while it is read.
 */
export async function receive(
  source: FileSource,
  deliveriesFolder: string,
  siteId: number,
  letGo: (bytes: number) => Promise<void>,
): Promise<Received> {
  const folder = path.join(deliveriesFolder, String(siteId))
  const temporary = path.join(folder, `.receiving-${process.pid}`)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const { sha256, bytes } = await copy(source, temporary, letGo)
    const name = `${sha256}.xml`
    renameSync(temporary, path.join(folder, name))
    syncFolder(folder)
    return { sha256, bytes, path: `${siteId}/${name}` }
  } catch (cause) {
    rmSync(temporary, { force: true })
    if (cause instanceof RollcallError) throw cause
    const { code } = cause as NodeJS.ErrnoException
    throw new RollcallError(
      'ERR_DELIVERY_NOT_KEPT',
      `the delivery cannot be kept in ${folder} (${code ?? 'unknown'})`,
      { cause, hint: 'Is the disk full, or the folder not writable?' },
    )
  }
}

async function copy(
  source: FileSource,
  file: string,
  letGo: (bytes: number) => Promise<void>,
): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256')
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
  const handle = openSync(file, 'w', 0o600)
  try {
    let at = 0
    for (;;) {
      const read = source.read(chunk, at)
      if (read === 0) break
      const bytes = chunk.subarray(0, read)
      hash.update(bytes)
      for (let written = 0; written < read;) written += writeSync(handle, bytes, written)
      at += read
      await letGo(at)
    }
    if (at !== source.length) {
      throw new RollcallError('ERR_FILE_UNREADABLE', 'the file changed while it was read', {
        hint: 'Import it once its sender is done with it.',
      })
    }
    fsyncSync(handle)
    return { sha256: hash.digest('hex'), bytes: at }
  } finally {
    closeSync(handle)
  }
}

/** The name is durable only once the folder is. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  fsyncSync(handle)
  closeSync(handle)
}
