import type { Problem, ProblemCode } from '../roster/problem.ts'
import type { Place } from '../roster/record.ts'

/** Thrown inside the reader where the whole delivery is refused; `scan.ts` turns it into the problem it carries. */
export class Malformed {
  readonly problem: Problem

  constructor(code: ProblemCode, place: Place, found: string, expected?: string) {
    this.problem =
      expected === undefined ? { code, place, found } : { code, place, found, expected }
  }
}
