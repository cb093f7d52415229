import {
  AMPERSAND,
  APOSTROPHE,
  CLASS,
  EQUALS,
  FORBIDDEN,
  GREATER,
  LESS,
  QUOTE,
  SLASH,
  SPACE,
  VALUE_STOP,
} from './bytes.ts'
import { Contents } from './contents.ts'
import { Malformed } from './malformed.ts'
import { SHORT_BYTES_MAX } from './shared-texts.ts'
import {
  HAS_BREAK,
  HAS_REFERENCE,
  HAS_RETURN,
  HAS_WIDE,
  characters,
  decodeText,
  referenceEnd,
} from './text.ts'
import { MORE, START, END } from './kinds.ts'
import type { ReadLimits } from './limits.ts'

export interface Attribute {
  /** Local name in lower case; a namespace declaration keeps its whole name (`xmlns:x`). */
  readonly name: string
  readonly rawName: string
  readonly value: string
}

/** Start tags with their attributes, end tags, and the elements open between them. */
export class Tags extends Contents {
  protected selfClosing = false
  /** How many attributes the current tag has. */
  protected count = 0
  /** 1 after an end tag, 0 after a start tag. */
  #wasEnd = 0
  #nameFrom = 0
  #nameTo = 0
  readonly #attributeName: Int32Array
  readonly #attributePrefix: Int32Array
  /** Four for each attribute: name from and to, value from and to. */
  readonly #attributeAt: Int32Array
  readonly #attributeFlags: Int32Array
  readonly #openName: Int32Array
  readonly #openFrom: Int32Array
  readonly #openTo: Int32Array

  constructor(limits: ReadLimits) {
    super(limits)
    this.#attributeName = new Int32Array(limits.attributesMax)
    this.#attributePrefix = new Int32Array(limits.attributesMax)
    this.#attributeAt = new Int32Array(4 * limits.attributesMax)
    this.#attributeFlags = new Int32Array(limits.attributesMax)
    this.#openName = new Int32Array(limits.depthMax + 1)
    this.#openFrom = new Int32Array(limits.depthMax + 1)
    this.#openTo = new Int32Array(limits.depthMax + 1)
  }

  /** START, END: local name in lower case. */
  get name(): string {
    return this.names.lower[this.current]!
  }

  /** START, END: the name as written, with its prefix. */
  get rawName(): string {
    return this.#rawName(this.current, this.#nameFrom, this.#nameTo)
  }

  /** START, END: local name as written. */
  get localName(): string {
    return this.names.written[this.current]!
  }

  /** START, END: window index after the name. */
  get nameStop(): number {
    return this.#nameTo
  }

  /** START: the tag closes itself; its END comes next. */
  get isSelfClosing(): boolean {
    return this.selfClosing
  }

  get hadUpperCase(): boolean {
    return this.names.hadUpperCase(this.current)
  }

  /** START: value of the first attribute with this local name (in lower case); namespace declarations are none. */
  attribute(name: string): string | undefined {
    for (let index = 0; index < this.count; index++) {
      if (this.names.lower[this.#attributeName[index]!] !== name) continue
      if (!this.#isDeclaration(index)) return this.#value(index)
    }
    return undefined
  }

  /** START: all attributes in the order of the tag. */
  attributes(): readonly Attribute[] {
    const attributes: Attribute[] = []
    for (let index = 0; index < this.count; index++) {
      const rawName = this.#rawName(
        this.#attributeName[index]!,
        this.#attributeAt[4 * index]!,
        this.#attributeAt[4 * index + 1]!,
      )
      const name = this.#isDeclaration(index)
        ? rawName
        : this.names.lower[this.#attributeName[index]!]!
      attributes.push({ name, rawName, value: this.#value(index) })
    }
    return attributes
  }

  protected startTag(open: number): number {
    const bytes = this.bytes
    // Elements follow each other in the same order a million times: a look at the expected name saves the table.
    const place = 2 * this.current + this.#wasEnd
    const guess = this.names.followers[place]!
    let at = guess === 0 ? -1 : this.names.match(guess, bytes, open + 1, this.end)
    if (at < 0) {
      at = this.scanName(open + 1)
      if (at < 0) return MORE
      this.current = this.scanned
      if (this.scannedPrefix === 0) this.names.followers[place] = this.scanned
    } else {
      this.current = guess
    }
    this.#wasEnd = 0
    this.#nameFrom = open + 1
    this.#nameTo = at
    this.count = 0
    if (bytes[at] !== GREATER) {
      at = this.#scanAttributes(at)
      if (at < 0) return MORE
      if (bytes[at] === SLASH) {
        if (at + 1 >= this.end) return MORE
        if (bytes[at + 1] !== GREATER) throw this.wrong(at, 'a slash inside a tag')
        this.selfClosing = true
        at++
      }
    }
    const depth = this.depth
    if (depth >= this.limits.depthMax)
      throw this.beyond(open, 'depth of elements', this.limits.depthMax)
    this.#openName[depth] = this.current
    this.#openFrom[depth] = open + 1
    this.#openTo[depth] = this.#nameTo
    this.depth = depth + 1
    this.stop = at + 1
    return START
  }

  protected endTag(open: number): number {
    const bytes = this.bytes
    const depth = this.depth - 1
    if (depth < 0) throw this.wrong(open, 'an end tag without a start tag')
    const openTo = this.#openTo[depth]!
    let at = open + 2
    const length = openTo - this.#openFrom[depth]!
    if (at + length >= this.end) return MORE
    for (let other = this.#openFrom[depth]!; other < openTo; other++, at++) {
      if (bytes[at] !== bytes[other]) throw this.#mismatch(open, depth)
    }
    this.#nameFrom = open + 2
    this.#nameTo = at
    if (bytes[at] !== GREATER) {
      at = this.skipBlanks(at)
      if (at < 0) return MORE
      if (bytes[at] !== GREATER) throw this.#mismatch(open, depth)
    }
    this.closed()
    this.stop = at + 1
    return END
  }

  /** The element opened last has ended. */
  protected closed(): void {
    this.depth--
    this.current = this.#openName[this.depth]!
    this.#wasEnd = 1
    this.count = 0
  }

  /** From behind the name to the `>` or `/` that ends the tag; -1 for more. */
  #scanAttributes(from: number): number {
    const bytes = this.bytes
    let at = from
    for (;;) {
      const before = at
      at = this.skipBlanks(at)
      if (at < 0 || bytes[at] === GREATER || bytes[at] === SLASH) return at
      if (at === before) throw this.wrong(at, 'no blank before an attribute')
      const nameFrom = at
      at = this.scanName(at)
      if (at < 0) return -1
      const name = this.scanned
      const prefix = this.scannedPrefix
      const nameTo = at
      at = this.skipBlanks(at)
      if (at < 0) return -1
      if (bytes[at] !== EQUALS) throw this.wrong(at, 'an attribute without a value')
      at = this.skipBlanks(at + 1)
      if (at < 0) return -1
      const quote = bytes[at]!
      if (quote !== QUOTE && quote !== APOSTROPHE)
        throw this.wrong(at, 'a value without quotation marks')
      const valueFrom = at + 1
      at = this.#scanValue(valueFrom, quote)
      if (at < 0) return -1
      this.#addAttribute(name, prefix, nameFrom, nameTo)
      const index = this.count++
      this.#attributeAt[4 * index + 2] = valueFrom
      this.#attributeAt[4 * index + 3] = at
      this.#attributeFlags[index] = this.flags
      at++
    }
  }

  #addAttribute(name: number, prefix: number, from: number, to: number): void {
    const index = this.count
    if (index >= this.limits.attributesMax)
      throw this.beyond(from, 'attributes of one element', this.limits.attributesMax)
    for (let other = 0; other < index; other++) {
      if (this.#attributeName[other] !== name || this.#attributePrefix[other] !== prefix) continue
      // Number 0 is every name that is no text: their bytes decide.
      const otherFrom = this.#attributeAt[4 * other]!
      const otherTo = this.#attributeAt[4 * other + 1]!
      if (this.bytes.compare(this.bytes, otherFrom, otherTo, from, to) === 0)
        throw this.wrong(from, 'an attribute twice')
    }
    this.#attributeName[index] = name
    this.#attributePrefix[index] = prefix
    this.#attributeAt[4 * index] = from
    this.#attributeAt[4 * index + 1] = to
  }

  #scanValue(from: number, quote: number): number {
    const bytes = this.bytes
    const end = this.end
    let flags = 0
    let at = from
    for (;;) {
      while (at < end && (CLASS[bytes[at]!]! & VALUE_STOP) === 0) at++
      if (at >= end) return -1
      const byte = bytes[at]!
      if (byte === quote) break
      if (byte >= 0x80) {
        flags |= HAS_WIDE
        at = this.wide(at, true)
      } else if (byte === AMPERSAND) {
        flags |= HAS_REFERENCE
        at = referenceEnd(bytes, at, end, this.base + at)
      } else if (byte === LESS) {
        throw this.wrong(at, '< in a value')
      } else if ((CLASS[byte]! & FORBIDDEN) !== 0) {
        throw this.forbidden(at)
      } else {
        if (byte < SPACE) flags |= HAS_BREAK | HAS_RETURN
        at++
      }
      if (at < 0) return -1
    }
    this.flags = flags
    return at
  }

  #value(index: number): string {
    const from = this.#attributeAt[4 * index + 2]!
    const to = this.#attributeAt[4 * index + 3]!
    if (this.#attributeFlags[index] === 0 && to - from <= SHORT_BYTES_MAX)
      return this.shared.text(this.#attributeName[index]!, this.bytes, from, to)
    return decodeText(this.bytes, from, to, this.#attributeFlags[index]!, this.encoding)
  }

  #rawName(name: number, from: number, to: number): string {
    if (this.names.byteLength(name) === to - from) return this.names.written[name]!
    return characters(this.bytes, from, to, this.encoding)
  }

  #isDeclaration(index: number): boolean {
    return this.names.written[this.#attributePrefix[index]!] === 'xmlns'
  }

  #mismatch(open: number, depth: number): Malformed {
    const expected = characters(
      this.bytes,
      this.#openFrom[depth]!,
      this.#openTo[depth]!,
      this.encoding,
    )
    const found = characters(this.bytes, open, Math.min(open + 40, this.end), this.encoding)
    return new Malformed('NOT_WELL_FORMED', this.base + open, found, `</${expected}>`)
  }
}
