import { BLANK, CLASS, GREATER, LESS, SLASH } from './bytes.ts'
import { findFallback } from './encoding.ts'
import { readFrame } from './frame.ts'
import type { FrameRead } from './frame.ts'
import type { ReadLimits } from './limits.ts'
import { MemberShapes } from './member-shapes.ts'
import type { ReadContext } from './reading.ts'
import type { ImsFrame, ImsProperties, ImsSink } from './records.ts'
import type { ByteSource } from './source.ts'
import { COMMENT, DOCTYPE, INSTRUCTION, MORE, Malformed, START, TEXT, Tokens } from './tokens.ts'
import { Window } from './window.ts'

export interface WalkOptions {
  /** Bytes read at a time. */
  readonly windowBytes?: number
  /** The source is what `transcodeUtf16` made of a file in UTF-16: what it declares is not what it is. */
  readonly transcodedFrom?: 'utf-16le' | 'utf-16be'
}

/** What a dialect does with the elements right below the root. Both give the window index behind; -1 for more. */
export interface Elements {
  /** Whatever stands at `at`: a dialect that knows no shortcut hands it to `Walk.other`. */
  at(at: number): number
  /** The tokens are on the start tag of an element that begins at `at`. */
  element(at: number): number
  /** The window has moved: indexes into it mean something else. */
  moved(): void
}

const WINDOW_BYTES = 8 * 1024 * 1024
/** Most different unknown elements beside the records that are named. */
const UNKNOWN_NAMES_MAX = 20

/**
 * One pass over a delivery, whatever its dialect: the frame, one element below the root after the other, what stands
 * between them, the end. Throws `Malformed` where the delivery is refused.
 */
export class Walk {
  readonly window: Window
  readonly tokens: Tokens
  context: ReadContext
  readonly #source: ByteSource
  readonly #limits: ReadLimits
  readonly #sink: ImsSink
  readonly #options: WalkOptions
  readonly #unknownNames = new Set<string>()
  #frame: ImsFrame | undefined
  #rootName: Buffer = Buffer.alloc(0)
  #certain = true
  #hasProperties = false
  #hasStrayText = false

  constructor(source: ByteSource, limits: ReadLimits, sink: ImsSink, options: WalkOptions) {
    this.#source = source
    this.#limits = limits
    this.#sink = sink
    this.#options = options
    this.window = new Window(source, options.windowBytes ?? WINDOW_BYTES, limits.recordBytesMax)
    this.tokens = new Tokens(limits)
    this.context = {
      datasource: undefined,
      limits,
      dialect: '',
      base: 0,
      shapes: new MemberShapes(),
    }
  }

  get bytesRead(): number {
    return this.window.base + this.window.bytes.length
  }

  /** Everything up to behind the root's start tag. */
  *openRoot(): Generator<number, FrameRead> {
    const { deliveryBytesMax } = this.#limits
    const { length } = this.#source
    if (length > deliveryBytesMax)
      throw new Malformed('LIMIT_EXCEEDED', 0, `${length} bytes`, `at most ${deliveryBytesMax}`)
    this.window.fill(0)
    for (;;) {
      const root = readFrame(this.#source, this.window, this.tokens, this.#options.transcodedFrom)
      if (root !== undefined) {
        this.#certain = root.certain
        this.#frame = root.frame
        this.#rootName = root.rootName
        this.context = { ...this.context, dialect: root.frame.dialect }
        this.#sink.frame(root.frame)
        return root
      }
      yield* this.#more(0, undefined)
    }
  }

  /** From behind the root's start tag to the end of the file. */
  *content(root: FrameRead, elements: Elements): Generator<number, void> {
    let at = root.stop
    if (!root.isClosed) at = yield* this.#inRoot(at, elements)
    yield* this.#afterRoot(at)
    if (!this.#hasProperties) this.#sink.problem({ code: 'PROPERTIES_MISSING', place: 0 })
  }

  *#inRoot(from: number, elements: Elements): Generator<number, number> {
    const { window } = this
    for (let at = from; ;) {
      at = skipBlanks(window.bytes, at)
      let next = -1
      if (at + 1 < window.bytes.length) {
        if (window.bytes[at] === LESS && window.bytes[at + 1] === SLASH) {
          next = this.#rootEnd(at)
          if (next >= 0) return next
        } else {
          next = elements.at(at)
        }
      }
      if (next >= 0) {
        at = next
      } else {
        yield* this.#more(at, elements)
        at = 0
      }
    }
  }

  /** Index after the root's end tag; -1 for more. */
  #rootEnd(at: number): number {
    const { bytes } = this.window
    const rootName = this.#rootName
    const nameStop = at + 2 + rootName.length
    const stop = skipBlanks(bytes, nameStop)
    if (stop >= bytes.length) return -1
    if (
      bytes.compare(rootName, 0, rootName.length, at + 2, nameStop) === 0 &&
      bytes[stop] === GREATER
    )
      return stop + 1
    const found = bytes.toString('latin1', at, Math.min(at + 40, bytes.length))
    throw this.#wrong(at, found, this.#rootEndTag())
  }

  #rootEndTag(): string {
    const name = this.#rootName.toString('latin1')
    return `</${name === '' ? 'enterprise' : name}>`
  }

  /** To the end of the element, wherever its reader stopped. False for more. */
  toEnd(): boolean {
    while (this.tokens.depth > 0) if (this.tokens.next() === MORE) return false
    return true
  }

  /** What stands between records, or one whose element is not known beforehand. Index after it; -1 for more. */
  other(at: number, elements: Elements): number {
    const { tokens } = this
    const { bytes, base } = this.window
    tokens.reset(bytes, at, bytes.length, base)
    switch (tokens.next()) {
      case MORE:
        return -1
      case START:
        return elements.element(at)
      case TEXT:
        if (!tokens.textIsBlank() && !this.#hasStrayText) {
          this.#hasStrayText = true
          const found = tokens.text().trim().slice(0, 40)
          const expected = 'an element'
          this.#sink.problem({ code: 'TEXT_UNEXPECTED', place: base + at, found, expected })
        }
        return tokens.stop
      case DOCTYPE:
        throw this.#wrong(at, 'a document type inside an element')
      default:
        return tokens.stop
    }
  }

  /** The properties that begin at `at`, read (undefined for more): the file's first ones count. */
  properties(at: number, properties: ImsProperties | undefined): number {
    const done = properties === undefined ? -1 : this.endOf(at)
    if (properties === undefined || done <= at) return done
    if (this.#hasProperties) {
      this.#sink.problem({ code: 'PROPERTIES_REPEATED', place: this.window.base + at })
    } else {
      this.#hasProperties = true
      this.context = { ...this.context, datasource: properties.datasource }
      this.#sink.properties(properties)
    }
    return done
  }

  /** An element that is no record of the dialect: passed over, and named the first time. */
  unknown(at: number): number {
    const { name } = this.tokens
    const done = this.endOf(at)
    if (done <= at) return done
    const isNew = name !== 'comments' && !this.#unknownNames.has(name)
    if (isNew && this.#unknownNames.size < UNKNOWN_NAMES_MAX) {
      this.#unknownNames.add(name)
      this.#sink.problem({ code: 'ELEMENT_UNKNOWN', place: this.window.base + at, found: name })
    }
    return done
  }

  /** Index after the element that begins at `at`; -1 for more, `at` where it has to be read in another encoding. */
  endOf(at: number): number {
    if (!this.toEnd()) return -1
    this.checkSize(at, this.tokens.stop)
    return this.tokens.badText && this.fallsBack() ? at : this.tokens.stop
  }

  /** Blanks, comments and instructions up to the end of the file. */
  *#afterRoot(from: number): Generator<number, void> {
    const { window, tokens } = this
    for (let at = from; ;) {
      at = skipBlanks(window.bytes, at)
      if (at === window.bytes.length) {
        if (window.atEnd) return
        yield* this.#more(at, undefined)
        at = 0
        continue
      }
      tokens.reset(window.bytes, at, window.bytes.length, window.base)
      const isMarkup = window.bytes[at] === LESS
      const token = isMarkup ? tokens.next() : TEXT
      if (token === COMMENT || token === INSTRUCTION) {
        at = tokens.stop
      } else if (token === MORE && !window.atEnd) {
        yield* this.#more(at, undefined)
        at = 0
      } else {
        throw this.#wrong(at, 'something after the end of the document')
      }
    }
  }

  /** Reads on, keeping what stands from `at` on as the window's start. */
  *#more(at: number, elements: Elements | undefined): Generator<number, void> {
    const { window } = this
    if (window.atEnd) {
      const place = window.base + window.bytes.length
      throw new Malformed('ENDS_EARLY', place, 'the end of the file', this.#rootEndTag())
    }
    this.checkSize(at, window.bytes.length)
    window.fill(at)
    elements?.moved()
    this.context = { ...this.context, base: window.base }
    yield window.base
  }

  checkSize(from: number, to: number): void {
    const { recordBytesMax } = this.#limits
    if (to - from > recordBytesMax)
      throw new Malformed(
        'LIMIT_EXCEEDED',
        this.window.base + from,
        'bytes of one record',
        `at most ${recordBytesMax}`,
      )
  }

  /** Bytes were met that are no UTF-8: true where the file is windows-1252 from here on. */
  fallsBack(): boolean {
    if (this.#certain || this.#frame === undefined) return false
    this.#certain = true
    const problem = findFallback(this.#source, this.#frame.declaredEncoding)
    if (problem === undefined) return false
    this.tokens.encoding = 'windows-1252'
    // Taken for UTF-8 in spite of what it declares, until now.
    const others = this.#frame.problems.filter(({ code }) => code !== 'ENCODING_IS_UTF8')
    const problems = [...others, problem]
    this.#frame = { ...this.#frame, encoding: 'windows-1252', problems }
    this.#sink.frame(this.#frame)
    return true
  }

  #wrong(at: number, found: string, expected?: string): Malformed {
    return new Malformed('NOT_WELL_FORMED', this.window.base + at, found, expected)
  }
}

function skipBlanks(bytes: Buffer, from: number): number {
  let at = from
  while (at < bytes.length && (CLASS[bytes[at]!]! & BLANK) !== 0) at++
  return at
}
