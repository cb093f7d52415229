import { LIMIT_NAMES, type LimitSettings } from '../../../src/change/limits.ts'

/** Limits that nothing in these tests exceeds. */
export const UNJUDGED: LimitSettings = Object.fromEntries(
  LIMIT_NAMES.map((name) => [name, { percent: 100, floor: 1000 }]),
)
