import { BLANK, CLASS, COLON, NAME, NAME_START } from './bytes.ts'
import { Malformed } from './malformed.ts'
import { Names } from './names.ts'
import { sequenceAt, singleByte } from './text.ts'
import { SharedTexts } from './shared-texts.ts'
import type { TextEncoding } from './text.ts'
import type { ReadLimits } from './limits.ts'

/** What every part of the tokeniser stands on: the window, the place in it, names, characters, and what is wrong. */
export class Cursor {
  /** Elements open after the current token: a START counts itself, an END does not. */
  depth = 0
  /** Bytes of a text, value or name since `reset` were no text in the encoding. They decode to U+FFFD. */
  badText = false
  /** Window index of the first byte of the current token. */
  start = 0
  /** Window index after it. An END made from a self-closing tag has the place of its START. */
  stop = 0

  protected readonly limits: ReadLimits
  protected names = new Names('utf-8')
  protected bytes: Buffer = Buffer.alloc(0)
  protected end = 0
  protected base = 0
  protected readonly shared = new SharedTexts()
  /** The name of the tag read last, by number. */
  protected current = 0
  /** The name scanned last, and its prefix, by number. */
  protected scanned = 0
  protected scannedPrefix = 0
  #encoding: TextEncoding = 'utf-8'

  constructor(limits: ReadLimits) {
    this.limits = limits
  }

  get encoding(): TextEncoding {
    return this.#encoding
  }

  set encoding(encoding: TextEncoding) {
    if (encoding === this.#encoding) return
    this.#encoding = encoding
    this.names = new Names(encoding)
  }

  /** Leaves the number of the local name in `scanned`, of the prefix in `scannedPrefix`. Gives the index behind, or -1 for more. */
  protected scanName(from: number): number {
    const bytes = this.bytes
    const end = this.end
    let at = from
    let local = from
    let hash = 0
    this.scannedPrefix = 0
    while (at < end) {
      const byte = bytes[at]!
      if ((CLASS[byte]! & NAME) === 0) break
      if (byte === COLON) {
        if (local !== from || at === from) throw this.wrong(from, 'a name with colons')
        this.scannedPrefix = this.intern(from, at, hash)
        local = at + 1
        hash = 0
      } else {
        hash = (Math.imul(hash, 31) + byte) | 0
      }
      at++
    }
    if (at - from > this.limits.nameBytesMax)
      throw this.beyond(from, 'bytes of a name', this.limits.nameBytesMax)
    if (at >= end) return -1
    if (at === local || (CLASS[bytes[local]!]! & NAME_START) === 0)
      throw this.wrong(local, 'no name where one must stand')
    this.scanned = this.intern(local, at, hash)
    return at
  }

  protected intern(from: number, to: number, hash: number): number {
    const name = this.names.find(this.bytes, from, to, hash, this.base + from)
    if (name >= 0) return name
    this.badText = true
    return 0
  }

  /** Over one character beyond ASCII; one byte where it is none. -1 for more. */
  protected wide(at: number, matters: boolean): number {
    if (this.#encoding !== 'utf-8') {
      if (singleByte(this.bytes[at]!, this.#encoding) === 0) this.badText ||= matters
      return at + 1
    }
    const length = sequenceAt(this.bytes, at, this.end)
    if (length < 0) return -1
    if (length === 0) {
      this.badText ||= matters
      return at + 1
    }
    // U+FFFE and U+FFFF are no characters of XML.
    if (
      length === 3 &&
      this.bytes[at] === 0xef &&
      this.bytes[at + 1] === 0xbf &&
      this.bytes[at + 2]! >= 0xbe
    )
      throw this.forbidden(at)
    return at + length
  }

  protected skipBlanks(from: number): number {
    let at = from
    while (at < this.end && (CLASS[this.bytes[at]!]! & BLANK) !== 0) at++
    return at < this.end ? at : -1
  }

  protected forbidden(at: number): Malformed {
    return this.wrong(at, `a control character (byte ${this.bytes[at]!})`)
  }

  protected wrong(at: number, found: string): Malformed {
    return new Malformed('NOT_WELL_FORMED', this.base + at, found)
  }

  protected beyond(at: number, found: string, limit: number): Malformed {
    return new Malformed('LIMIT_EXCEEDED', this.base + at, found, `at most ${limit}`)
  }
}
