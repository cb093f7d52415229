import { variant } from './database.ts'

export interface PropertyRuns {
  readonly numRuns: number
  readonly seed?: number
  readonly endOnFailure: boolean
}

/**
 * How many cases a property over a database is tried with: the same on every machine, unless told otherwise
 * (ROLLCALL_TEST_RUNS=500 looks further). On a server the same statements run: a third of the cases shows that they do.
 */
export function propertyRuns(numRuns: number, seed: number): PropertyRuns {
  const asked = process.env['ROLLCALL_TEST_RUNS']
  if (asked !== undefined) return { numRuns: Number(asked), endOnFailure: true }
  return {
    numRuns: variant === 'server' ? Math.ceil(numRuns / 3) : numRuns,
    seed,
    endOnFailure: true,
  }
}
