import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { int32s } from '../change/growable.ts'
import { Wholes } from '../change/wholes.ts'

const BLOCK_BYTES = 1 << 20
const FIRST_BYTES = 1 << 14
/** One chunk for all of a block: many small ones would be put together once more. */
const PACKING = {
  chunkSize: BLOCK_BYTES,
  params: { [constants.ZSTD_c_compressionLevel]: 1 },
}
const UNPACKING = { chunkSize: BLOCK_BYTES }
/** So often each block may be unpacked on average before all of them are, and stay so: 3 s for a million records. */
const UNPACKED_EACH_MAX = 8

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/**
 * Records as JSON text in blocks outside the heap, found by number; blocks that are full are packed (Zstandard). A hundred
 * thousand persons would take 40 MB unpacked, and are most often read once, one after the other. Who reads them in another
 * order has all of them unpacked before long.
 */
export class PackedRecords<R> {
  /** All but the last are full. */
  readonly #blocks: Uint8Array[] = []
  readonly #isPacked: boolean[] = []
  readonly #starts = new Wholes()
  readonly #lengths = int32s()
  /** The block that is filled, and how far. It begins small: most nights read few records. */
  #filling = new Uint8Array(FIRST_BYTES)
  #used = 0
  #unpacked: { readonly number: number; readonly bytes: Uint8Array } | undefined
  #unpackedTimes = 0
  #staysUnpacked = false

  get length(): number {
    return this.#starts.length
  }

  /** Gives the bytes that the record was packed into, for fingerprinting: a view that holds until the next is added. */
  add(record: R): Uint8Array {
    const text = JSON.stringify(record)
    const most = text.length * 3
    if (most > BLOCK_BYTES) return this.#addAlone(encoder.encode(text))
    if (BLOCK_BYTES - this.#used < most) this.#finish()
    if (this.#filling.length - this.#used < most) this.#grow(this.#used + most)
    const { written } = encoder.encodeInto(text, this.#filling.subarray(this.#used))
    const bytes = this.#filling.subarray(this.#used, this.#used + written)
    this.#note(this.#used, written)
    this.#used += written
    return bytes
  }

  /** A view that holds until the next record is added. */
  bytes(index: number): Uint8Array {
    const start = this.#starts.at(index)
    const at = start % BLOCK_BYTES
    return this.#block(Math.floor(start / BLOCK_BYTES)).subarray(at, at + this.#lengths.at(index))
  }

  get(index: number): R {
    return JSON.parse(decoder.decode(this.bytes(index))) as R
  }

  /** One that is larger than a block, or may be. */
  #addAlone(bytes: Uint8Array): Uint8Array {
    this.#finish()
    this.#note(0, bytes.length)
    this.#blocks.push(bytes)
    this.#isPacked.push(false)
    return bytes
  }

  #note(at: number, length: number): void {
    this.#starts.push(this.#blocks.length * BLOCK_BYTES + at)
    this.#lengths.push(length)
  }

  #grow(needed: number): void {
    const before = this.#filling.subarray(0, this.#used)
    this.#filling = new Uint8Array(Math.min(BLOCK_BYTES, 2 * needed))
    this.#filling.set(before)
  }

  #finish(): void {
    if (this.#used === 0) return
    const bytes = this.#filling.subarray(0, this.#used)
    // Copied: what packing gives is part of a chunk as large as a block.
    this.#blocks.push(
      new Uint8Array(this.#staysUnpacked ? bytes : zstdCompressSync(bytes, PACKING)),
    )
    this.#isPacked.push(!this.#staysUnpacked)
    this.#used = 0
  }

  #block(number: number): Uint8Array {
    if (number === this.#blocks.length) return this.#filling
    const block = this.#blocks[number] as Uint8Array
    if (this.#isPacked[number] === false) return block
    if (this.#unpacked?.number === number) return this.#unpacked.bytes
    const bytes = zstdDecompressSync(block, UNPACKING)
    this.#unpacked = { number, bytes }
    if (++this.#unpackedTimes > UNPACKED_EACH_MAX * this.#blocks.length) this.#unpackAll()
    return bytes
  }

  #unpackAll(): void {
    this.#staysUnpacked = true
    this.#unpacked = undefined
    for (const [number, block] of this.#blocks.entries()) {
      if (this.#isPacked[number] === false) continue
      this.#blocks[number] = new Uint8Array(zstdDecompressSync(block, UNPACKING))
      this.#isPacked[number] = false
    }
  }
}
