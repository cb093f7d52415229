import { float64s, type Growable, int32s, uint64s, uint8s } from '../change/growable.ts'
import { HashIndex } from '../change/hash-index.ts'
import { NOT_TAKEN, type RecordMirror } from '../change/mirror.ts'
import type { Hashes } from '../ims/fingerprint.ts'
import type { RawFingerprint } from '../ims/records.ts'
import type { Problem } from '../roster/problem.ts'
import type { Place } from '../roster/record.ts'
import { LeftOut } from './left-out.ts'
import { PackedRecords } from './packed-records.ts'

type Hashed = Growable<BigUint64Array>

/** What became of a record that was read. */
export const TAKEN = 0
/** Taken as "delete this" (recstatus 3 in a delta or event delivery). */
export const DELETED = 1
/** The same record again, word for word. */
export const REPEATED = 2
export const SET_ASIDE = 3
/** Somebody put the record away by hand, and it says nothing new. */
export const PUT_AWAY = 4

/** Place of a record that stands in no delivery of tonight. */
export const NOWHERE = -1

/** What tonight's delivery says about a record of the mirror. */
const UNSEEN = 0
const SAME_BYTES = 1
const READ = 2
const ASIDE = 3

/**
 * The persons or groups of a delivery: those whose bytes are known, as marks on the mirror; those that were read,
 * packed. Two records with one key are one when they say the same, and are all set aside when they do not.
 */
export class RecordsRead<R extends { readonly key: string }> {
  readonly records = new PackedRecords<R>()
  /** Slot in the mirror, or -1 for a key that the mirror does not have. */
  readonly slots = int32s()
  readonly states = uint8s()
  readonly places = float64s()
  readonly keyHigh = uint64s()
  readonly keyLow = uint64s()
  readonly rawHigh = uint64s()
  readonly rawLow = uint64s()
  readonly canonicalHigh = uint64s()
  readonly canonicalLow = uint64s()
  readonly notTaken = new LeftOut()
  readonly oldKeys = new Map<number, string>()
  readonly aliases = new Map<number, readonly string[]>()
  readonly #keys: string[] = []
  /** Keys that the mirror does not have, of records that cannot be used. */
  readonly #newAside = new Set<string>()
  unreadableKeys = 0
  repeated = 0
  setAside = 0

  readonly #mirror: RecordMirror
  readonly #hashes: Hashes
  readonly #kind: 'person' | 'group'
  readonly #report: (problem: Problem) => void
  readonly #seen: Uint8Array
  readonly #seenAt: Float64Array
  readonly #readOf = new Map<number, number>()
  readonly #newByKey = new HashIndex(this.keyHigh, this.keyLow)

  constructor(
    mirror: RecordMirror,
    hashes: Hashes,
    kind: 'person' | 'group',
    report: (problem: Problem) => void,
  ) {
    this.#mirror = mirror
    this.#hashes = hashes
    this.#kind = kind
    this.#report = report
    this.#seen = new Uint8Array(mirror.length)
    this.#seenAt = new Float64Array(mirror.length)
  }

  get length(): number {
    return this.slots.length
  }

  /** The element's bytes are those of the mirror's slot. */
  known(slot: number, place: Place): void {
    const seen = this.#seen[slot]
    if (seen === UNSEEN) {
      this.#seen[slot] = SAME_BYTES
      this.#seenAt[slot] = place
    } else if (this.#mirror.ids.at(slot) === NOT_TAKEN || seen === SAME_BYTES) {
      // What the rules leave out says nothing, and contradicts nothing.
      this.repeated++
    } else if (seen === READ) {
      const read = this.#readOf.get(slot) as number
      const { canonicalHigh, canonicalLow } = this
      if (this.#mirror.sameCanonical(slot, canonicalHigh.at(read), canonicalLow.at(read))) {
        this.repeated++
      } else {
        this.#conflict(read)
        this.setAside++
        this.#reportDuplicate(place)
      }
    } else {
      this.setAside++
      this.#reportDuplicate(place)
    }
  }

  /** Gives the number of the record among those read. */
  take(record: R, place: Place, raw: RawFingerprint, deleted: boolean): number {
    const canonical = this.#hashes.bytes(this.records.add(record))
    const key = this.#hashes.text(record.key)
    const slot = this.#mirror.findKey(key.high, key.low)
    const index = this.#push(record.key, slot, place, [key, raw, canonical])
    this.states.push(deleted ? DELETED : TAKEN)
    if (slot >= 0) this.#takeKnownKey(index, slot, place)
    else this.#takeNewKey(index)
    return index
  }

  /** A known record that was not read and is needed after all: as it was accepted last. */
  readAgain(slot: number, record: R): void {
    const { keyHigh, keyLow, rawHigh, rawLow, canonicalHigh, canonicalLow } = this.#mirror
    this.records.add(record)
    const index = this.#push(record.key, slot, this.isSeen(slot) ? this.placeOf(slot) : NOWHERE, [
      { high: keyHigh.at(slot), low: keyLow.at(slot) },
      { high: rawHigh.at(slot), low: rawLow.at(slot) },
      { high: canonicalHigh.at(slot), low: canonicalLow.at(slot) },
    ])
    this.states.push(TAKEN)
    this.#seen[slot] = READ
    this.#readOf.set(slot, index)
  }

  #push(key: string, slot: number, place: Place, hashes: readonly RawFingerprint[]): number {
    const [keyHash, raw, canonical] = hashes as [RawFingerprint, RawFingerprint, RawFingerprint]
    this.#keys.push(key)
    this.places.push(place)
    this.keyHigh.push(keyHash.high)
    this.keyLow.push(keyHash.low)
    this.rawHigh.push(raw.high)
    this.rawLow.push(raw.low)
    this.canonicalHigh.push(canonical.high)
    this.canonicalLow.push(canonical.low)
    return this.slots.push(slot)
  }

  leaveOut(key: string, raw: RawFingerprint): void {
    const { high: keyHigh, low: keyLow } = this.#hashes.text(key)
    const slot = this.#mirror.findKey(keyHigh, keyLow)
    if (slot >= 0 && this.#mirror.ids.at(slot) === NOT_TAKEN) this.#seen[slot] = READ
    if (!this.notTaken.add(slot, { high: keyHigh, low: keyLow }, raw)) this.repeated++
  }

  /** A record that cannot be used. Without a readable key nothing of its kind is removed tonight. */
  aside(key: string | undefined, place: Place): void {
    this.setAside++
    if (key === undefined) {
      this.unreadableKeys++
      return
    }
    const { high: keyHigh, low: keyLow } = this.#hashes.text(key)
    const slot = this.#mirror.findKey(keyHigh, keyLow)
    if (slot >= 0) {
      const read = this.#readOf.get(slot)
      const isKnown = this.hasSameBytes(slot) && this.idAt(slot) !== NOT_TAKEN
      if (read !== undefined || isKnown) this.setSlotAside(slot)
      this.#seen[slot] = ASIDE
      this.#seenAt[slot] = place
    } else {
      const other = this.#newByKey.find(keyHigh, keyLow)
      if (other >= 0) this.setReadAside(other)
      this.#newAside.add(key)
    }
  }

  /** Sets a record aside that was read: its mirror entry and state stay as they were. */
  setReadAside(index: number): void {
    if (this.states.at(index) === SET_ASIDE) return
    if (this.states.at(index) !== REPEATED) this.setAside++
    this.states.set(index, SET_ASIDE)
    const slot = this.slots.at(index)
    if (slot >= 0) this.#seen[slot] = ASIDE
  }

  /** A record that somebody put away by hand, and that says what it said then: it stays left out. */
  putAway(index: number): void {
    const slot = this.slots.at(index)
    this.states.set(index, PUT_AWAY)
    this.slots.set(index, -1)
    this.#readOf.delete(slot)
    const raw = { high: this.rawHigh.at(index), low: this.rawLow.at(index) }
    this.leaveOut(this.keyOf(index), raw)
  }

  /** Sets a known record aside, whose bytes did not change but whose place in the roster another one disputes. */
  setSlotAside(slot: number): void {
    const read = this.#readOf.get(slot)
    if (read !== undefined) this.setReadAside(read)
    else if (this.#seen[slot] !== ASIDE) {
      this.#seen[slot] = ASIDE
      this.setAside++
    }
  }

  /** Takes a record as one that had another key before; that a delta deletes the old key is no news then. */
  renew(index: number, oldKey: string): void {
    this.oldKeys.set(index, oldKey)
    const { high, low } = this.#hashes.text(oldKey)
    const slot = this.#mirror.findKey(high, low)
    if (!this.#readOf.has(slot)) return
    this.#repeat(this.#readOf.get(slot) as number)
    this.#readOf.delete(slot)
    this.#seen[slot] = UNSEEN
  }

  /** The roster's id in a slot of the mirror. */
  idAt(slot: number): number {
    return this.#mirror.ids.at(slot)
  }

  /** The key of a record that was read. */
  keyOf(index: number): string {
    return this.#keys[index] as string
  }

  /** Who has a key tonight: number of the record read; `aside` for one that cannot be used; undefined for nobody. */
  saidOf(key: string): number | 'aside' | undefined {
    const { high, low } = this.#hashes.text(key)
    const slot = this.#mirror.findKey(high, low)
    const index = slot < 0 ? this.#newByKey.find(high, low) : (this.#readOf.get(slot) ?? -1)
    if (index < 0) return this.#newAside.has(key) ? 'aside' : undefined
    return this.states.at(index) === SET_ASIDE ? 'aside' : index
  }

  /** Keeps the record of a slot from being taken as absent: one that was set aside speaks of it. */
  spareSlot(slot: number): void {
    if (this.#seen[slot] === UNSEEN) this.#seen[slot] = ASIDE
  }

  isSeen(slot: number): boolean {
    return this.#seen[slot] !== UNSEEN
  }

  isAside(slot: number): boolean {
    return this.#seen[slot] === ASIDE
  }

  hasSameBytes(slot: number): boolean {
    return this.#seen[slot] === SAME_BYTES
  }

  /** Where the delivery has the record of a slot. */
  placeOf(slot: number): Place {
    return this.#seenAt[slot] as number
  }

  /** Number of the record read for a slot, or undefined. */
  readOf(slot: number): number | undefined {
    return this.#readOf.get(slot)
  }

  /** Among records with keys that the mirror does not have: its number, or -1. */
  findNew(high: bigint, low: bigint): number {
    return this.#newByKey.find(high, low)
  }

  /** The same for the hash at `index` of two columns. */
  findNewAt(high: Hashed, low: Hashed, index: number): number {
    return this.#newByKey.findAt(high, low, index)
  }

  /** Whether the rules leave the record with this key out, tonight or when it was last sent. */
  isLeftOut(key: string): boolean {
    const { high, low } = this.#hashes.text(key)
    const slot = this.#mirror.findKey(high, low)
    if (slot < 0) return this.#newByKey.find(high, low) < 0 && this.notTaken.has(high, low)
    if (this.#mirror.ids.at(slot) === NOT_TAKEN) return !this.#readOf.has(slot)
    return this.#seen[slot] === UNSEEN && this.notTaken.has(high, low)
  }

  /** Once all is planned nobody is looked for by hash any more. */
  forgetHashes(): void {
    const { keyHigh, keyLow, rawHigh, rawLow, canonicalHigh, canonicalLow } = this
    for (const each of [keyHigh, keyLow, rawHigh, rawLow, canonicalHigh, canonicalLow]) each.clear()
    this.#newByKey.clear()
  }

  #takeKnownKey(index: number, slot: number, place: Place): void {
    const { canonicalHigh: high, canonicalLow: low } = this
    const isLeftOut = this.#mirror.ids.at(slot) === NOT_TAKEN && !this.#readOf.has(slot)
    const seen = isLeftOut && this.#seen[slot] !== ASIDE ? UNSEEN : this.#seen[slot]
    if (seen === UNSEEN) {
      this.#seen[slot] = READ
      this.#seenAt[slot] = place
      this.#readOf.set(slot, index)
    } else if (seen === SAME_BYTES) {
      if (this.#mirror.sameCanonical(slot, high.at(index), low.at(index))) this.#repeat(index)
      else {
        this.setSlotAside(slot)
        this.#reportDuplicate(this.placeOf(slot))
        this.#conflict(index)
      }
    } else if (seen === READ) {
      const first = this.#readOf.get(slot) as number
      if (this.#saysTheSame(first, index)) this.#repeat(index)
      else {
        this.#conflict(first)
        this.#conflict(index)
      }
    } else {
      this.#conflict(index)
    }
  }

  #takeNewKey(index: number): void {
    const first = this.#newByKey.findAt(this.keyHigh, this.keyLow, index)
    if (this.#newAside.has(this.keyOf(index))) this.#conflict(index)
    if (first < 0) this.#newByKey.add(index)
    else if (this.#saysTheSame(first, index)) this.#repeat(index)
    else {
      this.#conflict(first)
      this.#conflict(index)
    }
  }

  /** The same values, and both to be kept or both to be deleted. */
  #saysTheSame(first: number, second: number): boolean {
    const { canonicalHigh: high, canonicalLow: low, states } = this
    const isSame = high.at(first) === high.at(second) && low.at(first) === low.at(second)
    return isSame && states.at(first) === states.at(second)
  }

  #repeat(index: number): void {
    this.states.set(index, REPEATED)
    this.repeated++
  }

  #conflict(index: number): void {
    if (this.states.at(index) === SET_ASIDE) return
    this.setReadAside(index)
    this.#reportDuplicate(this.places.at(index), this.keyOf(index))
  }

  #reportDuplicate(place: Place, key?: string): void {
    const named = key === undefined ? {} : { key }
    this.#report({ code: 'DUPLICATE_KEY', place, kind: this.#kind, ...named })
  }
}
