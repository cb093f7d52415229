import type { LineColumn } from '../import/lines.ts'
import { HIDDEN } from '../roster/display.ts'
import { hintOf, severityOf, type Problem } from '../roster/problem.ts'
import { PROBLEMS } from '../roster/problems.ts'

/** A problem with its line, and without what must not be shown. */
export interface ShownProblem extends Problem {
  readonly at?: LineColumn
  readonly protected?: boolean
}

/** A problem as JSON, with severity, sentence and hint so that nobody has to look up the code. */
export function problemJson(problem: ShownProblem): { readonly [key: string]: unknown } {
  const { at, protected: isProtected, found, expected, ...rest } = problem
  return {
    ...rest,
    ...(at === undefined ? {} : at),
    severity: severityOf(problem),
    says: PROBLEMS[problem.code].says,
    hint: hintOf(problem),
    ...(found === undefined ? {} : { found: isProtected === true ? HIDDEN : found }),
    ...(expected === undefined ? {} : { expected: isProtected === true ? HIDDEN : expected }),
  }
}
