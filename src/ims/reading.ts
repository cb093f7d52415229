import type { Place, RecordKind } from '../roster/record.ts'
import type { Problem, ProblemCode } from '../roster/problem.ts'
import type { ReadLimits } from './limits.ts'
import type { MemberShapes } from './member-shapes.ts'
import { END, MORE, Malformed, START, TEXT, type Tokens } from './tokens.ts'
import { RECSTATUS } from './vocabulary.ts'

/** What the reading of one record needs to know of its file. */
export interface ReadContext {
  /** `properties/datasource`: stands in where a sourcedid has no source. */
  readonly datasource: string | undefined
  readonly limits: ReadLimits
  /** As in `ImsFrame`. */
  readonly dialect: string
  /** File offset of the first byte of the window. */
  readonly base: number
  /** How members were written so far; without it each is read by itself. */
  readonly shapes?: MemberShapes
}

/** Shared by all records that nothing is wrong with. */
export const NO_PROBLEMS: readonly Problem[] = Object.freeze([])
/** Shared by all records without extension data. */
export const NO_PIECES: readonly string[] = Object.freeze([])

class WindowEnded extends Error {}
// Made once: it says nothing but "come again with more bytes", and is thrown once a window.
const WINDOW_ENDED = new WindowEnded('the window ends inside a record')

/**
 * Walks through one record. Every method that reads an element is called on its start tag and leaves
 * the tokens on its end tag; a window that ends inside makes `readRecord` give undefined.
 */
export class Reading {
  readonly tokens: Tokens
  readonly context: ReadContext
  readonly kind: RecordKind | undefined
  readonly place: Place
  #problems: Problem[] | undefined
  /** Codes of what was noted: a list may have a hundred thousand problems, which must not be gone through for each note. */
  #noted: Set<ProblemCode> | undefined
  /** Where in the window the key read last stands, and how many were read. */
  keyFrom = 0
  keyTo = 0
  keys = 0
  /** How often something was noted, also what had been noted before. */
  notes = 0
  #parts = 0
  #members = 0

  constructor(tokens: Tokens, context: ReadContext, kind: RecordKind | undefined) {
    this.tokens = tokens
    this.context = context
    this.kind = kind
    this.place = context.base + tokens.start
  }

  /** Where the current token starts in the file. */
  at(): Place {
    return this.context.base + this.tokens.start
  }

  /** Bytes of the record, once its end tag is reached. */
  length(): number {
    return this.context.base + this.tokens.stop - this.place
  }

  problems(): readonly Problem[] {
    return this.#problems ?? NO_PROBLEMS
  }

  /** Notes what is unusual at the current token, once a record for each code. */
  note(code: ProblemCode, found?: string, expected?: string): void {
    this.noteAt(code, this.at(), found, expected)
  }

  /** As `note`, at a place passed already. */
  noteAt(code: ProblemCode, place: Place, found?: string, expected?: string): void {
    this.notes++
    if (this.#noted?.has(code) === true) return
    this.#add(this.problem(code, place, undefined, found, expected))
  }

  /** Notes that a part of the record (a member) cannot be used: every one of them counts. */
  setAside(code: ProblemCode, place: Place, key?: string, found?: string, expected?: string): void {
    this.notes++
    this.#add(this.problem(code, place, key, found, expected))
  }

  #add(problem: Problem): void {
    this.#noted ??= new Set()
    this.#noted.add(problem.code)
    if (this.#problems === undefined) this.#problems = [problem]
    else this.#problems.push(problem)
  }

  problem(
    code: ProblemCode,
    place: Place,
    key?: string,
    found?: string,
    expected?: string,
  ): Problem {
    return {
      code,
      place,
      ...(this.kind !== undefined && { kind: this.kind }),
      ...(key !== undefined && { key }),
      ...(found !== undefined && { found }),
      ...(expected !== undefined && { expected }),
    }
  }

  /** Goes to the start tag of the next child and gives true, or to the element's own end tag and gives false. */
  nextChild(): boolean {
    const tokens = this.tokens
    for (;;) {
      const kind = tokens.next()
      if (kind === START) {
        this.#countPart()
        return true
      }
      if (kind === END) return false
      if (kind === MORE) throw WINDOW_ENDED
      if (kind === TEXT && !tokens.textIsBlank()) this.note('TEXT_UNEXPECTED', excerpt(tokens))
    }
  }

  /** At the start tag of a member of a list, or of a unit in an organisation: its parts are counted by themselves. */
  beginMember(): void {
    this.#parts = 0
    const { membersMax } = this.context.limits
    if (++this.#members > membersMax) throw this.#beyond('members of one list', membersMax)
  }

  #countPart(): void {
    const { partsMax } = this.context.limits
    if (++this.#parts > partsMax) throw this.#beyond('elements of one record', partsMax)
  }

  #beyond(found: string, most: number): Malformed {
    return new Malformed('LIMIT_EXCEEDED', this.place, found, `at most ${most}`)
  }

  /** The next tag or text, whichever comes first; comments and instructions are passed over. */
  next(): number {
    for (;;) {
      const kind = this.tokens.next()
      if (kind === START) this.#countPart()
      if (kind === START || kind === END || kind === TEXT) return kind
      if (kind === MORE) throw WINDOW_ENDED
    }
  }

  /** The text of the current element as written, with that of elements in it. */
  rawText(): string {
    const tokens = this.tokens
    let kind = this.next()
    if (kind === END) return ''
    let text = ''
    if (kind === TEXT) {
      text = tokens.text()
      kind = this.next()
      if (kind === END) return text
    }
    // Rare: CDATA, a comment in the text, or a number that a serialiser wrapped once more.
    for (let open = 1; ; kind = this.next()) {
      if (kind === TEXT) text += tokens.text()
      else if (kind === START) open++
      else if (--open === 0) return text
    }
  }

  /** The trimmed text of the current element; '' where it is empty. */
  text(): string {
    return this.rawText().trim()
  }

  /** As `text`, for keys and names, where blanks around are worth a notice. */
  trimmedText(): string {
    const place = this.at()
    const raw = this.rawText()
    const text = raw.trim()
    if (text.length !== raw.length && text !== '') this.noteAt('KEY_WITH_BLANKS', place)
    return text
  }

  skip(): void {
    if (this.tokens.skip() === MORE) throw WINDOW_ENDED
  }

  /**
   * Gives the rank of the current element among its siblings, to be handed in again for the next one.
   * An element that stands after a later one is noted.
   */
  rank(order: ReadonlyMap<string, number>, before: number): number {
    const rank = order.get(this.tokens.name)
    if (rank === undefined) return before
    if (rank >= before) return rank
    this.note('ORDER_UNUSUAL', this.tokens.name)
    return before
  }

  /** The attribute `recstatus` of the current element. */
  recstatus(): 1 | 2 | 3 | undefined {
    const written = this.tokens.attribute('recstatus')
    if (written === undefined) return undefined
    const value = written.trim()
    const known = RECSTATUS.get(value.toLowerCase())
    if (known !== undefined) return known
    if (value === '0') this.note('RECSTATUS_ZERO')
    else if (value !== '') this.note('VALUE_UNKNOWN', value, 'recstatus')
    return undefined
  }
}

function excerpt(tokens: Tokens): string {
  return tokens.text().trim().slice(0, 40)
}

/** Reads one record; gives undefined when the window ended inside it. */
export function readRecord<R>(
  tokens: Tokens,
  context: ReadContext,
  kind: RecordKind | undefined,
  read: (reading: Reading) => R,
): R | undefined {
  try {
    return read(new Reading(tokens, context, kind))
  } catch (error) {
    if (error === WINDOW_ENDED) return undefined
    throw error
  }
}
