import { readFully } from './source.ts'
import type { ByteSource } from './source.ts'

const BLOCK_BYTES = 1 << 20
const MARK = 0xfeff

/** UTF-16 by its byte order mark or by the zeros beside its first character; undefined for everything else. */
export function utf16Of(source: ByteSource): 'utf-16le' | 'utf-16be' | undefined {
  const head = Buffer.alloc(2)
  if (readFully(source, head, 0) < 2) return undefined
  const [first = 0, second = 0] = head
  if ((first === 0xff && second === 0xfe) || (second === 0 && isFirst(first))) return 'utf-16le'
  if ((first === 0xfe && second === 0xff) || (first === 0 && isFirst(second))) return 'utf-16be'
  return undefined
}

/**
 * The same text in UTF-8, without byte order mark. A block at a time is in memory, however long the file is: asking for
 * the length goes through all of it once, and keeps where blocks begin. Half of a surrogate pair becomes bytes that are no
 * UTF-8, so that it is the problem of its record; so does an odd byte at the end.
 */
export function transcodeUtf16(
  source: ByteSource,
  encoding: 'utf-16le' | 'utf-16be',
  blockBytes = BLOCK_BYTES,
): ByteSource {
  return new Transcoded(source, encoding, blockBytes)
}

class Transcoded implements ByteSource {
  readonly #source: ByteSource
  readonly #isBig: boolean
  readonly #room: Buffer
  /** Of each block met so far: where it begins in the file, and in the text as UTF-8. */
  readonly #from: number[] = [0]
  readonly #to: number[] = [0]
  #isWhole = false
  /** The block that was transcoded last. */
  #current = -1
  #bytes: Buffer = Buffer.alloc(0)

  constructor(source: ByteSource, encoding: 'utf-16le' | 'utf-16be', blockBytes: number) {
    this.#source = source
    this.#isBig = encoding === 'utf-16be'
    this.#room = Buffer.allocUnsafeSlow(Math.min(blockBytes, source.length + 2) & ~1)
  }

  get length(): number {
    while (!this.#isWhole) this.#measure()
    return this.#to.at(-1) ?? 0
  }

  read(into: Uint8Array, at: number): number {
    while (!this.#isWhole && at >= (this.#to.at(-1) ?? 0)) this.#measure()
    const block = this.#blockAt(at)
    if (block === undefined) return 0
    if (block !== this.#current) {
      this.#current = block
      this.#bytes = utf8Of(this.#textOf(block))
    }
    const part = this.#bytes.subarray(at - (this.#to[block] ?? 0))
    const length = Math.min(part.length, into.length)
    into.set(part.subarray(0, length))
    return length
  }

  #blockAt(at: number): number | undefined {
    let low = 0
    let high = this.#to.length - 1
    if (at >= (this.#to[high] ?? 0)) return undefined
    while (low + 1 < high) {
      const middle = (low + high) >> 1
      if ((this.#to[middle] ?? 0) <= at) low = middle
      else high = middle
    }
    return low
  }

  /** Goes over one block more. */
  #measure(): void {
    const block = this.#from.length - 1
    const { text, oddBytes, isLast, bytes } = this.#textOf(block)
    this.#isWhole = isLast
    this.#from.push((this.#from[block] ?? 0) + bytes)
    // Half of a pair is three bytes, like the character that the engine writes in its place.
    this.#to.push((this.#to[block] ?? 0) + Buffer.byteLength(text) + oddBytes)
  }

  #textOf(block: number): Text {
    const from = this.#from[block] ?? 0
    const have = readFully(this.#source, this.#room, from)
    const isLast = from + have >= this.#source.length || have < this.#room.length
    let even = have & ~1
    const units = this.#room.subarray(0, even)
    if (this.#isBig) units.swap16()
    // A pair that the block would cut in two is left to the next.
    const tail = even === 0 ? 0 : units.readUInt16LE(even - 2)
    if (!isLast && tail >= 0xd800 && tail < 0xdc00 && even > 2) even -= 2
    const skip = from === 0 && even >= 2 && units.readUInt16LE(0) === MARK ? 2 : 0
    const text = units.toString('utf16le', skip, even)
    return { text, oddBytes: isLast ? have & 1 : 0, isLast, bytes: isLast ? have : even }
  }
}

interface Text {
  readonly text: string
  /** 1 where the file ends in the middle of a character. */
  readonly oddBytes: number
  readonly isLast: boolean
  /** Of the file. */
  readonly bytes: number
}

function utf8Of({ text, oddBytes }: Text): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text) + oddBytes)
  bytes.write(text)
  if (oddBytes > 0) bytes[bytes.length - 1] = 0xff
  if (!text.isWellFormed()) writeHalves(text, bytes)
  return bytes
}

/** Puts the bytes of half a pair where the engine wrote U+FFFD in its place. */
function writeHalves(text: string, bytes: Buffer): void {
  let at = 0
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    if (code >= 0xd800 && code < 0xe000) {
      bytes[at] = 0xe0 | (code >> 12)
      bytes[at + 1] = 0x80 | ((code >> 6) & 0x3f)
      bytes[at + 2] = 0x80 | (code & 0x3f)
    }
    at += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
  }
}

/** What a document begins with: a tag, or blanks before it. */
function isFirst(byte: number): boolean {
  return byte === 0x3c || byte === 0x20 || (byte >= 9 && byte <= 13)
}
