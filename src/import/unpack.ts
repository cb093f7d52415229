import { closeSync, readSync, writeSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import {
  crc32,
  createGunzip,
  createInflateRaw,
  createZstdDecompress,
  type Gunzip,
  type InflateRaw,
  type ZstdDecompress,
} from 'node:zlib'
import { RollcallError } from '../errors.ts'
import type { ReadLimits } from '../ims/limits.ts'
import type { ByteSource } from '../ims/source.ts'
import type { Problem } from '../roster/problem.ts'
import type { FileSource, OpenFile } from './file-source.ts'
import { type Packing, packingOfBytes } from './packing.ts'
import { notKept, openTemporaryFile } from './temporary-file.ts'
import { chunksOf, damaged, openZipped } from './unzip.ts'

/** Unpacked bytes in memory at a time. */
const CHUNK_BYTES = 256 * 1024
/** Only what is larger can be a bomb: how far a small file shrinks says nothing. */
export const RATIO_FREE_BYTES_MAX = 16 * 1024 * 1024

export interface UnpackOptions {
  /** Where the unpacked bytes lie while they are needed. */
  readonly folder: string
  /** What refuses a delivery; or how many bytes of one that is kept are wanted. */
  readonly upTo: Pick<ReadLimits, 'unpackedBytesMax' | 'unpackedRatioMax'> | number
}

/**
 * Unpacks a delivery into a file of its own, so that any part of it can be read again; memory stays as it is. What is
 * unpacked is counted while it comes, whatever the archive says of itself. Gives the problem that refuses it instead.
 * @throws RollcallError ERR_DELIVERY_NOT_KEPT when the folder cannot be written.
 */
export async function unpack(
  packed: ByteSource,
  packing: Packing,
  options: UnpackOptions,
): Promise<FileSource | Problem> {
  if (packing === 'other') return { code: 'ARCHIVE_METHOD_UNKNOWN', place: 0 }
  return intoTemporary(options, (outlet) =>
    packing === 'gzip' ? gunzip(packed, outlet) : unzip(packed, outlet),
  )
}

/**
 * The same of a delivery that was packed to be kept (kept.ts). How far it shrank says nothing: it came as large as it is.
 * @param bytesMax So many are wanted.
 */
export function unpackKept(
  packed: ByteSource,
  folder: string,
  bytesMax = Infinity,
): Promise<OpenFile | Problem> {
  return intoTemporary({ folder, upTo: bytesMax }, (outlet) => {
    const bytes = Readable.from(chunksOf(packed, 0, packed.length), { objectMode: false })
    return flow(bytes, createZstdDecompress({ chunkSize: CHUNK_BYTES }), outlet)
  })
}

async function intoTemporary(
  options: UnpackOptions,
  fill: (outlet: Outlet) => Promise<Problem | undefined>,
): Promise<OpenFile | Problem> {
  const descriptor = opened(options.folder)
  const outlet = new Outlet(descriptor, options)
  let problem: Problem | undefined
  try {
    problem = await fill(outlet)
  } catch (error) {
    closeSync(descriptor)
    throw error
  }
  if (problem === undefined) {
    return {
      descriptor,
      length: outlet.length,
      read: (into, at) => readSync(descriptor, into, 0, into.length, at),
      // Nobody else can reach it.
      isChanged: () => false,
      close: () => closeSync(descriptor),
    }
  }
  closeSync(descriptor)
  return problem
}

async function gunzip(packed: ByteSource, outlet: Outlet): Promise<Problem | undefined> {
  const inflate = createGunzip({ chunkSize: CHUNK_BYTES })
  const bytes = Readable.from(chunksOf(packed, 0, packed.length), { objectMode: false })
  const stopped = await flow(bytes, inflate, outlet)
  if (stopped !== undefined || outlet.isFull) return stopped
  const rest = inflate.bytesWritten
  return hasOnlyZeros(packed, rest) ? undefined : damaged(new Error('bytes after the end'))
}

async function unzip(packed: ByteSource, outlet: Outlet): Promise<Problem | undefined> {
  const file = await openZipped(packed)
  if ('code' in file) return file
  const tooLarge = outlet.beyond(file.unpackedBytes)
  if (tooLarge !== undefined) {
    file.bytes.destroy()
    return tooLarge
  }
  const inflate = file.isDeflated ? createInflateRaw({ chunkSize: CHUNK_BYTES }) : undefined
  const stopped = await flow(file.bytes, inflate, outlet)
  if (stopped !== undefined || outlet.isFull) return stopped
  if (outlet.length !== file.unpackedBytes || outlet.crc32 !== file.crc32) {
    return damaged(new Error('other bytes than were packed'))
  }
  return undefined
}

/** Lets bytes flow into the outlet; gives why they stopped, undefined at their end or once enough are there. */
async function flow(
  bytes: Readable,
  inflate: Gunzip | InflateRaw | ZstdDecompress | undefined,
  outlet: Outlet,
): Promise<Problem | undefined> {
  let packedBytes = 0
  const take = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of chunks) {
      packedBytes += inflate === undefined ? chunk.length : 0
      outlet.take(chunk, inflate?.bytesWritten ?? packedBytes)
    }
  }
  try {
    if (inflate === undefined) await pipeline(bytes, take)
    else await pipeline(bytes, inflate, take)
    return undefined
  } catch (error) {
    if (error instanceof Stopped) return error.problem
    if (error instanceof RollcallError) throw error
    return damaged(error)
  }
}

/** Thrown inside the flow to end it. */
class Stopped extends Error {
  readonly problem: Problem | undefined

  constructor(problem?: Problem) {
    super('stopped')
    this.problem = problem
  }
}

/** Where unpacked bytes go: counted, checked, written. */
class Outlet {
  length = 0
  crc32 = 0
  readonly #descriptor: number
  readonly #options: UnpackOptions

  constructor(descriptor: number, options: UnpackOptions) {
    this.#descriptor = descriptor
    this.#options = options
  }

  /** So many bytes are there as were wanted. */
  get isFull(): boolean {
    const { upTo } = this.#options
    return typeof upTo === 'number' && this.length >= upTo
  }

  /** Why so many unpacked bytes are too many. */
  beyond(bytes: number): Problem | undefined {
    const { upTo } = this.#options
    if (typeof upTo === 'number' || bytes <= upTo.unpackedBytesMax) return undefined
    const expected = `at most ${upTo.unpackedBytesMax}`
    return { code: 'LIMIT_EXCEEDED', place: 0, found: `${bytes} bytes unpacked`, expected }
  }

  /** @param packedBytes So many packed bytes gave all that came so far. */
  take(chunk: Buffer, packedBytes: number): void {
    const isNested = this.length === 0 && packingOfBytes(chunk) !== undefined
    if (isNested) throw new Stopped({ code: 'ARCHIVE_NESTED', place: 0 })
    this.#write(chunk)
    this.crc32 = crc32(chunk, this.crc32)
    const problem = this.beyond(this.length) ?? this.#inflated(packedBytes)
    if (problem !== undefined || this.isFull) throw new Stopped(problem)
  }

  #inflated(packedBytes: number): Problem | undefined {
    const { upTo } = this.#options
    if (typeof upTo === 'number' || this.length <= RATIO_FREE_BYTES_MAX) return undefined
    if (this.length <= upTo.unpackedRatioMax * packedBytes) return undefined
    const found = `${this.length} bytes unpacked from ${packedBytes}, and more to come`
    const expected = `at most ${upTo.unpackedRatioMax} for each`
    return { code: 'LIMIT_EXCEEDED', place: 0, found, expected }
  }

  #write(chunk: Buffer): void {
    try {
      for (let done = 0; done < chunk.length;) {
        done += writeSync(this.#descriptor, chunk, done, chunk.length - done, this.length + done)
      }
      this.length += chunk.length
    } catch (cause) {
      throw notKept('unpacked', this.#options.folder, cause)
    }
  }
}

/** Some programs fill the last block of a tape or disk up. */
function hasOnlyZeros(source: ByteSource, from: number): boolean {
  for (const chunk of chunksOf(source, from, source.length)) {
    if (chunk.some((byte) => byte !== 0)) return false
  }
  return true
}

function opened(folder: string): number {
  try {
    return openTemporaryFile(folder)
  } catch (cause) {
    throw notKept('unpacked', folder, cause)
  }
}
