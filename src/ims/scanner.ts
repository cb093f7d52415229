import { BLANK, CLASS, GREATER, LESS, SLASH } from './bytes.ts'
import { findFallback } from './encoding.ts'
import { readFrame } from './frame.ts'
import type { FrameRead } from './frame.ts'
import type { Hashes } from './fingerprint.ts'
import type { ReadLimits } from './limits.ts'
import { readGroup } from './read-group.ts'
import { readMembership } from './read-membership.ts'
import { readPerson } from './read-person.ts'
import { readProperties } from './read-properties.ts'
import type { ReadContext } from './reading.ts'
import type { ImsFrame, ImsSink, KnownRecords, RawFingerprint } from './records.ts'
import type { ByteSource } from './source.ts'
import { Spellings } from './spellings.ts'
import type { Spelling } from './spellings.ts'
import { COMMENT, DOCTYPE, INSTRUCTION, MORE, Malformed, START, TEXT, Tokens } from './tokens.ts'
import type { Problem } from '../roster/problem.ts'
import { RECORD_KINDS } from '../roster/record.ts'
import type { RecordKind } from '../roster/record.ts'
import { Window } from './window.ts'

export interface ScanEnd {
  /** Why nothing of the delivery may be used; what the sink was given is then to be dropped. */
  readonly problem?: Problem
  readonly bytesRead: number
  /** Persons, groups and memberships whose bytes were known, and those that were tokenised. */
  readonly elementsKnown: number
  readonly elementsTokenised: number
}

export interface ScanOptions {
  /** Bytes read at a time. */
  readonly windowBytes?: number
  /** The source is what `transcodeUtf16` made of a file in UTF-16: what it declares is not what it is. */
  readonly transcodedFrom?: 'utf-16le' | 'utf-16be'
}

const WINDOW_BYTES = 8 * 1024 * 1024
/** Most different unknown elements beside the records that are named. */
const UNKNOWN_NAMES_MAX = 20

/** One pass over one delivery: the work of `scanDelivery`. */
export class Scan {
  readonly #source: ByteSource
  readonly #known: KnownRecords
  readonly #limits: ReadLimits
  readonly #sink: ImsSink
  readonly #hashes: Hashes
  readonly #options: ScanOptions
  readonly #window: Window
  readonly #tokens: Tokens
  readonly #spellings = new Spellings()
  readonly #unknownNames = new Set<string>()
  #frame: ImsFrame | undefined
  #certain = true
  #context: ReadContext
  #hasProperties = false
  #hasStrayText = false
  #elementsKnown = 0
  #elementsTokenised = 0

  constructor(
    source: ByteSource,
    known: KnownRecords,
    limits: ReadLimits,
    sink: ImsSink,
    hashes: Hashes,
    options: ScanOptions,
  ) {
    this.#source = source
    this.#known = known
    this.#limits = limits
    this.#sink = sink
    this.#hashes = hashes
    this.#options = options
    this.#window = new Window(source, options.windowBytes ?? WINDOW_BYTES)
    this.#tokens = new Tokens(limits)
    this.#context = { datasource: undefined, limits, dialect: '', base: 0 }
  }

  end(): ScanEnd {
    return {
      bytesRead: this.#window.base + this.#window.bytes.length,
      elementsKnown: this.#elementsKnown,
      elementsTokenised: this.#elementsTokenised,
    }
  }

  *run(): Generator<number, void> {
    const { deliveryBytesMax } = this.#limits
    if (this.#source.length > deliveryBytesMax)
      throw new Malformed(
        'LIMIT_EXCEEDED',
        0,
        `${this.#source.length} bytes`,
        `at most ${deliveryBytesMax}`,
      )
    const root = yield* this.#openRoot()
    let at = root.stop
    if (!root.isClosed) at = yield* this.#content(at, root.rootName)
    yield* this.#afterRoot(at)
    if (!this.#hasProperties) this.#sink.problem({ code: 'PROPERTIES_MISSING', place: 0 })
  }

  *#openRoot(): Generator<number, FrameRead> {
    this.#window.fill(0)
    for (;;) {
      const root = readFrame(this.#source, this.#window, this.#tokens, this.#options.transcodedFrom)
      if (root !== undefined) {
        this.#certain = root.certain
        this.#frame = root.frame
        this.#context = { ...this.#context, dialect: root.frame.dialect }
        this.#sink.frame(root.frame)
        return root
      }
      yield* this.#more(0)
    }
  }

  /** From behind the root's start tag to behind its end tag. */
  *#content(from: number, rootName: Buffer): Generator<number, number> {
    const window = this.#window
    for (let at = from; ;) {
      at = skipBlanks(window.bytes, at)
      let next = -1
      if (at + 1 < window.bytes.length) {
        if (window.bytes[at] === LESS && window.bytes[at + 1] === SLASH) {
          next = this.#rootEnd(at, rootName)
          if (next >= 0) return next
        } else {
          const spelling = this.#spellings.at(window.bytes, at + 1)
          next =
            spelling === undefined || window.bytes[at] !== LESS
              ? this.#other(at)
              : this.#record(at, spelling)
        }
      }
      if (next >= 0) {
        at = next
      } else {
        yield* this.#more(at)
        at = 0
      }
    }
  }

  /** Index after the root's end tag; -1 for more. */
  #rootEnd(at: number, rootName: Buffer): number {
    const { bytes } = this.#window
    const nameStop = at + 2 + rootName.length
    const stop = skipBlanks(bytes, nameStop)
    if (stop >= bytes.length) return -1
    if (
      bytes.compare(rootName, 0, rootName.length, at + 2, nameStop) === 0 &&
      bytes[stop] === GREATER
    )
      return stop + 1
    const found = bytes.toString('latin1', at, Math.min(at + 40, bytes.length))
    throw this.#wrong(at, found, `</${rootName.toString('latin1')}>`)
  }

  /** One record whose tags are spelt in a way met before: known, or read. Index after it; -1 for more. */
  #record(at: number, spelling: Spelling): number {
    const { bytes, base, atEnd, capacity } = this.#window
    const stop = this.#spellings.endFrom(spelling, bytes, at)
    if (stop < 0) {
      const canMove = !atEnd && 2 * (bytes.length - at) < capacity
      return canMove ? -1 : this.#read(at, spelling.kind, undefined, 0)
    }
    const raw = this.#hashes.bytes(bytes.subarray(at, stop))
    const slot = this.#known.find(spelling.kind, raw.high, raw.low)
    if (slot < 0) return this.#read(at, spelling.kind, raw, stop)
    this.#checkSize(at, stop)
    this.#elementsKnown++
    this.#sink.known(spelling.kind, slot, base + at, stop - at)
    return stop
  }

  /** Tokenises one record. `raw` is the fingerprint of the bytes up to `rawStop`, which may not be the record's end. */
  #read(at: number, kind: RecordKind, raw: RawFingerprint | undefined, rawStop: number): number {
    const tokens = this.#tokens
    const { bytes, base } = this.#window
    tokens.reset(bytes, at, bytes.length, base)
    if (tokens.next() === MORE) return -1
    const record = this.#recordOf(kind)
    if (record === undefined || !this.#toEnd()) return -1
    const { stop } = tokens
    this.#checkSize(at, stop)
    if (tokens.badText && this.#fallsBack()) return at
    this.#elementsTokenised++
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
    if (kind === 'person') return readPerson(this.#tokens, this.#context)
    if (kind === 'group') return readGroup(this.#tokens, this.#context)
    return readMembership(this.#tokens, this.#context)
  }

  /** To the end of the element, wherever its reader stopped. False for more. */
  #toEnd(): boolean {
    while (this.#tokens.depth > 0) if (this.#tokens.next() === MORE) return false
    return true
  }

  /** What stands between records. Index after it; -1 for more. */
  #other(at: number): number {
    const tokens = this.#tokens
    const { bytes, base } = this.#window
    tokens.reset(bytes, at, bytes.length, base)
    switch (tokens.next()) {
      case MORE:
        return -1
      case START:
        return this.#otherElement(at)
      case TEXT:
        if (!tokens.textIsBlank() && !this.#hasStrayText) {
          this.#hasStrayText = true
          const found = tokens.text().trim().slice(0, 40)
          this.#sink.problem({
            code: 'TEXT_UNEXPECTED',
            place: base + at,
            found,
            expected: 'an element',
          })
        }
        return tokens.stop
      case DOCTYPE:
        throw this.#wrong(at, 'a document type inside an element')
      default:
        return tokens.stop
    }
  }

  #otherElement(at: number): number {
    const tokens = this.#tokens
    const { base, bytes } = this.#window
    const { name } = tokens
    const kind = RECORD_KINDS.find((kind) => kind === name)
    if (kind !== undefined) {
      this.#spellings.add(kind, bytes.subarray(at + 1, tokens.nameStop))
      const spelling = this.#spellings.at(bytes, at + 1)
      return spelling === undefined
        ? this.#read(at, kind, undefined, 0)
        : this.#record(at, spelling)
    }
    const properties = name === 'properties' ? readProperties(tokens, this.#context) : undefined
    if (name === 'properties' && properties === undefined) return -1
    if (!this.#toEnd()) return -1
    this.#checkSize(at, tokens.stop)
    if (tokens.badText && this.#fallsBack()) return at
    if (properties === undefined) {
      const isNew = name !== 'comments' && !this.#unknownNames.has(name)
      if (isNew && this.#unknownNames.size < UNKNOWN_NAMES_MAX) {
        this.#unknownNames.add(name)
        this.#sink.problem({ code: 'ELEMENT_UNKNOWN', place: base + at, found: name })
      }
    } else if (this.#hasProperties) {
      this.#sink.problem({ code: 'PROPERTIES_REPEATED', place: base + at })
    } else {
      this.#hasProperties = true
      this.#context = { ...this.#context, datasource: properties.datasource }
      this.#sink.properties(properties)
    }
    return tokens.stop
  }

  /** Blanks, comments and instructions up to the end of the file. */
  *#afterRoot(from: number): Generator<number, void> {
    const window = this.#window
    const tokens = this.#tokens
    for (let at = from; ;) {
      at = skipBlanks(window.bytes, at)
      if (at === window.bytes.length) {
        if (window.atEnd) return
        yield* this.#more(at)
        at = 0
        continue
      }
      tokens.reset(window.bytes, at, window.bytes.length, window.base)
      const isMarkup = window.bytes[at] === LESS
      const token = isMarkup ? tokens.next() : TEXT
      if (token === COMMENT || token === INSTRUCTION) {
        at = tokens.stop
      } else if (token === MORE && !window.atEnd) {
        yield* this.#more(at)
        at = 0
      } else {
        throw this.#wrong(at, 'something after the end of the document')
      }
    }
  }

  /** Reads on, keeping what stands from `at` on as the window's start. */
  *#more(at: number): Generator<number, void> {
    const window = this.#window
    if (window.atEnd) {
      const place = window.base + window.bytes.length
      throw new Malformed('ENDS_EARLY', place, 'the end of the file', '</enterprise>')
    }
    this.#checkSize(at, window.bytes.length)
    window.fill(at)
    this.#spellings.moved()
    this.#context = { ...this.#context, base: window.base }
    yield window.base
  }

  #checkSize(from: number, to: number): void {
    const { recordBytesMax } = this.#limits
    if (to - from > recordBytesMax)
      throw new Malformed(
        'LIMIT_EXCEEDED',
        this.#window.base + from,
        'bytes of one record',
        `at most ${recordBytesMax}`,
      )
  }

  /** Bytes were met that are no UTF-8: true where the file is windows-1252 from here on. */
  #fallsBack(): boolean {
    if (this.#certain || this.#frame === undefined) return false
    this.#certain = true
    const problem = findFallback(this.#source, this.#frame.declaredEncoding)
    if (problem === undefined) return false
    this.#tokens.encoding = 'windows-1252'
    const problems = [...this.#frame.problems, problem]
    this.#frame = { ...this.#frame, encoding: 'windows-1252', problems }
    this.#sink.frame(this.#frame)
    return true
  }

  #wrong(at: number, found: string, expected?: string): Malformed {
    return new Malformed('NOT_WELL_FORMED', this.#window.base + at, found, expected)
  }
}

function skipBlanks(bytes: Buffer, from: number): number {
  let at = from
  while (at < bytes.length && (CLASS[bytes[at]!]! & BLANK) !== 0) at++
  return at
}
