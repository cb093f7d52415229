import { float64s, uint64s, type Growable } from './growable.ts'
import { HashIndex } from './hash-index.ts'

/** In place of an id: the record was read and the rules do not take it. */
export const NOT_TAKEN = -1
/** In place of an id: the slot is free. */
export const FREE = 0

const NONE = 0n

/**
 * What a source last sent of one kind, a slot a record: the raw fingerprint (the shortcut; none where the outcome
 * depended on another record), the canonical one (the truth), the hash of the key, and the roster's id.
 * Ids of additions are negative until they are applied.
 *
 * Keys are not kept as text: the roster has them, and a delivery's keys are compared with those of the records that their
 * hashes lead to before anything is made of them (import/keys-collide.ts).
 */
export class RecordMirror {
  readonly ids: Growable<Float64Array> = float64s()
  readonly #columns = [uint64s(), uint64s(), uint64s(), uint64s(), uint64s(), uint64s()] as const
  readonly #byRaw = new HashIndex(this.#columns[0], this.#columns[1])
  readonly #byKey = new HashIndex(this.#columns[4], this.#columns[5])
  readonly #byId = new Map<number, number>()
  #idsAreIndexed = false

  get rawHigh(): Growable<BigUint64Array> {
    return this.#columns[0]
  }
  get rawLow(): Growable<BigUint64Array> {
    return this.#columns[1]
  }
  get canonicalHigh(): Growable<BigUint64Array> {
    return this.#columns[2]
  }
  get canonicalLow(): Growable<BigUint64Array> {
    return this.#columns[3]
  }
  get keyHigh(): Growable<BigUint64Array> {
    return this.#columns[4]
  }
  get keyLow(): Growable<BigUint64Array> {
    return this.#columns[5]
  }

  get length(): number {
    return this.ids.length
  }

  add(id: number, keyHigh: bigint, keyLow: bigint): number {
    const slot = this.ids.push(id)
    for (const column of this.#columns) column.push(NONE)
    this.keyHigh.set(slot, keyHigh)
    this.keyLow.set(slot, keyLow)
    this.#byKey.add(slot)
    if (this.#idsAreIndexed && id !== NOT_TAKEN) this.#byId.set(id, slot)
    return slot
  }

  /** Sets or, with zeros, clears the shortcut. */
  setRaw(slot: number, high: bigint, low: bigint): void {
    if (this.hasRaw(slot)) this.#byRaw.remove(slot)
    this.rawHigh.set(slot, high)
    this.rawLow.set(slot, low)
    if (high !== NONE || low !== NONE) this.#byRaw.add(slot)
  }

  hasRaw(slot: number): boolean {
    return this.rawHigh.at(slot) !== NONE || this.rawLow.at(slot) !== NONE
  }

  setCanonical(slot: number, high: bigint, low: bigint): void {
    this.canonicalHigh.set(slot, high)
    this.canonicalLow.set(slot, low)
  }

  sameCanonical(slot: number, high: bigint, low: bigint): boolean {
    return this.canonicalLow.at(slot) === low && this.canonicalHigh.at(slot) === high
  }

  setKey(slot: number, high: bigint, low: bigint): void {
    this.#byKey.remove(slot)
    this.keyHigh.set(slot, high)
    this.keyLow.set(slot, low)
    this.#byKey.add(slot)
  }

  remove(slot: number): void {
    this.setRaw(slot, NONE, NONE)
    this.#byKey.remove(slot)
    this.#byId.delete(this.ids.at(slot))
    this.ids.set(slot, FREE)
  }

  findRaw(high: bigint, low: bigint): number {
    return this.#byRaw.find(high, low)
  }

  findKey(high: bigint, low: bigint): number {
    return this.#byKey.find(high, low)
  }

  /** The slot whose key has the hash at `index` of two columns, or -1. */
  findKeyAt(high: Growable<BigUint64Array>, low: Growable<BigUint64Array>, index: number): number {
    return this.#byKey.findAt(high, low, index)
  }

  /** Slot of a roster id, or undefined. The first call builds the index. */
  findId(id: number): number | undefined {
    if (!this.#idsAreIndexed) {
      for (let slot = 0; slot < this.length; slot++) {
        if (this.ids.at(slot) !== FREE && this.ids.at(slot) !== NOT_TAKEN) {
          this.#byId.set(this.ids.at(slot), slot)
        }
      }
      this.#idsAreIndexed = true
    }
    return this.#byId.get(id)
  }

  /** Lets go of all entries: 70 bytes each. */
  clear(): void {
    for (const column of [this.ids, ...this.#columns]) column.clear()
    this.#byRaw.clear()
    this.#byKey.clear()
    this.#byId.clear()
  }

  /** Entries as bytes: seven columns of 8 bytes each, one after the other. */
  pack(): Uint8Array {
    const kept: number[] = []
    for (let slot = 0; slot < this.length; slot++) {
      if (this.ids.at(slot) !== FREE) kept.push(slot)
    }
    return packColumns(kept, [this.ids, ...this.#columns])
  }

  static unpack(bytes: Uint8Array): RecordMirror {
    const mirror = new RecordMirror()
    const [ids, ...columns] = unpackColumns(bytes, 7)
    if (ids === undefined || ids.floats.length === 0) return mirror
    mirror.ids.adopt(ids.floats.slice())
    columns.forEach(({ bigs }, index) => mirror.#columns[index]?.adopt(bigs.slice()))
    mirror.#byKey.addAll(mirror.length)
    mirror.#byRaw.addAll(mirror.length)
    return mirror
  }
}

/** Copies the named entries, in their order, of columns of 8 bytes into one array of bytes, column after column. */
export function packColumns(
  entries: readonly number[],
  columns: readonly (Growable<Float64Array> | Growable<BigUint64Array>)[],
): Uint8Array {
  const bytes = new Uint8Array(entries.length * 8 * columns.length)
  columns.forEach((column, index) => {
    const words = new BigUint64Array(bytes.buffer, index * entries.length * 8, entries.length)
    const source = column.array
    const from = new BigUint64Array(source.buffer, source.byteOffset, source.length)
    if (entries.length === column.length) {
      words.set(from.subarray(0, column.length))
      return
    }
    for (let at = 0; at < entries.length; at++) words[at] = from[entries[at] as number] as bigint
  })
  return bytes
}

/** The columns that {@link packColumns} made, each as numbers and as 64-bit words. */
export function unpackColumns(
  bytes: Uint8Array,
  columns: number,
): readonly { readonly floats: Float64Array; readonly bigs: BigUint64Array }[] {
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes)
  const entries = bytes.length / 8 / columns
  return Array.from({ length: columns }, (_, index) => {
    const at = aligned.byteOffset + index * entries * 8
    return {
      floats: new Float64Array(aligned.buffer, at, entries),
      bigs: new BigUint64Array(aligned.buffer, at, entries),
    }
  })
}

/** Packed columns with their references (below -1) made ids: the id column is the first. */
export function withRealIds(packed: Uint8Array, columns: number, base: number): Uint8Array {
  const copy = new Uint8Array(packed)
  const ids = new Float64Array(copy.buffer, 0, copy.length / 8 / columns)
  for (let entry = 0; entry < ids.length; entry++) {
    const id = ids[entry] as number
    if (id < NOT_TAKEN) ids[entry] = base - id
  }
  return copy
}
