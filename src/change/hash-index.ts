import type { Growable } from './growable.ts'

type Hashes = Growable<BigUint64Array>

/**
 * Finds entries by 128-bit hash: open addressing over the low halves, so that a lookup costs no string and no
 * object. What is found has the same hash, and by accident nothing else has: how unlikely that is, and what somebody gains who
 * makes it so, is said in ims/fingerprint.ts. Whoever looks up keys compares them as text (import/key-texts.ts).
 *
 * Hashes are compared as 32-bit words: reading a 64-bit entry as a bigint would make an object of it, at a million
 * lookups a night.
 */
export class HashIndex {
  #slots: Int32Array
  #used = 0
  readonly #high: Hashes
  readonly #low: Hashes
  #highWords: Uint32Array = new Uint32Array()
  #lowWords: Uint32Array = new Uint32Array()
  #highOf: BigUint64Array | undefined
  #lowOf: BigUint64Array | undefined
  readonly #wanted = new BigUint64Array(2)
  readonly #wantedWords = new Uint32Array(this.#wanted.buffer)

  /** The columns hold the two halves of each entry's hash. */
  constructor(high: Hashes, low: Hashes, expected = 1024) {
    this.#high = high
    this.#low = low
    this.#slots = new Int32Array(capacityFor(expected)).fill(EMPTY)
  }

  add(entry: number): void {
    this.#look()
    if ((this.#used + 1) * 2 > this.#slots.length) this.#grow(this.#slots.length)
    this.#place(entry)
    this.#used++
  }

  /** Adds the first `count` entries, in one go and without an object for each; those whose hash is zero are none. */
  addAll(count: number): void {
    this.#look()
    if ((this.#used + count) * 2 > this.#slots.length) this.#grow(this.#used + count)
    for (let entry = 0; entry < count; entry++) {
      const at = 2 * entry
      if (
        this.#lowWords[at] === 0 &&
        this.#lowWords[at + 1] === 0 &&
        this.#highWords[at] === 0 &&
        this.#highWords[at + 1] === 0
      )
        continue
      this.#place(entry)
      this.#used++
    }
  }

  /** Lets go of all entries; for when its columns are let go of too. */
  clear(): void {
    this.#slots = new Int32Array(capacityFor(0)).fill(EMPTY)
    this.#used = 0
    // They hold the columns' arrays.
    this.#highOf = this.#lowOf = undefined
    this.#highWords = this.#lowWords = new Uint32Array()
  }

  /** The first entry with this hash, or -1. */
  find(high: bigint, low: bigint): number {
    this.#wanted[0] = high
    this.#wanted[1] = low
    return this.#find()
  }

  /** The same for the hash at `index` of two other columns. */
  findAt(high: Hashes, low: Hashes, index: number): number {
    this.#wanted[0] = high.array[index] as bigint
    this.#wanted[1] = low.array[index] as bigint
    return this.#find()
  }

  /** Takes an entry out; its hash must still be the one that it was added with. */
  remove(entry: number): void {
    this.#look()
    const mask = this.#slots.length - 1
    let at = (this.#lowWords[2 * entry] as number) & mask
    while (this.#slots[at] !== EMPTY) {
      if (this.#slots[at] === entry) {
        this.#slots[at] = REMOVED
        return
      }
      at = (at + 1) & mask
    }
  }

  #find(): number {
    this.#look()
    const wanted = this.#wantedWords
    const slots = this.#slots
    const mask = slots.length - 1
    const highWords = this.#highWords
    const lowWords = this.#lowWords
    let at = (wanted[2] as number) & mask
    for (;;) {
      const entry = slots[at] as number
      if (entry === EMPTY) return -1
      if (
        entry !== REMOVED &&
        lowWords[2 * entry] === wanted[2] &&
        lowWords[2 * entry + 1] === wanted[3] &&
        highWords[2 * entry] === wanted[0] &&
        highWords[2 * entry + 1] === wanted[1]
      ) {
        return entry
      }
      at = (at + 1) & mask
    }
  }

  /** The columns move to larger arrays as they grow. */
  #look(): void {
    if (this.#highOf !== this.#high.array) {
      this.#highOf = this.#high.array
      this.#highWords = words(this.#highOf)
    }
    if (this.#lowOf !== this.#low.array) {
      this.#lowOf = this.#low.array
      this.#lowWords = words(this.#lowOf)
    }
  }

  #place(entry: number): void {
    const mask = this.#slots.length - 1
    let at = (this.#lowWords[2 * entry] as number) & mask
    while (this.#slots[at] !== EMPTY) at = (at + 1) & mask
    this.#slots[at] = entry
  }

  /** Makes room for as many entries, at least twice the room that there was. */
  #grow(entries: number): void {
    const old = this.#slots
    this.#slots = new Int32Array(capacityFor(entries)).fill(EMPTY)
    this.#used = 0
    for (const entry of old) {
      if (entry < 0) continue
      this.#place(entry)
      this.#used++
    }
  }
}

const EMPTY = -1
const REMOVED = -2

function words(array: BigUint64Array): Uint32Array {
  return new Uint32Array(array.buffer, array.byteOffset, array.length * 2)
}

function capacityFor(entries: number): number {
  let capacity = 1024
  while (capacity < entries * 2) capacity *= 2
  return capacity
}
