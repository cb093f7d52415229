/** Kinds of tokens. */

/** The window ended inside a token or between two: try again with more bytes. */
export const MORE = 0
export const START = 1
export const END = 2
/** Text, or one CDATA section. */
export const TEXT = 3
export const COMMENT = 4
export const INSTRUCTION = 5
export const DOCTYPE = 6
