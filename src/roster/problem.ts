import type { Place, RecordKind } from './record.ts'
import { PROBLEMS } from './problems.ts'

export type ProblemCode = keyof typeof PROBLEMS

/**
 * `notice` the delivery departs from the dialect it claims, nothing is lost · `warning` a value was
 * changed, dropped or doubtful · `setAside` the record is left as it was, never taken as absent ·
 * `refused` nothing of the delivery is used.
 */
export type Severity = 'notice' | 'warning' | 'setAside' | 'refused'

/** What is wrong with a delivery or one of its records. `found` and `key` may be personal: they are never logged or mailed. */
export interface Problem {
  readonly code: ProblemCode
  readonly place: Place
  readonly kind?: RecordKind
  readonly key?: string
  readonly found?: string
  readonly expected?: string
}

export function severityOf(problem: Problem): Severity {
  return PROBLEMS[problem.code].severity
}

export function hintOf(problem: Problem): string {
  return PROBLEMS[problem.code].hint
}

/**
 * A problem as a database takes it: what was found may be anything, and neither NUL nor half a surrogate pair is a text there.
 */
export function storableProblem(problem: Problem): Problem {
  const { found, expected, key } = problem
  if ([found, expected, key].every((text) => text === undefined || storable(text) === text)) {
    return problem
  }
  return {
    ...problem,
    ...(found === undefined ? {} : { found: storable(found) }),
    ...(expected === undefined ? {} : { expected: storable(expected) }),
    ...(key === undefined ? {} : { key: storable(key) }),
  }
}

function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD').toWellFormed()
}
