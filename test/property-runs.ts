import { shared, variant } from './database.ts'

export interface PropertyRuns {
  readonly numRuns: number
  readonly seed?: number
  readonly endOnFailure: boolean
}

/**
 * How many cases a property over a database is tried with: the same on every machine, unless told otherwise
 * (ROLLCALL_TEST_RUNS=500 looks further). Where both databases are tried each has half of them, other ones: the same statements
 * run on both, and no case is worth its time twice.
 */
export function propertyRuns(numRuns: number, seed: number): PropertyRuns {
  const asked = process.env['ROLLCALL_TEST_RUNS']
  if (asked !== undefined) return { numRuns: Number(asked), endOnFailure: true }
  return {
    numRuns: shared ? Math.ceil(numRuns / 2) : numRuns,
    seed: variant === 'server' ? seed + 1_000_000_000 : seed,
    endOnFailure: true,
  }
}
