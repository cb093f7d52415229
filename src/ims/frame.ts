import { BLANK, CLASS, LESS } from './bytes.ts'
import { readDeclaration } from './declaration.ts'
import { ABC_ENCODING, findDialect, isAbcRoot } from './dialect.ts'
import { findEncoding } from './encoding.ts'
import { Malformed } from './malformed.ts'
import type { ImsFrame } from './records.ts'
import type { ByteSource } from './source.ts'
import { COMMENT, DOCTYPE, INSTRUCTION, MORE, START, TEXT } from './tokens.ts'
import type { Tokens } from './tokens.ts'
import type { Problem } from '../roster/problem.ts'
import type { Window } from './window.ts'

/** Most bytes that may stand before the first `<`, such as what is left of an upload form. */
export const PREAMBLE_BYTES_MAX = 4096

export interface FrameRead {
  readonly frame: ImsFrame
  /** False where the encoding can still turn out to be another (`EncodingFound`). */
  readonly certain: boolean
  /** Bytes of the root's name, as its end tag must repeat them. */
  readonly rootName: Buffer
  /** Window index after the root's start tag. */
  readonly stop: number
  /** The root is one self-closing tag. */
  readonly isClosed: boolean
}

interface Preamble {
  readonly hasMark: boolean
  /** Window index of the first `<`. */
  readonly open: number
  readonly problems: readonly Problem[]
}

/**
 * Reads everything up to the root's start tag from a window that begins at the file's first byte, and sets the tokens'
 * encoding. Gives undefined where the window ends before that; throws `Malformed` where the delivery is refused.
 */
export function readFrame(
  source: ByteSource,
  window: Window,
  tokens: Tokens,
  transcodedFrom: 'utf-16le' | 'utf-16be' | undefined,
): FrameRead | undefined {
  const bytes = window.bytes
  const preamble = readPreamble(bytes, window.atEnd)
  if (preamble === undefined) return undefined
  const { open, hasMark } = preamble
  // The declaration has to be whole, or it would pass for an instruction.
  if (bytes.indexOf('>', open) < 0 && !window.atEnd) return undefined
  const declaration = readDeclaration(bytes, open)
  if (declaration === 'wrong')
    throw new Malformed('NOT_WELL_FORMED', open, 'an XML declaration written wrongly')
  const declared = declaration?.encoding
  let encoding =
    transcodedFrom === undefined
      ? findEncoding(source, bytes, declared, hasMark)
      : ({ encoding: 'utf-8', certain: true, problems: [] } as const)
  if ('code' in encoding)
    throw new Malformed(encoding.code, encoding.place, encoding.found ?? '', encoding.expected)
  const from = declaration?.stop ?? open
  tokens.encoding = encoding.encoding
  tokens.reset(bytes, from, bytes.length, 0)
  let documentType = readToRoot(tokens)
  if (documentType === 'more') return undefined
  const saysNothing = declared === undefined && !hasMark && transcodedFrom === undefined
  if (saysNothing && isAbcRoot(tokens.localName, namespaceOf(tokens))) {
    // Only its root tells that the file is of a dialect with another encoding than XML's own.
    const its = findEncoding(source, bytes, ABC_ENCODING, false)
    if (!('code' in its)) {
      encoding = its
      tokens.encoding = its.encoding
      tokens.reset(bytes, from, bytes.length, 0)
      documentType = readToRoot(tokens)
      if (documentType === 'more') return undefined
    }
  }
  const problems = [
    ...preamble.problems.filter(
      ({ code }) => code !== 'BLANKS_BEFORE_DECLARATION' || declaration !== undefined,
    ),
    ...encoding.problems,
  ]
  if (documentType !== undefined) problems.push(documentType)
  const place = tokens.start
  if (tokens.badText) throw new Malformed('ENCODING_INVALID', place, 'the first tag')
  const root = tokens.localName
  const namespace = namespaceOf(tokens)
  const dialect = findDialect(root, namespace, place)
  if ('code' in dialect)
    throw new Malformed(dialect.code, place, dialect.found ?? '', dialect.expected)
  return {
    frame: {
      encoding: transcodedFrom ?? encoding.encoding,
      ...(declared === undefined ? {} : { declaredEncoding: declared }),
      root,
      namespace,
      dialect: dialect.dialect,
      problems: [...problems, ...dialect.problems],
    },
    certain: encoding.certain,
    rootName: Buffer.from(bytes.subarray(place + 1, tokens.nameStop)),
    stop: tokens.stop,
    isClosed: tokens.isSelfClosing,
  }
}

/** The namespace of the current start tag. */
function namespaceOf(tokens: Tokens): string {
  const { rawName } = tokens
  const declares = rawName.includes(':')
    ? `xmlns:${rawName.slice(0, rawName.indexOf(':'))}`
    : 'xmlns'
  return tokens.attributes().find((one) => one.rawName === declares)?.value ?? ''
}

/** Byte order mark, blanks, and stray text before the first `<`. */
function readPreamble(bytes: Buffer, atEnd: boolean): Preamble | undefined {
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  const from = hasMark ? 3 : 0
  let at = from
  while (at < bytes.length && (CLASS[bytes[at]!]! & BLANK) !== 0) at++
  if (at === bytes.length) {
    if (atEnd) throw new Malformed('FILE_EMPTY', 0, `${bytes.length} bytes`)
    return undefined
  }
  const problems: Problem[] = []
  if (at > from) problems.push({ code: 'BLANKS_BEFORE_DECLARATION', place: from })
  if (bytes[at] === LESS) return { hasMark, open: at, problems }
  const open = bytes.indexOf('<', at)
  if (open < 0 || open - at > PREAMBLE_BYTES_MAX) {
    if (!atEnd && bytes.length - at <= PREAMBLE_BYTES_MAX) return undefined
    throw new Malformed('NOT_WELL_FORMED', at, 'text', '<')
  }
  if (bytes.subarray(at, open).includes(0))
    throw new Malformed('NOT_WELL_FORMED', at, 'a zero byte')
  const found = bytes.toString('latin1', at, Math.min(open, at + 40)).trim()
  return { hasMark, open, problems: [{ code: 'TEXT_BEFORE_DOCUMENT', place: at, found }] }
}

/** Runs to the root's start tag; gives the notice about a document type on the way. */
function readToRoot(tokens: Tokens): Problem | 'more' | undefined {
  let documentType: Problem | undefined
  for (;;) {
    const token = tokens.next()
    switch (token) {
      case MORE:
        return 'more'
      case START:
        return documentType
      case COMMENT:
      case INSTRUCTION:
        break
      case DOCTYPE:
        if (documentType !== undefined)
          throw new Malformed('NOT_WELL_FORMED', tokens.start, 'a second document type')
        documentType = { code: 'DOCTYPE_IGNORED', place: tokens.start, found: tokens.text().trim() }
        break
      default:
        if (token === TEXT && tokens.textIsBlank()) break
        throw new Malformed('NOT_WELL_FORMED', tokens.start, 'text before the first element')
    }
  }
}
