import { float64s } from './growable.ts'

const BLOCK_BYTES = 4 << 20
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/**
 * Records as JSON text in large blocks, found by number: outside the heap, a tenth of what they cost as objects.
 * A hundred thousand persons take about 40 MB.
 */
export class PackedRecords<R> {
  readonly #blocks: Uint8Array[] = []
  readonly #starts = float64s()
  readonly #lengths = float64s()
  #used = BLOCK_BYTES

  get length(): number {
    return this.#starts.length
  }

  /** Gives the record's number and the bytes it was packed into, for fingerprinting. */
  add(record: R): Uint8Array {
    const text = JSON.stringify(record)
    const most = text.length * 3
    if (BLOCK_BYTES - this.#used < most) {
      this.#blocks.push(new Uint8Array(Math.max(BLOCK_BYTES, most)))
      this.#used = 0
    }
    const block = this.#blocks[this.#blocks.length - 1] as Uint8Array
    const { written } = encoder.encodeInto(text, block.subarray(this.#used))
    this.#starts.push((this.#blocks.length - 1) * BLOCK_STRIDE + this.#used)
    this.#lengths.push(written)
    const bytes = block.subarray(this.#used, this.#used + written)
    this.#used = block.length > BLOCK_BYTES ? BLOCK_BYTES : this.#used + written
    return bytes
  }

  bytes(index: number): Uint8Array {
    const start = this.#starts.at(index)
    const block = this.#blocks[Math.floor(start / BLOCK_STRIDE)] as Uint8Array
    const at = start % BLOCK_STRIDE
    return block.subarray(at, at + this.#lengths.at(index))
  }

  get(index: number): R {
    return JSON.parse(decoder.decode(this.bytes(index))) as R
  }
}

/** Larger than any block, so that block and position share one number below 2^53. */
const BLOCK_STRIDE = 2 ** 32
