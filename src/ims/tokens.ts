import { BANG, BLANK, CLASS, LESS, QUESTION, SLASH, SPACE } from './bytes.ts'
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
