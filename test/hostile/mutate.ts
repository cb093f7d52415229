import { Draw } from './draw.ts'
import { pieces, type Piece } from './pieces.ts'
import { HOSTILE_TEXTS, LABELS } from './words.ts'

/** One way to damage a file. `others` are files to take something from. */
type Damage = (draw: Draw, bytes: Buffer, others: readonly Buffer[]) => Buffer

export interface Mutant {
  readonly bytes: Buffer
  /** Names of what was done to it, in order. */
  readonly damages: readonly string[]
}

/** Most damages of one file: with more, hardly anything is read past its beginning. */
const DAMAGES_MAX = 4

/** Damages a good file, once or up to four times. The same draw, file and others give the same bytes. */
export function mutate(draw: Draw, good: Buffer, others: readonly Buffer[]): Mutant {
  const damages: string[] = []
  let bytes = good
  for (let count = 1 + draw.below(draw.below(DAMAGES_MAX) + 1); count > 0; count--) {
    const name = draw.pick(NAMES)
    damages.push(name)
    const sixteen = sixteenOf(bytes)
    // Of UTF-16 the text is damaged as often as the bytes.
    if (sixteen === undefined || draw.onceIn(2)) bytes = DAMAGES[name]!(draw, bytes, others)
    else bytes = inSixteen(DAMAGES[name]!(draw, fromSixteen(bytes, sixteen), others), sixteen)
  }
  return { bytes, damages }
}

const put = (bytes: Buffer, at: number, take: number, piece: Uint8Array | string): Buffer =>
  Buffer.concat([
    bytes.subarray(0, at),
    typeof piece === 'string' ? Buffer.from(piece) : piece,
    bytes.subarray(at + take),
  ])

function span(draw: Draw, bytes: Buffer): { readonly at: number; readonly length: number } {
  const at = draw.below(bytes.length + 1)
  return { at, length: Math.min(bytes.length - at, draw.length(bytes.length)) }
}

const swap = (bytes: Buffer, one: Piece, other: Piece): Buffer => {
  const [first, second] = one.from <= other.from ? [one, other] : [other, one]
  if (first.to > second.from) return bytes
  return Buffer.concat([
    bytes.subarray(0, first.from),
    bytes.subarray(second.from, second.to),
    bytes.subarray(first.to, second.from),
    bytes.subarray(first.from, first.to),
    bytes.subarray(second.to),
  ])
}

/** Takes one of the pieces of a kind, and gives the bytes back as they were where there is none. */
const onPiece =
  (
    kind: Parameters<typeof pieces>[1],
    change: (draw: Draw, bytes: Buffer, piece: Piece, all: readonly Piece[]) => Buffer,
  ): Damage =>
  (draw, bytes) => {
    const all = pieces(bytes, kind)
    return all.length === 0 ? bytes : change(draw, bytes, draw.pick(all), all)
  }

const moved = (draw: Draw, bytes: Buffer, piece: Piece, all: readonly Piece[]): Buffer => {
  const cut = bytes.subarray(piece.from, piece.to)
  const rest = put(bytes, piece.from, piece.to - piece.from, '')
  const { from } = draw.pick(all)
  return put(rest, from > piece.from ? from - cut.length : from, 0, cut)
}

const DAMAGES: { readonly [name: string]: Damage } = {
  'a byte is flipped': (draw, bytes) => {
    const copy = Buffer.from(bytes)
    for (let count = draw.length(16); count > 0; count--) {
      const at = draw.below(copy.length)
      copy[at] = (copy[at] ?? 0) ^ (1 << draw.below(8))
    }
    return copy
  },
  'a byte is another': (draw, bytes) => {
    const copy = Buffer.from(bytes)
    if (copy.length > 0) copy[draw.below(copy.length)] = draw.below(256)
    return copy
  },
  'the end is cut off': (draw, bytes) => bytes.subarray(0, draw.below(bytes.length + 1)),
  'a piece is cut out': (draw, bytes) => {
    const { at, length } = span(draw, bytes)
    return put(bytes, at, length, '')
  },
  'a piece comes twice': (draw, bytes) => {
    const { at, length } = span(draw, bytes)
    return put(bytes, at, 0, bytes.subarray(at, at + length))
  },
  'a piece of another file comes in': (draw, bytes, others) => {
    const other = draw.pick(others)
    const { at, length } = span(draw, other)
    const into = span(draw, bytes)
    return put(bytes, into.at, draw.pick([0, into.length]), other.subarray(at, at + length))
  },
  'a record of another file comes in': (draw, bytes, others) => {
    const other = draw.pick(others)
    const theirs = pieces(other, 'record')
    const ours = pieces(bytes, 'record')
    if (theirs.length === 0 || ours.length === 0) return bytes
    const { from, to } = draw.pick(theirs)
    return put(bytes, draw.pick(ours).from, 0, other.subarray(from, to))
  },
  'two tags are exchanged': onPiece('tag', (draw, bytes, tag, all) =>
    swap(bytes, tag, draw.pick(all)),
  ),
  'a tag is missing': onPiece('tag', (_draw, bytes, { from, to }) =>
    put(bytes, from, to - from, ''),
  ),
  'a tag comes twice': onPiece('tag', (_draw, bytes, { from, to }) =>
    put(bytes, from, 0, bytes.subarray(from, to)),
  ),
  'a name is in other case': onPiece('name', (draw, bytes, { from, to }) => {
    const name = bytes.toString('latin1', from, to)
    return put(
      bytes,
      from,
      to - from,
      draw.onceIn(2) ? name.toUpperCase() : name.charAt(0).toUpperCase() + name.slice(1),
    )
  }),
  'two names are exchanged': onPiece('name', (draw, bytes, name, all) =>
    swap(bytes, name, draw.pick(all)),
  ),
  'two attributes are exchanged': onPiece('attribute', (draw, bytes, one, all) =>
    swap(bytes, one, draw.pick(all)),
  ),
  'an attribute comes twice': onPiece('attribute', (_draw, bytes, { from, to }) =>
    put(bytes, from, 0, bytes.subarray(from, to)),
  ),
  'an attribute comes in': onPiece('name', (draw, bytes, { to }) =>
    put(
      bytes,
      to,
      0,
      ` ${draw.pick(['recstatus', 'x', 'xmlns', 'xmlns:p', 'p:x', 'roletype', 'level'])}=${draw.pick(['"3"', "'1'", '"urn:x"', '""', '"&#9;"', '"', '"a<b"'])}`,
    ),
  ),
  'two texts are exchanged': onPiece('text', (draw, bytes, one, all) =>
    swap(bytes, one, draw.pick(all)),
  ),
  'a text is that of another': onPiece('text', (draw, bytes, { from, to }, all) => {
    const other = draw.pick(all)
    return put(bytes, from, to - from, bytes.subarray(other.from, other.to))
  }),
  'a text is hostile': onPiece('text', (draw, bytes, { from, to }) =>
    put(bytes, draw.pick([from, to]), draw.onceIn(2) ? 0 : 1, draw.pick(HOSTILE_TEXTS)),
  ),
  'hostile text stands somewhere': (draw, bytes) =>
    put(bytes, draw.below(bytes.length + 1), draw.below(3), draw.pick(HOSTILE_TEXTS)),
  'a record is hidden in a comment or CDATA': onPiece('record', (draw, bytes, { from, to }) => {
    const [open, close] = draw.pick([
      ['<!--', '-->'],
      ['<![CDATA[', ']]>'],
      ['<x>', '</x>'],
      ['<?x ', '?>'],
    ] as const)
    return put(put(bytes, to, 0, close), from, 0, open)
  }),
  'a record is moved': onPiece('record', moved),
  'a line is moved': onPiece('line', moved),
  'a record comes twice': onPiece('record', (draw, bytes, { from, to }, all) =>
    put(bytes, draw.pick(all).from, 0, bytes.subarray(from, to)),
  ),
  'records are exchanged': onPiece('record', (draw, bytes, one, all) =>
    swap(bytes, one, draw.pick(all)),
  ),
  'a record is missing': onPiece('record', (_draw, bytes, { from, to }) =>
    put(bytes, from, to - from, ''),
  ),
  'the encoding is mislabelled': (draw, bytes) => {
    const head = bytes.toString('latin1', 0, Math.min(200, bytes.length))
    const declared = /encoding\s*=\s*(["'])(.*?)\1/.exec(head)
    const label = draw.pick(LABELS)
    if (declared === null) return put(bytes, 0, 0, `<?xml version="1.0" encoding="${label}"?>`)
    const name = declared[2] ?? ''
    return put(bytes, declared.index + declared[0].length - 1 - name.length, name.length, label)
  },
  'the bytes are in another encoding': (draw, bytes) => {
    const text = bytes.toString(draw.pick(['utf8', 'latin1']))
    return draw.pick([
      Buffer.from(text, 'latin1'),
      Buffer.from(text),
      Buffer.from(text, 'utf16le'),
      Buffer.from(`\ufeff${text}`, 'utf16le'),
    ])
  },
  'a byte order mark stands somewhere': (draw, bytes) =>
    put(
      bytes,
      draw.pick([0, draw.below(bytes.length + 1)]),
      0,
      Buffer.from(draw.pick(['efbbbf', 'fffe', 'feff', '0000feff', 'efbbbfefbbbf']), 'hex'),
    ),
  'zero bytes stand somewhere': (draw, bytes) =>
    put(
      bytes,
      draw.pick([0, bytes.length, draw.below(bytes.length + 1)]),
      0,
      Buffer.alloc(draw.length(64)),
    ),
}

export const NAMES: readonly string[] = Object.keys(DAMAGES)

type Sixteen = 'utf-16le' | 'utf-16be'

function sixteenOf(bytes: Buffer): Sixteen | undefined {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0x3c && bytes[1] === 0))
    return 'utf-16le'
  if ((bytes[0] === 0xfe && bytes[1] === 0xff) || (bytes[0] === 0 && bytes[1] === 0x3c))
    return 'utf-16be'
  return undefined
}

const even = (bytes: Buffer): Buffer => Buffer.from(bytes.subarray(0, bytes.length & ~1))

function fromSixteen(bytes: Buffer, sixteen: Sixteen): Buffer {
  const little = sixteen === 'utf-16le' ? bytes : even(bytes).swap16()
  return Buffer.from(little.toString('utf16le'))
}

function inSixteen(bytes: Buffer, sixteen: Sixteen): Buffer {
  const little = Buffer.from(bytes.toString(), 'utf16le')
  return sixteen === 'utf-16le' ? little : little.swap16()
}
