import type { Place, RecordKind } from '../roster/record.ts'
import type { Problem, ProblemCode } from '../roster/problem.ts'
import type { ImsSourcedId, ImsTimeframe } from './records.ts'
import { characterCount } from './characters.ts'
import { PIFU_ADMIN_PERIOD } from './pifu-vocabulary.ts'

/** As XML Schema writes a date; the older standard says ISO 8601 and means the same. */
const DATE = /^\d{4}-\d{2}-\d{2}(?:Z|[+-]\d{2}:\d{2})?$/

/** Collects findings of one record, each element once. `expected` starts with the element's name. */
export class StrictFindings {
  readonly isPifu: boolean
  /** Subroles are a closed list from PIFU 1.3 on; before, they were free text. */
  readonly hasSubroles: boolean
  readonly problems: Problem[] = []
  readonly #place: Place
  readonly #kind: RecordKind | undefined

  constructor(record: { readonly place: Place; readonly kind?: RecordKind }, dialect: string) {
    this.isPifu = dialect.startsWith('pifu-')
    this.hasSubroles = dialect === 'pifu-1.3'
    this.#place = record.place
    this.#kind = record.kind
  }

  length(value: string | undefined, max: number, element: string, place?: Place): void {
    // Characters are at most code units, and code units are cheap to count.
    if (value === undefined || value.length <= max) return
    const length = characterCount(value)
    if (length > max) {
      this.#add('STRICT_LENGTH', `${element}: at most ${max} characters`, String(length), place)
    }
  }

  required(value: string | undefined, element: string, place?: Place): void {
    if (value === undefined || value === '') this.#add('STRICT_REQUIRED', element, undefined, place)
  }

  vocabulary(
    value: string | undefined,
    words: ReadonlySet<string>,
    element: string,
    place?: Place,
  ): void {
    if (value === undefined || value === '' || words.has(value)) return
    this.#add('STRICT_VOCABULARY', `${element}: ${[...words].join(', ')}`, value, place)
  }

  form(
    value: string | undefined,
    form: RegExp,
    element: string,
    says: string,
    place?: Place,
  ): void {
    if (value === undefined || form.test(value)) return
    this.#add('STRICT_FORM', `${element}: ${says}`, value, place)
  }

  /** The dialect has no such element in this place. */
  foreign(isThere: boolean, element: string): void {
    if (isThere) this.#add('STRICT_ELEMENT', element)
  }

  wrong(code: ProblemCode, expected: string, found: string, place?: Place): void {
    this.#add(code, expected, found, place)
  }

  sourcedId({ source, id }: ImsSourcedId, place?: Place): void {
    this.length(source, 32, 'sourcedid/source', place)
    this.length(id, 256, 'sourcedid/id', place)
  }

  date(value: string | undefined, element: string, place?: Place): void {
    this.form(value, DATE, element, 'YYYY-MM-DD', place)
  }

  timeframe(timeframe: ImsTimeframe, place?: Place): void {
    this.date(timeframe.begin, 'timeframe/begin', place)
    this.date(timeframe.end, 'timeframe/end', place)
    this.length(timeframe.adminPeriod, 32, 'timeframe/adminperiod', place)
    if (!this.isPifu) return
    const says = '2010, H2010, V2011 or 2010/2011'
    this.form(timeframe.adminPeriod, PIFU_ADMIN_PERIOD, 'timeframe/adminperiod', says, place)
  }

  /** PIFU's extension is closed: nothing but its own elements. */
  extension(pieces: readonly string[], ours: ReadonlySet<string>): void {
    if (!this.isPifu) return
    for (const piece of pieces) {
      const name = /^<([^\s/>]+)/.exec(piece)?.[1] ?? ''
      if (name.startsWith('pifu_') || ours.has(name)) continue
      this.#add('STRICT_ELEMENT', `extension/${name}`)
    }
  }

  #add(code: ProblemCode, expected: string, found?: string, place = this.#place): void {
    for (const known of this.problems) {
      if (known.code === code && known.expected === expected) return
    }
    this.problems.push({
      code,
      place,
      ...(this.#kind !== undefined && { kind: this.#kind }),
      expected,
      ...(found !== undefined && { found }),
    })
  }
}
