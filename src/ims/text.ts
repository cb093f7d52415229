import { CLASS, HASH, NAME, SEMICOLON } from './bytes.ts'
import { Malformed } from './malformed.ts'
import type { Place } from '../roster/record.ts'

/** Encodings that the tokeniser reads as they are. UTF-16 is turned into UTF-8 before (`encoding.ts`). */
export type TextEncoding = 'utf-8' | 'iso-8859-1' | 'iso-8859-15' | 'windows-1252'

/** What the scan of a text saw, so that decoding does only what is needed. */
export const HAS_REFERENCE = 1
export const HAS_RETURN = 2
export const HAS_WIDE = 4
export const IS_BLANK = 8
/** A line feed or tab in a value of an attribute: each becomes a space. */
export const HAS_BREAK = 16

/** Of 0x80–0x9f, after the WHATWG table; 0 where windows-1252 has no character. ISO-8859-1 is read so too: no sender means C1 controls. */
// prettier-ignore
const WINDOWS_1252 = [
  0x20ac, 0, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0, 0x17d, 0,
  0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0, 0x17e, 0x178,
]
const ISO_8859_15: ReadonlyMap<number, number> = new Map([
  [0xa4, 0x20ac],
  [0xa6, 0x160],
  [0xa8, 0x161],
  [0xb4, 0x17d],
  [0xb8, 0x17e],
  [0xbc, 0x152],
  [0xbd, 0x153],
  [0xbe, 0x178],
])

/** The Unicode character of a byte of a single-byte encoding; 0 where there is none. */
export function singleByte(byte: number, encoding: TextEncoding): number {
  if (byte < 0x80) return byte
  if (byte < 0xa0) return WINDOWS_1252[byte - 0x80] ?? 0
  return encoding === 'iso-8859-15' ? (ISO_8859_15.get(byte) ?? byte) : byte
}

/**
 * Length of the well-formed UTF-8 sequence that starts with the non-ASCII byte at `at`: 2 to 4; 0 where it is not
 * well-formed (overlong, surrogate, beyond U+10FFFF, cut off); -1 where `end` comes before that is known.
 */
export function sequenceAt(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at] ?? 0
  if (first < 0xc2 || first > 0xf4) return 0
  if (at + 1 >= end) return -1
  const second = bytes[at + 1] ?? 0
  if (first < 0xe0) return (second & 0xc0) === 0x80 ? 2 : 0
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  if (second < low || second > high) return 0
  const length = first < 0xf0 ? 3 : 4
  for (let index = 2; index < length; index++) {
    if (at + index >= end) return -1
    if (((bytes[at + index] ?? 0) & 0xc0) !== 0x80) return 0
  }
  return length
}

/** XML 1.0, production 2. */
function isCharacter(code: number): boolean {
  if (code < 0x20) return code === 0x09 || code === 0x0a || code === 0x0d
  return (
    code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff)
  )
}

/** Longer than any reference that means something, however many zeros it starts with. */
const REFERENCE_BYTES_MAX = 64
const REFERENCE = /&(?:#x([0-9a-fA-F]+)|#([0-9]+)|([a-z]+));/g
const PREDEFINED: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['apos', "'"],
  ['quot', '"'],
])

const PREDEFINED_BYTES = Array.from(PREDEFINED.keys(), (name) => Buffer.from(name))

/**
 * Checks the reference whose ampersand stands at `at` and gives the index after its semicolon, or -1 where the
 * window ends inside it. Throws `Malformed` for a bare ampersand, an entity that XML does not define, and a
 * reference to what is no character.
 */
export function referenceEnd(bytes: Buffer, at: number, end: number, place: Place): number {
  let index = at + 1
  const isNumber = bytes[index] === HASH
  // No text is made of it unless it is wrong: a hostile file has nothing but references.
  const code = isNumber ? numberAfter(bytes, index + 1, end) : 0
  while (index < end && index - at <= REFERENCE_BYTES_MAX) {
    const byte = bytes[index] ?? 0
    if (byte !== HASH && ((CLASS[byte] ?? 0) & NAME) === 0) break
    index++
  }
  if (index >= end) return -1
  if (bytes[index] !== SEMICOLON || index === at + 1)
    throw new Malformed('NOT_WELL_FORMED', place, '&')
  if (isNumber ? isCharacter(code) : isPredefined(bytes, at + 1, index)) return index + 1
  const name = bytes.toString('latin1', at + 1, index)
  if (isNumber || name.includes('#') || !/^[A-Za-z_:\x80-\xff]/.test(name))
    throw new Malformed('NOT_WELL_FORMED', place, `&${name};`)
  throw new Malformed('ENTITY_UNKNOWN', place, `&${name};`)
}

/** What `&#` is followed by, up to a semicolon; 0, which is no character, where that is no number. */
function numberAfter(bytes: Buffer, from: number, end: number): number {
  const isHex = bytes[from] === 0x78
  const first = isHex ? from + 1 : from
  let code = 0
  for (let at = first; at < end && at - from <= REFERENCE_BYTES_MAX; at++) {
    const byte = bytes[at]!
    if (byte === SEMICOLON) return at === first ? 0 : code
    const digit = DIGIT[byte]!
    if (digit > (isHex ? 15 : 9)) return 0
    // No more than has to be told from the last character.
    code = Math.min(code * (isHex ? 16 : 10) + digit, 0x7fffffff)
  }
  return 0
}

const NO_DIGIT = 255
/** The value of each byte as a hexadecimal digit. */
const DIGIT = Uint8Array.from({ length: 256 }, (_, byte) => {
  const digit = Number.parseInt(String.fromCharCode(byte), 16)
  return Number.isNaN(digit) ? NO_DIGIT : digit
})

/** `lt`, `gt`, `amp`, `apos` or `quot`. */
function isPredefined(bytes: Buffer, from: number, to: number): boolean {
  for (const name of PREDEFINED_BYTES) {
    if (name.length !== to - from) continue
    let at = 0
    while (at < name.length && name[at] === bytes[from + at]) at++
    if (at === name.length) return true
  }
  return false
}

function codeOf(hexadecimal: string | undefined, decimal: string | undefined): number {
  return hexadecimal === undefined ? Number(decimal) : Number.parseInt(hexadecimal, 16)
}

function referred(whole: string, hexadecimal?: string, decimal?: string, name?: string): string {
  if (name !== undefined) return PREDEFINED.get(name) ?? whole
  return String.fromCodePoint(codeOf(hexadecimal, decimal))
}

/** Text between two indexes as characters, nothing resolved. Bytes that are none become U+FFFD. */
export function characters(
  bytes: Buffer,
  from: number,
  to: number,
  encoding: TextEncoding,
): string {
  if (encoding === 'utf-8') return bytes.toString('utf8', from, to)
  const plain = bytes.toString('latin1', from, to)
  // oxlint-disable-next-line no-control-regex -- the C1 range is what this is about
  return plain.replace(encoding === 'iso-8859-15' ? /[\x80-\xbe]/g : /[\x80-\x9f]/g, (character) =>
    String.fromCharCode(singleByte(character.charCodeAt(0), encoding) || 0xfffd),
  )
}

/** Decodes what was scanned and checked before: characters, line ends (XML 1.0, 2.11), references. */
export function decodeText(
  bytes: Buffer,
  from: number,
  to: number,
  flags: number,
  encoding: TextEncoding,
): string {
  let text =
    (flags & HAS_WIDE) === 0
      ? bytes.toString('latin1', from, to)
      : characters(bytes, from, to, encoding)
  if ((flags & HAS_RETURN) !== 0) text = text.replace(/\r\n?/g, '\n')
  if ((flags & HAS_BREAK) !== 0) text = text.replace(/[\t\n]/g, ' ')
  // References last: what they stand for is not normalised.
  if ((flags & HAS_REFERENCE) !== 0) text = text.replace(REFERENCE, referred)
  return text
}
