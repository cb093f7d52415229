/**
 * Finds entries by 128-bit hash: open addressing over the low halves, so that a lookup costs no string and no
 * object. Two different records with one hash are as likely as 3 in 10^25 among 11 million.
 */
export class HashIndex {
  #slots: Int32Array
  #used = 0
  readonly #high: (entry: number) => bigint
  readonly #low: (entry: number) => bigint

  /** `high` and `low` give the hash of an entry that was added. */
  constructor(high: (entry: number) => bigint, low: (entry: number) => bigint, expected = 1024) {
    this.#high = high
    this.#low = low
    this.#slots = new Int32Array(capacityFor(expected)).fill(EMPTY)
  }

  add(entry: number): void {
    if ((this.#used + 1) * 2 > this.#slots.length) this.#grow()
    this.#place(entry)
    this.#used++
  }

  /** The first entry with this hash that `holds` accepts, or -1. */
  find(high: bigint, low: bigint, holds?: (entry: number) => boolean): number {
    const mask = this.#slots.length - 1
    let at = startOf(low, mask)
    for (;;) {
      const entry = this.#slots[at] as number
      if (entry === EMPTY) return -1
      if (
        entry !== REMOVED &&
        this.#low(entry) === low &&
        this.#high(entry) === high &&
        (holds === undefined || holds(entry))
      ) {
        return entry
      }
      at = (at + 1) & mask
    }
  }

  /** Takes an entry out; its hash must still be the one that it was added with. */
  remove(entry: number): void {
    const mask = this.#slots.length - 1
    let at = startOf(this.#low(entry), mask)
    while (this.#slots[at] !== EMPTY) {
      if (this.#slots[at] === entry) {
        this.#slots[at] = REMOVED
        return
      }
      at = (at + 1) & mask
    }
  }

  #place(entry: number): void {
    const mask = this.#slots.length - 1
    let at = startOf(this.#low(entry), mask)
    while (this.#slots[at] !== EMPTY) at = (at + 1) & mask
    this.#slots[at] = entry
  }

  #grow(): void {
    const old = this.#slots
    this.#slots = new Int32Array(old.length * 2).fill(EMPTY)
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

function startOf(low: bigint, mask: number): number {
  return Number(low & 0x3fffffffn) & mask
}

function capacityFor(entries: number): number {
  let capacity = 1024
  while (capacity < entries * 2) capacity *= 2
  return capacity
}
