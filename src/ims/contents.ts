import {
  AMPERSAND,
  APOSTROPHE,
  BLANK,
  CLASS,
  CLOSE_BRACKET,
  FORBIDDEN,
  GREATER,
  HYPHEN,
  INSIDE_STOP,
  LESS,
  OPEN_BRACKET,
  QUESTION,
  QUOTE,
  RETURN,
  TEXT_STOP,
} from './bytes.ts'
import { Cursor } from './cursor.ts'
import { Malformed } from './malformed.ts'
import {
  HAS_REFERENCE,
  HAS_RETURN,
  HAS_WIDE,
  IS_BLANK,
  characters,
  decodeText,
  referenceEnd,
} from './text.ts'
import { SHORT_BYTES_MAX } from './shared-texts.ts'
import { MORE, TEXT, COMMENT, INSTRUCTION, DOCTYPE } from './kinds.ts'

/** Everything but tags: text, CDATA sections, comments, instructions, document types. */
export class Contents extends Cursor {
  #textFrom = 0
  #textTo = 0
  /** Of the text or value scanned last. */
  protected flags = 0

  /** TEXT: decoded, line ends as one line feed, references resolved. COMMENT, INSTRUCTION: what stands inside. */
  text(): string {
    if (this.flags === 0 && this.#textTo - this.#textFrom <= SHORT_BYTES_MAX)
      return this.shared.text(this.current, this.bytes, this.#textFrom, this.#textTo)
    return decodeText(this.bytes, this.#textFrom, this.#textTo, this.flags, this.encoding)
  }

  /** TEXT: only blanks, written as such. */
  textIsBlank(): boolean {
    return (this.flags & IS_BLANK) !== 0
  }

  protected textToken(from: number, notBlank: number): number {
    const bytes = this.bytes
    const end = this.end
    let flags = notBlank > from ? HAS_RETURN : 0
    let at = notBlank
    for (;;) {
      while (at < end && (CLASS[bytes[at]!]! & TEXT_STOP) === 0) at++
      if (at >= end) return MORE
      const byte = bytes[at]!
      if (byte === LESS) break
      if (byte >= 0x80) {
        flags |= HAS_WIDE
        at = this.wide(at, true)
      } else if (byte === AMPERSAND) {
        flags |= HAS_REFERENCE
        at = referenceEnd(bytes, at, end, this.base + at)
      } else if (byte === RETURN) {
        flags |= HAS_RETURN
        at++
      } else if (byte === CLOSE_BRACKET) {
        if (at + 2 >= end) return MORE
        if (bytes[at + 1] === CLOSE_BRACKET && bytes[at + 2] === GREATER)
          throw this.wrong(at, ']]> in text')
        at++
      } else {
        throw this.forbidden(at)
      }
      if (at < 0) return MORE
    }
    this.start = from
    this.stop = at
    return this.hold(TEXT, from, at, flags)
  }

  protected instruction(open: number): number {
    const target = this.scanName(open + 2)
    if (target < 0) return MORE
    if (this.names.lower[this.scanned] === 'xml' && this.scannedPrefix === 0)
      throw this.wrong(open, 'an XML declaration that does not stand first')
    const byte = this.bytes[target]!
    if (byte !== QUESTION && (CLASS[byte]! & BLANK) === 0)
      throw this.wrong(target, 'no blank after the name of an instruction')
    const close = this.#inside(target, QUESTION)
    if (close < 0) return MORE
    this.stop = close + 2
    return this.hold(INSTRUCTION, open + 2, close, this.flags)
  }

  /** A comment, a CDATA section or a document type. */
  protected declaration(open: number): number {
    const bytes = this.bytes
    const head = bytes.toString('latin1', open + 2, Math.min(open + 9, this.end))
    if (head.startsWith('--')) {
      const close = this.#inside(open + 4, HYPHEN)
      if (close < 0 || close + 2 >= this.end) return MORE
      if (bytes[close + 2] !== GREATER) throw this.wrong(close, '-- in a comment')
      this.stop = close + 3
      return this.hold(COMMENT, open + 4, close, this.flags)
    }
    if (head === '[CDATA[') {
      const close = this.#inside(open + 9, CLOSE_BRACKET)
      if (close < 0) return MORE
      this.stop = close + 3
      return this.hold(TEXT, open + 9, close, this.flags)
    }
    if (head === 'DOCTYPE') return this.#documentType(open)
    if (
      open + 2 + head.length >= this.end &&
      ['--', '[CDATA[', 'DOCTYPE'].some((whole) => whole.startsWith(head))
    )
      return MORE
    if (/^(ENTITY|ELEMEN|ATTLIS|NOTATI)/.test(head))
      throw new Malformed('DECLARATION_FORBIDDEN', this.base + open, `<!${head}`)
    throw this.wrong(open, '<! that opens nothing')
  }

  /** From inside a comment (`--`), CDATA section (`]]>`) or instruction (`?>`) to the bytes that close it; -1 for more. */
  #inside(from: number, closing: number): number {
    const bytes = this.bytes
    const end = this.end
    let flags = 0
    let at = from
    for (;;) {
      while (at < end && (CLASS[bytes[at]!]! & INSIDE_STOP) === 0) at++
      if (at + 1 >= end) return -1
      const byte = bytes[at]!
      if (byte >= 0x80) {
        flags |= HAS_WIDE
        at = this.wide(at, closing === CLOSE_BRACKET)
        if (at < 0) return -1
      } else if ((CLASS[byte]! & FORBIDDEN) !== 0) {
        throw this.forbidden(at)
      } else if (byte === closing) {
        const next = bytes[at + 1]
        if (closing === QUESTION && next === GREATER) break
        if (closing === HYPHEN && next === HYPHEN) break
        if (closing === CLOSE_BRACKET && next === CLOSE_BRACKET) {
          if (at + 2 >= end) return -1
          if (bytes[at + 2] === GREATER) break
        }
        at++
      } else {
        if (byte === RETURN) flags |= HAS_RETURN
        at++
      }
    }
    this.flags = flags
    return at
  }

  /** Read over, never loaded. */
  #documentType(open: number): number {
    if (this.depth > 0) throw this.wrong(open, 'a document type inside an element')
    const bytes = this.bytes
    let quote = 0
    for (let at = open + 9; at < this.end; at++) {
      const byte = bytes[at]!
      if ((CLASS[byte]! & FORBIDDEN) !== 0) throw this.forbidden(at)
      if (quote !== 0) {
        if (byte === quote) quote = 0
      } else if (byte === QUOTE || byte === APOSTROPHE) {
        quote = byte
      } else if (byte === GREATER) {
        this.stop = at + 1
        const text = characters(bytes, open, this.stop, this.encoding)
        if (!DOCUMENT_TYPE.test(text)) throw this.wrong(open, 'a document type written wrongly')
        return this.hold(DOCTYPE, open + 9, at, HAS_WIDE)
      } else if (byte === OPEN_BRACKET) {
        throw new Malformed('DECLARATION_FORBIDDEN', this.base + at, 'an internal DTD subset')
      } else if (byte === LESS) {
        throw this.wrong(at, '< in a document type')
      }
    }
    return MORE
  }

  protected hold(kind: number, from: number, to: number, flags: number): number {
    this.#textFrom = from
    this.#textTo = to
    this.flags = flags
    return kind
  }
}

/** XML 1.0, productions 28, 75, 11–13, without an internal subset. */
const DOCUMENT_TYPE =
  /^<!DOCTYPE[ \t\r\n]+[^\s'"<>[\]]+([ \t\r\n]+(SYSTEM|PUBLIC[ \t\r\n]+("[-\w \r\n'()+,./:=?;!*#@$%]*"|'[-\w \r\n()+,./:=?;!*#@$%]*'))[ \t\r\n]+("[^"]*"|'[^']*'))?[ \t\r\n]*>$/
