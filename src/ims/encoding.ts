import { sequenceAt } from './text.ts'
import type { TextEncoding } from './text.ts'
import { readFully } from './source.ts'
import type { ByteSource } from './source.ts'
import type { Problem } from '../roster/problem.ts'
import type { Place } from '../roster/record.ts'

/** What the bytes of a delivery are taken for. */
export interface EncodingFound {
  readonly encoding: TextEncoding
  /** False where nothing beyond ASCII was met so far: the first bytes that are no UTF-8 can still change it. */
  readonly certain: boolean
  readonly problems: readonly Problem[]
}

const LABELS: ReadonlyMap<string, TextEncoding> = new Map([
  ['utf-8', 'utf-8'],
  ['utf8', 'utf-8'],
  ['us-ascii', 'utf-8'],
  ['ascii', 'utf-8'],
  ['iso-8859-1', 'iso-8859-1'],
  ['iso8859-1', 'iso-8859-1'],
  ['iso_8859-1', 'iso-8859-1'],
  ['latin1', 'iso-8859-1'],
  ['latin-1', 'iso-8859-1'],
  ['iso-8859-15', 'iso-8859-15'],
  ['iso8859-15', 'iso-8859-15'],
  ['iso_8859-15', 'iso-8859-15'],
  ['latin9', 'iso-8859-15'],
  ['latin-9', 'iso-8859-15'],
  ['windows-1252', 'windows-1252'],
  ['cp1252', 'windows-1252'],
])

/**
 * Decides how the bytes are read: by byte order mark, declaration and the bytes themselves. UTF-8 (declared or
 * assumed) of which no sequence beyond ASCII is valid is windows-1252; a declared single-byte encoding whose bytes are
 * all valid UTF-8, some beyond ASCII, is UTF-8; so is declared UTF-16 whose bytes are not. For plain UTF-8 it looks no
 * further than the first character beyond ASCII, or the end of `head`.
 */
export function findEncoding(
  source: ByteSource,
  head: Uint8Array,
  declared: string | undefined,
  hasMark: boolean,
): EncodingFound | Problem {
  const label = (declared ?? 'utf-8').toLowerCase()
  const isSixteen = /^(utf-?16|ucs-?2|iso-10646-ucs-2)/.test(label)
  const encoding = isSixteen ? 'utf-8' : LABELS.get(label)
  const found = declared ?? ''
  const isUtf8 = (place: Place): EncodingFound => ({
    encoding: 'utf-8',
    certain: true,
    problems: [{ code: 'ENCODING_IS_UTF8', place, found }],
  })
  if (hasMark)
    return encoding === 'utf-8' && !isSixteen
      ? { encoding, certain: true, problems: [] }
      : isUtf8(0)
  if (encoding === undefined) return { code: 'ENCODING_UNKNOWN', place: 0, found }
  if (encoding === 'utf-8') {
    const read = utf8OrFallback(source, head, declared)
    return isSixteen && read.encoding === 'utf-8' ? { ...isUtf8(0), certain: read.certain } : read
  }
  const { firstValid, firstInvalid } = survey(source, 'invalid')
  if (firstValid >= 0 && firstInvalid < 0) return isUtf8(firstValid)
  return { encoding, certain: true, problems: [] }
}

function utf8OrFallback(
  source: ByteSource,
  head: Uint8Array,
  declared: string | undefined,
): EncodingFound {
  let wide = 0
  while (wide < head.length && head[wide]! < 0x80) wide++
  if (wide === head.length)
    return { encoding: 'utf-8', certain: head.length >= source.length, problems: [] }
  if (sequenceAt(head, wide, head.length) > 0)
    return { encoding: 'utf-8', certain: true, problems: [] }
  const fallback = findFallback(source, declared)
  if (fallback === undefined) return { encoding: 'utf-8', certain: true, problems: [] }
  return { encoding: 'windows-1252', certain: true, problems: [fallback] }
}

/** The warning that goes with reading a file as windows-1252; undefined where it holds any character of UTF-8 beyond ASCII. */
export function findFallback(
  source: ByteSource,
  declared: string | undefined,
): Problem | undefined {
  const { firstValid, firstInvalid } = survey(source, 'valid')
  if (firstValid >= 0 || firstInvalid < 0) return undefined
  return { code: 'ENCODING_FALLBACK', place: firstInvalid, found: declared ?? '' }
}

interface Survey {
  /** File offset of the first valid UTF-8 sequence beyond ASCII, and of the first bytes that are none; -1 for none. */
  readonly firstValid: Place
  readonly firstInvalid: Place
}

const BLOCK_BYTES = 1 << 20
const LONGEST_SEQUENCE = 4

/** What was surveyed already: a long prologue makes the encoding asked for once a window. */
const surveyed = {
  valid: new WeakMap<ByteSource, Survey>(),
  invalid: new WeakMap<ByteSource, Survey>(),
}

function survey(source: ByteSource, stopAt: 'valid' | 'invalid'): Survey {
  const known = surveyed[stopAt].get(source)
  if (known !== undefined) return known
  const found = goThrough(source, stopAt)
  surveyed[stopAt].set(source, found)
  return found
}

/** Goes through the file until it meets what it is told to stop at. */
function goThrough(source: ByteSource, stopAt: 'valid' | 'invalid'): Survey {
  // Whole words, and a byte more than the file: so a block that is not filled is the last.
  const block = new Uint8Array(Math.min(BLOCK_BYTES, (source.length + 4) & ~3))
  const words = new Uint32Array(block.buffer)
  let firstValid = -1
  let firstInvalid = -1
  for (let base = 0; ;) {
    const have = readFully(source, block, base)
    const isLast = have < block.length
    // A sequence that begins in the last bytes is left to the next block.
    const end = isLast ? have : have - LONGEST_SEQUENCE
    let at = 0
    while (at < end) {
      if (block[at]! < 0x80) {
        at++
        if ((at & 3) === 0) {
          let word = at >> 2
          while (word < words.length && (words[word]! & 0x80808080) === 0) word++
          at = word << 2
        }
        continue
      }
      const length = sequenceAt(block, at, have)
      if (length > 0) {
        if (firstValid < 0) firstValid = base + at
        if (stopAt === 'valid') return { firstValid, firstInvalid }
        at += length
      } else {
        if (firstInvalid < 0) firstInvalid = base + at
        if (stopAt === 'invalid') return { firstValid, firstInvalid }
        at++
      }
    }
    if (isLast) return { firstValid, firstInvalid }
    base += at
  }
}
