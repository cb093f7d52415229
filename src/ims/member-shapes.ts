import type { ImsMember } from './records.ts'
import type { Reading } from './reading.ts'
import type { TextEncoding } from './text.ts'

/** How a member is written, but for its key. */
interface Shape {
  /** From `<member` to where the key begins. */
  readonly head: Buffer
  /** From behind the key to the end of `</member>`. */
  readonly tail: Buffer
  /** Bytes of the end tag. */
  readonly endTag: number
  /** A member of this shape, whatever its key and place. */
  readonly member: ImsMember
}

/** Classes of one list differ in dates and roles: this many at a time. */
const SHAPES_MAX = 8
/** Nobody writes a key as long as that; a longer one is read the ordinary way. */
const KEY_BYTES_MAX = 64
/** Members that nothing was like before learning is given up, and how many must be like another then. */
const MISSES_MAX = 1000
const MISSES_A_HIT_MAX = 4

/**
 * A million members of a delivery differ in their keys and in little else. One whose bytes are those of a member that was read
 * before, but for a key of plain ASCII letters, means the same: it is told by comparing bytes, which takes a tenth of what tokens
 * do. Only members with which nothing was unusual are learnt, as a notice has a place.
 */
export class MemberShapes {
  readonly #shapes: Shape[] = []
  #hits = 0
  #misses = 0
  #encoding: TextEncoding | undefined
  #datasource: string | undefined

  /** At the start of a list: what the bytes mean depends on the encoding, and on the source that stands in for missing ones. */
  begin({ tokens, context }: Reading): void {
    if (tokens.encoding === this.#encoding && context.datasource === this.#datasource) return
    this.#encoding = tokens.encoding
    this.#datasource = context.datasource
    this.#shapes.length = 0
  }

  /** The member on whose start tag the tokens are, which are then on its end tag; undefined, and no step taken, if it is like no other. */
  read({ tokens, context }: Reading): ImsMember | undefined {
    const from = tokens.start
    const shapes = this.#shapes
    const keyBytesMax = Math.min(KEY_BYTES_MAX, context.limits.keyCharactersMax)
    for (let at = 0; at < shapes.length; at++) {
      const shape = shapes[at]!
      if (!tokens.holds(from, shape.head)) continue
      const keyFrom = from + shape.head.length
      const keyTo = tokens.plainEnd(keyFrom, keyBytesMax)
      if (keyTo === keyFrom || !tokens.holds(keyTo, shape.tail)) continue
      if (at > 0) {
        shapes[at] = shapes[0]!
        shapes[0] = shape
      }
      this.#hits++
      const { sourcedId, idtype, roles } = shape.member
      const id = tokens.plain(keyFrom, keyTo)
      tokens.passOver(keyTo + shape.tail.length, shape.endTag)
      return { place: context.base + from, sourcedId: { ...sourcedId, id }, idtype, roles }
    }
    this.#misses++
    return undefined
  }

  /** Keeps how a member was written that began at `from`, whose key stood from `keyFrom` to `keyTo`; the tokens are on its end tag. */
  learn(
    { tokens }: Reading,
    from: number,
    keyFrom: number,
    keyTo: number,
    member: ImsMember,
  ): void {
    if (this.#misses > MISSES_MAX && this.#misses > MISSES_A_HIT_MAX * this.#hits) return
    const isPlain =
      tokens.plainEnd(keyFrom, KEY_BYTES_MAX) === keyTo &&
      tokens.plain(keyFrom, keyTo) === member.sourcedId.id
    if (!isPlain) return
    if (this.#shapes.length === SHAPES_MAX) this.#shapes.pop()
    this.#shapes.unshift({
      head: tokens.copy(from, keyFrom),
      tail: tokens.copy(keyTo, tokens.stop),
      endTag: tokens.stop - tokens.start,
      member,
    })
  }
}
