import { CLASS, NAME } from './bytes.ts'
import { Malformed } from './malformed.ts'
import { characters, sequenceAt, singleByte } from './text.ts'
import type { TextEncoding } from './text.ts'
import type { Place } from '../roster/record.ts'

/** Most different names in one delivery. IMS Enterprise and PIFU-IMS together have about 250. */
export const NAMES_MAX = 4096
const SLOTS = 4 * NAMES_MAX
/**
 * Most names that one is compared with before it is found. A quarter of the table is in use at most, and names that nobody
 * chose for it need less than ten; names made to fall on one place would make every tag as slow as all names together.
 */
export const NAME_PROBES_MAX = 64

// XML 1.0, productions 4 and 4a, without the colon.
const NAME_START_CHARACTERS =
  'A-Z_a-z\\u{c0}-\\u{d6}\\u{d8}-\\u{f6}\\u{f8}-\\u{2ff}\\u{370}-\\u{37d}\\u{37f}-\\u{1fff}\\u{200c}\\u{200d}' +
  '\\u{2070}-\\u{218f}\\u{2c00}-\\u{2fef}\\u{3001}-\\u{d7ff}\\u{f900}-\\u{fdcf}\\u{fdf0}-\\u{fffd}\\u{10000}-\\u{effff}'
const WHOLE_NAME = new RegExp(
  `^[${NAME_START_CHARACTERS}][${NAME_START_CHARACTERS}\\-.0-9\\u{b7}\\u{300}-\\u{36f}\\u{203f}\\u{2040}]*$`,
  'u',
)

/**
 * Names of elements and attributes, each made into a string once: on the hot path a name is a hash and a comparison
 * of bytes. Names that differ in case are told apart, and share their lower-case string.
 */
export class Names {
  /** By number: the name in lower case, and as written. Number 0 is no name. */
  readonly lower: string[] = ['']
  readonly written: string[] = ['']
  readonly #encoding: TextEncoding
  readonly #bytes: Uint8Array[] = [new Uint8Array(0)]
  readonly #hashes: number[] = [0]
  readonly #slots = new Int32Array(SLOTS)

  /** By number, twice: the name that came after this one's start tag last time, and after its end tag. */
  readonly followers = new Int32Array(2 * (NAMES_MAX + 1))

  constructor(encoding: TextEncoding) {
    this.#encoding = encoding
  }

  byteLength(name: number): number {
    return this.#bytes[name]!.length
  }

  hadUpperCase(name: number): boolean {
    return this.lower[name] !== this.written[name]
  }

  /** Index after the name where it is this one that stands at `from`; -1 where it is not, or `end` comes first. */
  match(name: number, bytes: Uint8Array, from: number, end: number): number {
    const known = this.#bytes[name]!
    const to = from + known.length
    if (to >= end || (CLASS[bytes[to]!]! & NAME) !== 0) return -1
    for (let index = 0; index < known.length; index++) {
      if (known[index] !== bytes[from + index]) return -1
    }
    return to
  }

  /** Number of the name between two indexes, whose hash the caller has counted; -1 where its bytes are not text. */
  find(bytes: Buffer, from: number, to: number, hash: number, place: Place): number {
    let slot = placeOf(hash)
    for (;;) {
      const name = this.#slots[slot]!
      if (name === 0) return this.#add(bytes, from, to, hash, slot, place)
      if (this.#hashes[name] === hash && this.#is(name, bytes, from, to)) return name
      slot = (slot + 1) & (SLOTS - 1)
    }
  }

  #is(name: number, bytes: Uint8Array, from: number, to: number): boolean {
    const known = this.#bytes[name]!
    if (known.length !== to - from) return false
    for (let index = 0; index < known.length; index++) {
      if (known[index] !== bytes[from + index]) return false
    }
    return true
  }

  #add(bytes: Buffer, from: number, to: number, hash: number, slot: number, place: Place): number {
    if (!this.#isText(bytes, from, to)) return -1
    const written = internal(characters(bytes, from, to, this.#encoding))
    if (!WHOLE_NAME.test(written)) throw new Malformed('NOT_WELL_FORMED', place, written, 'a name')
    if (this.lower.length > NAMES_MAX)
      throw new Malformed('LIMIT_EXCEEDED', place, 'different names', `at most ${NAMES_MAX}`)
    if (((slot - placeOf(hash)) & (SLOTS - 1)) > NAME_PROBES_MAX)
      throw new Malformed('LIMIT_EXCEEDED', place, 'names alike', `at most ${NAME_PROBES_MAX}`)
    const name = this.lower.length
    this.lower.push(internal(written.toLowerCase()))
    this.written.push(written)
    this.#bytes.push(Uint8Array.from(bytes.subarray(from, to)))
    this.#hashes.push(hash)
    this.#slots[slot] = name
    return name
  }

  #isText(bytes: Uint8Array, from: number, to: number): boolean {
    for (let index = from; index < to; index++) {
      const byte = bytes[index]!
      if (byte < 0x80) continue
      if (this.#encoding !== 'utf-8') {
        if (singleByte(byte, this.#encoding) === 0) return false
        continue
      }
      const length = sequenceAt(bytes, index, to)
      if (length <= 0) return false
      index += length - 1
    }
    return true
  }
}

function placeOf(hash: number): number {
  return (hash ^ (hash >>> 14)) & (SLOTS - 1)
}

/** The engine's own copy of a string, the one that literals in the code are: comparing the two is comparing pointers. */
function internal(text: string): string {
  return Object.keys({ [text]: 0 })[0] ?? text
}
