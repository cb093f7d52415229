import { type Growable, int32s, uint64s } from '../change/growable.ts'
import { HashIndex } from '../change/hash-index.ts'
import type { RawFingerprint } from '../ims/records.ts'

type Hashed = Growable<BigUint64Array>

/** Records that were read and that the rules leave out: hash of key and bytes, and slot in the mirror or -1. */
export class LeftOut {
  readonly slots = int32s()
  readonly keyHigh = uint64s()
  readonly keyLow = uint64s()
  readonly rawHigh = uint64s()
  readonly rawLow = uint64s()
  readonly #byKey = new HashIndex(this.keyHigh, this.keyLow)

  add(slot: number, key: RawFingerprint, raw: RawFingerprint): void {
    const index = this.slots.push(slot)
    this.keyHigh.push(key.high)
    this.keyLow.push(key.low)
    this.rawHigh.push(raw.high)
    this.rawLow.push(raw.low)
    this.#byKey.add(index)
  }

  has(high: bigint, low: bigint): boolean {
    return this.#byKey.find(high, low) >= 0
  }

  /** The same for the hash at `index` of two columns. */
  hasAt(high: Hashed, low: Hashed, index: number): boolean {
    return this.#byKey.findAt(high, low, index) >= 0
  }
}
