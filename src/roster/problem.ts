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
