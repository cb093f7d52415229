import {
  AMPERSAND,
  BANG,
  BLANK,
  CLASS,
  CLOSE_BRACKET,
  LESS,
  QUESTION,
  SLASH,
  SPACE,
} from './bytes.ts'
import { END, MORE, TEXT } from './kinds.ts'
import { Tags } from './tags.ts'
import { HAS_RETURN, IS_BLANK } from './text.ts'

export * from './kinds.ts'
export { Malformed } from './malformed.ts'
export type { Attribute } from './tags.ts'

/**
 * Strict pull tokeniser for XML 1.0 over one window of bytes, at most one record at a time. It makes a string only when
 * asked for one. Names are matched without prefix and without regard to case; a colon stands at most once in a name,
 * and not at its ends. Blanks between two tags are checked and not reported. Throws `Malformed` (see `malformed.ts`)
 * for everything that XML calls not well-formed, for entities that XML does not define, for an internal DTD subset and
 * for exceeded limits. It does not know the prologue: the caller has taken byte order mark and XML declaration away.
 */
export class Tokens extends Tags {
  #afterTag = true

  /** Starts at `from`, outside of every element. `end` is the index after the window; `base` the file offset of `bytes[0]`. */
  reset(bytes: Uint8Array, from: number, end: number, base: number): void {
    this.bytes = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.end = end
    this.base = base
    this.start = from
    this.stop = from
    this.depth = 0
    this.badText = false
    this.#afterTag = true
    this.selfClosing = false
    this.count = 0
  }

  /** Runs to the END that closes the element open now, whatever is inside. Gives END, or MORE. */
  skip(): number {
    const outside = this.depth - 1
    for (;;) {
      const token = this.next()
      if (token === MORE || (token === END && this.depth === outside)) return token
    }
  }

  /** Whether these very bytes stand at this index of the window. */
  holds(at: number, piece: Buffer): boolean {
    const stop = at + piece.length
    return stop <= this.end && this.bytes.compare(piece, 0, piece.length, at, stop) === 0
  }

  /** Index behind the letters from `from` on that are printable ASCII, no blank and no markup; `from` where they are more than `most`. */
  plainEnd(from: number, most: number): number {
    const { bytes } = this
    const stop = Math.min(this.end, from + most + 1)
    let at = from
    while (at < stop && isPlain(bytes[at]!)) at++
    return at === stop ? from : at
  }

  /** Text of bytes that `plainEnd` went over. */
  plain(from: number, to: number): string {
    return this.bytes.toString('latin1', from, to)
  }

  copy(from: number, to: number): Buffer {
    return Buffer.from(this.bytes.subarray(from, to))
  }

  /** From the start tag of an element to its end tag, of `length` bytes, which ends before `stop`: whoever asks knows what is between. */
  passOver(stop: number, length: number): void {
    this.start = stop - length
    this.stop = stop
    this.closed()
    this.#afterTag = true
  }

  /** Moves to the next token and gives its kind. After MORE only `reset` makes sense. */
  next(): number {
    if (this.selfClosing) {
      this.selfClosing = false
      this.depth--
      this.count = 0
      return END
    }
    const bytes = this.bytes
    const end = this.end
    const from = this.stop
    let at = from
    // Nearly all of them are the spaces of an indentation.
    while (at < end && (bytes[at] === SPACE || (CLASS[bytes[at]!]! & BLANK) !== 0)) at++
    if (at + 1 >= end) return MORE
    if (bytes[at] !== LESS) {
      this.#afterTag = false
      return this.textToken(from, at)
    }
    const after = bytes[at + 1]
    const isTag = after !== BANG && after !== QUESTION
    if (at !== from && !(isTag && this.#afterTag)) {
      this.start = from
      this.stop = at
      this.#afterTag = false
      return this.hold(TEXT, from, at, IS_BLANK | HAS_RETURN)
    }
    this.start = at
    if (isTag) {
      this.#afterTag = true
      return after === SLASH ? this.endTag(at) : this.startTag(at)
    }
    this.#afterTag = false
    return after === QUESTION ? this.instruction(at) : this.declaration(at)
  }
}

function isPlain(byte: number): boolean {
  return (
    byte > SPACE && byte < 0x7f && byte !== LESS && byte !== AMPERSAND && byte !== CLOSE_BRACKET
  )
}
