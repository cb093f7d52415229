import { int32s, uint8s } from './growable.ts'

const WORD = 2 ** 32
/** Of the fifth byte, with a sign. */
const HIGH_MAX = 127

/**
 * A column of whole numbers: four bytes each, and a fifth from the first on that needs it. References and ids are seldom
 * beyond 2^31, places in a delivery of 5 GB are; as eight bytes each, ten million members would take 160 MB more.
 */
export class Wholes {
  readonly #low = int32s()
  /** What is above 32 bits; empty while nothing is. */
  readonly #high = uint8s(0)
  #hasHigh = false

  get length(): number {
    return this.#low.length
  }

  /** @throws RangeError for what is beyond 2^39, half a terabyte, or no whole number. */
  push(value: number): number {
    // What stays the same as 32 bits with a sign needs no more.
    if (value === (value | 0)) {
      if (this.#hasHigh) this.#high.push(value < 0 ? 255 : 0)
      return this.#low.push(value)
    }
    const high = Math.floor(value / WORD)
    if (!Number.isInteger(value) || high < -HIGH_MAX - 1 || high > HIGH_MAX) {
      throw new RangeError(`${value} is not kept in five bytes`)
    }
    if (!this.#hasHigh) this.#addHigh()
    this.#high.push(high & 255)
    return this.#low.push(value | 0)
  }

  at(index: number): number {
    const low = this.#low.at(index)
    if (!this.#hasHigh) return low
    const high = this.#high.at(index)
    return (high > HIGH_MAX ? high - 256 : high) * WORD + (low >>> 0)
  }

  *[Symbol.iterator](): Generator<number> {
    for (let index = 0; index < this.length; index++) yield this.at(index)
  }

  /** Lets go of all entries. */
  clear(): void {
    this.#low.clear()
    this.#high.clear()
    this.#hasHigh = false
  }

  /** What came before has a fifth byte too. */
  #addHigh(): void {
    this.#hasHigh = true
    this.#high.extend(this.length)
    for (let index = 0; index < this.length; index++) {
      if (this.#low.at(index) < 0) this.#high.set(index, 255)
    }
  }
}
