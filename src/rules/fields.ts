import type { Problem, ProblemCode } from '../roster/problem.ts'
import type { RecordKind } from '../roster/record.ts'
import { parseDate } from './dates.ts'

/** Which fields of a record a source owns; the others are left to the user. */
export function ownedFields<F extends string>(
  rule: 'all' | readonly F[] | { readonly except: readonly F[] },
  all: readonly F[],
  always: readonly F[],
): ReadonlySet<F> {
  if (rule === 'all') return new Set(all)
  const owned = 'except' in rule ? all.filter((field) => !rule.except.includes(field)) : rule
  return new Set([...owned, ...always])
}

/**
 * Collects the fields and problems of one record: a value that is not there, or not the source's, is left out, one
 * that is too long is cut.
 */
export class FieldCollector<F extends string> {
  readonly fields: { [field in F]?: string } = {}
  readonly problems: Problem[] = []
  readonly #kind: RecordKind
  readonly #place: number
  readonly #key: string
  readonly #owned: ReadonlySet<F>
  readonly #max: { readonly [field in F]: number }

  constructor(
    record: { readonly kind: RecordKind; readonly place: number },
    key: string,
    owned: ReadonlySet<F>,
    max: { readonly [field in F]: number },
  ) {
    this.#kind = record.kind
    this.#place = record.place
    this.#key = key
    this.#owned = owned
    this.#max = max
  }

  put(field: F, value: string | undefined): void {
    if (value === undefined || value === '' || !this.#owned.has(field)) return
    const max = this.#max[field]
    if (value.length <= max) {
      this.fields[field] = value
      return
    }
    this.warn('FIELD_TOO_LONG', `${value.length} characters`, `${field}: at most ${max} characters`)
    this.fields[field] = value
      .slice(0, max)
      .toWellFormed()
      .replace(/\uFFFD$/, '')
  }

  /** A calendar date; one that cannot be read is left out with a warning. Gives what was put. */
  putDate(field: F, value: string | undefined): string | undefined {
    if (value === undefined || value === '' || !this.#owned.has(field)) return undefined
    const date = parseDate(value)
    if (date === undefined) this.warn('DATE_UNREADABLE', value, `${field}: YYYY-MM-DD`)
    else this.fields[field] = date
    return date
  }

  warn(code: ProblemCode, found?: string, expected?: string): void {
    this.problems.push({
      code,
      place: this.#place,
      kind: this.#kind,
      key: this.#key,
      ...(found !== undefined && { found }),
      ...(expected !== undefined && { expected }),
    })
  }
}
