/** Where something of a kind stands in a file, found roughly: the file may be damaged already. */
export interface Piece {
  readonly from: number
  readonly to: number
}

const PATTERNS = {
  tag: /<[^>]*>/g,
  name: /(?<=<\/?)[A-Za-z][\w:.-]*/g,
  attribute: /(?<=\s)[A-Za-z][\w:.-]*\s*=\s*(?:"[^"]*"|'[^']*')/g,
  text: /(?<=>)[^<>]+(?=<)/g,
  line: /[^\n]+\n/g,
  record:
    /<((?:\w+:)?(?:person|group|membership|properties|relation|organization|ou))(?=[\s>])[^]*?<\/\1\s*>/gi,
} as const

/** All pieces of a kind, in order. */
export function pieces(bytes: Buffer, kind: keyof typeof PATTERNS): readonly Piece[] {
  const text = bytes.toString('latin1')
  return Array.from(text.matchAll(PATTERNS[kind]), ({ 0: piece, index }) => ({
    from: index,
    to: index + piece.length,
  }))
}
