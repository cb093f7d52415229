import { LESS } from './bytes.ts'
import type { Hashes } from './fingerprint.ts'
import { withOtherStatus } from './other-status.ts'
import { readGroup } from './read-group.ts'
import { readMembership } from './read-membership.ts'
import { readPerson } from './read-person.ts'
import { readProperties } from './read-properties.ts'
import type { ImsSink, KnownRecords, RawFingerprint } from './records.ts'
import { Spellings } from './spellings.ts'
import type { Spelling } from './spellings.ts'
import { MORE } from './tokens.ts'
import { RECORD_KINDS } from '../roster/record.ts'
import type { RecordKind } from '../roster/record.ts'
import type { Elements, Walk } from './walk.ts'

/** The elements of IMS Enterprise and its profiles: known by their bytes, or tokenised and read. */
export class ImsElements implements Elements {
  elementsKnown = 0
  elementsTokenised = 0
  readonly #walk: Walk
  readonly #known: KnownRecords
  readonly #sink: ImsSink
  readonly #hashes: Hashes
  readonly #spellings = new Spellings()

  constructor(walk: Walk, known: KnownRecords, sink: ImsSink, hashes: Hashes) {
    this.#walk = walk
    this.#known = known
    this.#sink = sink
    this.#hashes = hashes
  }

  at(at: number): number {
    const { bytes } = this.#walk.window
    const spelling = this.#spellings.at(bytes, at + 1)
    return spelling === undefined || bytes[at] !== LESS
      ? this.#walk.other(at, this)
      : this.#record(at, spelling)
  }

  element(at: number): number {
    const { tokens, window, context } = this.#walk
    const { name } = tokens
    const kind = RECORD_KINDS.find((each) => each === name)
    if (kind !== undefined) {
      const { bytes } = window
      this.#spellings.add(kind, bytes.subarray(at + 1, tokens.nameStop))
      const spelling = this.#spellings.at(bytes, at + 1)
      return spelling === undefined
        ? this.#read(at, kind, undefined, 0)
        : this.#record(at, spelling)
    }
    if (name !== 'properties') return this.#walk.unknown(at)
    return this.#walk.properties(at, readProperties(tokens, context))
  }

  moved(): void {
    this.#spellings.moved()
  }

  /** One record whose tags are spelt in a way met before: known, or read. Index after it; -1 for more. */
  #record(at: number, spelling: Spelling): number {
    const { bytes, base, atEnd, capacity } = this.#walk.window
    const stop = this.#spellings.endFrom(spelling, bytes, at)
    if (stop < 0) {
      const canMove = !atEnd && 2 * (bytes.length - at) < capacity
      return canMove ? -1 : this.#read(at, spelling.kind, undefined, 0)
    }
    const raw = this.#hashes.bytes(bytes.subarray(at, stop))
    let slot = this.#known.find(spelling.kind, raw.high, raw.low)
    if (slot < 0) slot = this.#withOtherStatus(at, stop, spelling.kind)
    if (slot < 0) return this.#read(at, spelling.kind, raw, stop)
    this.#walk.checkSize(at, stop)
    this.elementsKnown++
    this.#sink.known(spelling.kind, slot, base + at, stop - at)
    return stop
  }

  /** The other recstatus of a record is tried before it is read: hashing it once more costs a twentieth of that. */
  #withOtherStatus(at: number, stop: number, kind: RecordKind): number {
    if (!this.#known.has(kind)) return -1
    const { bytes } = this.#walk.window
    const look = (): number => {
      const { high, low } = this.#hashes.bytes(bytes.subarray(at, stop))
      return this.#known.find(kind, high, low)
    }
    return withOtherStatus(bytes, at, look) ?? -1
  }

  /** Tokenises one record. `raw` is the fingerprint of the bytes up to `rawStop`, which may not be the record's end. */
  #read(at: number, kind: RecordKind, raw: RawFingerprint | undefined, rawStop: number): number {
    const { tokens, window } = this.#walk
    const { bytes, base } = window
    tokens.reset(bytes, at, bytes.length, base)
    if (tokens.next() === MORE) return -1
    const record = this.#recordOf(kind)
    if (record === undefined) return -1
    const stop = this.#walk.endOf(at)
    if (stop <= at) return stop
    this.elementsTokenised++
    if ('code' in record) {
      this.#sink.problem(record)
    } else {
      const whole =
        raw !== undefined && rawStop === stop ? raw : this.#hashes.bytes(bytes.subarray(at, stop))
      if (record.kind === 'person') this.#sink.person(record, whole)
      else if (record.kind === 'group') this.#sink.group(record, whole)
      else this.#sink.membership(record, whole)
    }
    return stop
  }

  #recordOf(kind: RecordKind) {
    const { tokens, context } = this.#walk
    if (kind === 'person') return readPerson(tokens, context)
    if (kind === 'group') return readGroup(tokens, context)
    return readMembership(tokens, context)
  }
}
