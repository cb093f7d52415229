import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { makeFolder, sync } from '../store/durable.ts'

const LINE_END = 0x0a

/** A part that is on the disk. */
export interface Written {
  readonly bytes: number
  readonly sha256: string
}

type Chunks = Iterable<Buffer> | AsyncIterable<Buffer>

/** Writes a part, for its owner's eyes only, and syncs it. */
export async function writePart(folder: string, part: string, chunks: Chunks): Promise<Written> {
  const file = path.join(folder, part)
  makeFolder(path.dirname(file))
  const hash = createHash('sha256')
  let bytes = 0
  const measured = async function* (from: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of from) {
      hash.update(chunk)
      bytes += chunk.length
      yield chunk
    }
  }
  await pipeline(
    Readable.from(chunks),
    measured,
    fs.createWriteStream(file, { flags: 'wx', mode: 0o600 }),
  )
  sync(file)
  return { bytes, sha256: hash.digest('hex') }
}

/** The same for a table's rows, packed and counted. */
export async function writeRows(
  folder: string,
  part: string,
  chunks: Chunks,
): Promise<Written & { readonly rows: number }> {
  const count = { rows: 0 }
  const gzip = createGzip({ level: 1 })
  const packed = pipeline(Readable.from(counted(chunks, count)), gzip)
  const [written] = await Promise.all([writePart(folder, part, gzip), packed])
  return { ...written, rows: count.rows }
}

/** Passes rows on and counts them: in COPY's text a line end within a value is written as two other characters. */
export async function* counted(chunks: Chunks, count: { rows: number }): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    for (let at = chunk.indexOf(LINE_END); at >= 0; at = chunk.indexOf(LINE_END, at + 1)) {
      count.rows += 1
    }
    yield chunk
  }
}
