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

  /** Gives whether it is another one: the very same again counts once, as it does where its bytes are known. */
  add(slot: number, key: RawFingerprint, raw: RawFingerprint): boolean {
    const before = this.#byKey.find(key.high, key.low)
    if (before >= 0 && this.rawHigh.at(before) === raw.high && this.rawLow.at(before) === raw.low) {
      return false
    }
    const index = this.slots.push(slot)
    this.keyHigh.push(key.high)
    this.keyLow.push(key.low)
    this.rawHigh.push(raw.high)
    this.rawLow.push(raw.low)
    this.#byKey.add(index)
    return true
  }

  has(high: bigint, low: bigint): boolean {
    return this.#byKey.find(high, low) >= 0
  }

  /** The same for the hash at `index` of two columns. */
  hasAt(high: Hashed, low: Hashed, index: number): boolean {
    return this.#byKey.findAt(high, low, index) >= 0
  }
}
