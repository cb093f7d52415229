/** What each byte can be in XML. One table, so that the hot loops of the tokeniser test one bit a byte. */

export const TAB = 0x09
export const LINE_FEED = 0x0a
export const RETURN = 0x0d
export const SPACE = 0x20
export const BANG = 0x21
export const QUOTE = 0x22
export const HASH = 0x23
export const AMPERSAND = 0x26
export const APOSTROPHE = 0x27
export const HYPHEN = 0x2d
export const SLASH = 0x2f
export const COLON = 0x3a
export const SEMICOLON = 0x3b
export const LESS = 0x3c
export const EQUALS = 0x3d
export const GREATER = 0x3e
export const QUESTION = 0x3f
export const OPEN_BRACKET = 0x5b
export const CLOSE_BRACKET = 0x5d

/** May start a name; bytes of other scripts are looked at again where the name is new. */
export const NAME_START = 1
/** May stand in a name. */
export const NAME = 2
export const BLANK = 4
/** Text cannot be run over without a look at this byte. */
export const TEXT_STOP = 8
/** Nor a value of an attribute. */
export const VALUE_STOP = 16
/** Nor the inside of a comment, instruction or CDATA section. */
export const INSIDE_STOP = 32
/** Not a character of XML 1.0 at all. */
export const FORBIDDEN = 64

export const CLASS: Uint8Array = classes()

function classes(): Uint8Array {
  const table = new Uint8Array(256)
  const add = (from: number, to: number, bits: number): void => {
    for (let byte = from; byte <= to; byte++) table[byte] = (table[byte] ?? 0) | bits
  }
  const one = (text: string, bits: number): void => {
    for (const character of text) add(character.charCodeAt(0), character.charCodeAt(0), bits)
  }
  add(0x41, 0x5a, NAME_START | NAME)
  add(0x61, 0x7a, NAME_START | NAME)
  one('_', NAME_START | NAME)
  add(0x30, 0x39, NAME)
  one('-.:', NAME)
  add(0x80, 0xff, NAME_START | NAME | TEXT_STOP | VALUE_STOP | INSIDE_STOP)
  add(0x00, 0x1f, TEXT_STOP | VALUE_STOP | INSIDE_STOP | FORBIDDEN)
  for (const byte of [TAB, LINE_FEED, RETURN]) table[byte] = BLANK | VALUE_STOP
  one(' ', BLANK)
  one('\r', TEXT_STOP | INSIDE_STOP)
  one('<&', TEXT_STOP | VALUE_STOP)
  one(']', TEXT_STOP | INSIDE_STOP)
  one('"\'', VALUE_STOP)
  one('-?', INSIDE_STOP)
  return table
}
