import { Readable } from 'node:stream'
import { RandomAccessReader, fromRandomAccessReaderPromise, type Entry, type ZipFile } from 'yauzl'
import type { ByteSource } from '../ims/source.ts'
import type { Problem } from '../roster/problem.ts'

/** Most files in a zip that are looked at for the one XML. */
export const ZIP_ENTRIES_MAX = 1000
const CHUNK_BYTES = 64 * 1024
const STORED = 0
const DEFLATED = 8

/** What an operating system or a packing program leaves beside the files that somebody meant. */
const SIDE_FILE = /(^|\/)(__MACOSX\/|\._|\.DS_Store$|Thumbs\.db$|desktop\.ini$)/i

/** The one file of a zip, still packed. */
export interface ZippedFile {
  readonly bytes: Readable
  readonly isDeflated: boolean
  /** As the directory of the zip says. */
  readonly packedBytes: number
  readonly unpackedBytes: number
  readonly crc32: number
}

/** Finds the one XML in a zip, or says why there is none to read. */
export async function openZipped(source: ByteSource): Promise<ZippedFile | Problem> {
  try {
    const zip = await fromRandomAccessReaderPromise(new ZipReader(source), source.length, {
      autoClose: false,
      // Names are never used to write: a wrong one is no reason to refuse.
      decodeStrings: false,
    })
    const entry = await theOneXml(zip)
    if ('code' in entry) return entry
    const { compressionMethod, compressedSize, uncompressedSize, crc32 } = entry
    if (entry.isEncrypted()) return { code: 'ARCHIVE_ENCRYPTED', place: 0 }
    if (compressionMethod !== STORED && compressionMethod !== DEFLATED) {
      const found = `compression method ${compressionMethod}`
      return { code: 'ARCHIVE_METHOD_UNKNOWN', place: 0, found, expected: 'deflate' }
    }
    return {
      bytes: await zip.openReadStreamPromise(entry, { decodeFileData: false }),
      isDeflated: compressionMethod === DEFLATED,
      packedBytes: compressedSize,
      unpackedBytes: uncompressedSize,
      crc32,
    }
  } catch (error) {
    return damaged(error)
  }
}

async function theOneXml(zip: ZipFile): Promise<Entry | Problem> {
  if (zip.entryCount > ZIP_ENTRIES_MAX) {
    const found = `${zip.entryCount} files in the zip`
    return { code: 'LIMIT_EXCEEDED', place: 0, found, expected: `at most ${ZIP_ENTRIES_MAX}` }
  }
  const files: { readonly entry: Entry; readonly isXml: boolean }[] = []
  for await (const entry of zip.eachEntry()) {
    const name = entry.fileNameRaw.toString('latin1').replaceAll('\\', '/')
    if (name.endsWith('/') || SIDE_FILE.test(name)) continue
    files.push({ entry, isXml: /\.xml$/i.test(name) })
  }
  const xml = files.filter(({ isXml }) => isXml)
  // A single file may have any name: what it is shows when it is read.
  const candidates = xml.length > 0 ? xml : files
  const [only] = candidates
  if (candidates.length === 1 && only !== undefined) return only.entry
  const found = xml.length > 0 ? `${xml.length} XML files` : `${files.length} files, no XML`
  return { code: 'ARCHIVE_NOT_ONE_XML', place: 0, found, expected: 'one XML file' }
}

/** The library's messages name what is wrong with the bytes. */
export function damaged(error: unknown): Problem {
  const found = error instanceof Error ? error.message.slice(0, 200) : 'unreadable'
  return { code: 'ARCHIVE_DAMAGED', place: 0, found }
}

/** Reads any part of a source as a stream. */
class ZipReader extends RandomAccessReader {
  readonly #source: ByteSource

  constructor(source: ByteSource) {
    super()
    this.#source = source
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(chunksOf(this.#source, start, end), { objectMode: false })
  }
}

/** The bytes of a part of a source, in order. */
export function* chunksOf(source: ByteSource, from: number, to: number): Generator<Buffer, void> {
  for (let at = from; at < to;) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, to - at))
    const read = source.read(chunk, at)
    if (read === 0) return
    yield chunk.subarray(0, read)
    at += read
  }
}
