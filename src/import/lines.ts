import { tmpdir } from 'node:os'
import type { ImsFrame } from '../ims/records.ts'
import type { ByteSource } from '../ims/source.ts'
import type { Place } from '../roster/record.ts'
import { utf8Source } from './file-source.ts'
import { openKept } from './kept.ts'

/** Where a byte stands for a person with an editor: both from 1, columns in characters. */
export interface LineColumn {
  readonly line: number
  readonly column: number
}

const WINDOW_BYTES = 1024 * 1024
const LINE_FEED = 10
/** One byte of the UTF-8 form is at most two of UTF-16. */
const UTF16_FACTOR = 2

/**
 * Lines and columns of places in a delivery, counted in one pass over its bytes up to the last of them. Places in a
 * delivery in UTF-16 are those in its UTF-8 form; in a packed one, those in what was packed, of which no more is
 * unpacked than is counted. Throws ERR_FILE_UNREADABLE.
 */
export async function linesOf(
  file: string,
  encoding: ImsFrame['encoding'],
  places: Iterable<Place>,
): Promise<ReadonlyMap<Place, LineColumn>> {
  const counter = new LineCounter(!encoding.startsWith('utf-'), places)
  if (counter.isDone) return counter.found
  const upTo = UTF16_FACTOR * (counter.last + WINDOW_BYTES)
  const delivery = await openKept(file, { upTo, folder: tmpdir() })
  const { content } = delivery
  try {
    if ('code' in content) return counter.found
    for (const bytes of pieces(content)) {
      counter.count(bytes)
      if (counter.isDone) break
    }
    counter.end()
  } finally {
    delivery.close()
  }
  return counter.found
}

function* pieces(file: ByteSource): Generator<Uint8Array, void> {
  const { source } = utf8Source(file)
  const window = new Uint8Array(WINDOW_BYTES)
  for (let at = 0; ;) {
    const length = source.read(window, at)
    if (length === 0) return
    yield window.subarray(0, length)
    at += length
  }
}

/** Counts lines and columns over bytes that come in pieces. */
export class LineCounter {
  readonly found = new Map<Place, LineColumn>()
  readonly #wanted: readonly Place[]
  readonly #isSingleByte: boolean
  #next = 0
  #offset = 0
  #line = 1
  #column = 1

  /** @param isSingleByte Every byte is a character; otherwise continuation bytes of UTF-8 are none. */
  constructor(isSingleByte: boolean, places: Iterable<Place>) {
    this.#wanted = [...new Set(places)].toSorted((a, b) => a - b)
    this.#isSingleByte = isSingleByte
  }

  get isDone(): boolean {
    return this.#next >= this.#wanted.length
  }

  /** The place that is looked for last. */
  get last(): Place {
    return this.#wanted.at(-1) ?? 0
  }

  count(bytes: Uint8Array): void {
    let at = 0
    while (!this.isDone) {
      const wanted = (this.#wanted[this.#next] as number) - this.#offset
      const to = Math.min(wanted, bytes.length)
      this.#pass(bytes, at, to)
      at = to
      if (wanted >= bytes.length) break
      this.#note()
    }
    this.#offset += bytes.length
  }

  /** Places at or behind the end of the file stand at its end. */
  end(): void {
    while (!this.isDone) this.#note()
  }

  #note(): void {
    const place = this.#wanted[this.#next++] as number
    this.found.set(place, { line: this.#line, column: this.#column })
  }

  #pass(bytes: Uint8Array, from: number, to: number): void {
    let line = this.#line
    let column = this.#column
    // A byte order mark takes no column.
    const hasMark =
      this.#offset === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
    for (let at = hasMark ? Math.max(from, 3) : from; at < to; at++) {
      const byte = bytes[at] as number
      if (byte === LINE_FEED) {
        line++
        column = 1
      } else if (this.#isSingleByte || (byte & 0xc0) !== 0x80) column++
    }
    this.#line = line
    this.#column = column
  }
}
