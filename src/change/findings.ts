import type { LimitName } from './limits.ts'

/** Why a plan is held, or what else deserves a look. Each code is explained in docs/safety-filter.md. */
export const FINDING_CODES = [
  'TOO_MANY_REMOVED',
  'TOO_MANY_UPDATED',
  'TOO_MANY_ADDED',
  'TOO_MANY_ARCHIVED',
  'KIND_EMPTIED',
  'SCHOOL_EMPTIED',
  'KIND_MISSING',
  'PARENT_RELATION_CHANGED',
  'ENCODING_CHANGED',
  'YEARS_CHANGED',
  'FIRST_DELIVERY',
  'KEY_CHURN',
  'SLOW_DRAIN',
  'ANNOUNCED',
  'REMOVALS_LEFT_OUT',
  'REPEATS_UNDONE',
] as const
export type FindingCode = (typeof FINDING_CODES)[number]

export interface Finding {
  readonly code: FindingCode
  readonly holds: boolean
  /** What is counted: `persons`, `students`, `groups`, `courses`, `memberships`, or a record kind. */
  readonly what: string
  /** Roster id of the school, 0 for persons without one; absent where the whole delivery is meant. */
  readonly school?: number
  readonly count?: number
  readonly of?: number
  /** count of of, in tenths of a percent. */
  readonly permille?: number
  readonly limit?: LimitName
  readonly limitPercent?: number
  readonly floor?: number
  readonly found?: string
  readonly expected?: string
  /** Of suspected new keys: pairs sure enough to be released as new keys, those left out of the plan, and records that
   * could be one of several. */
  readonly proposed?: number
  readonly leftOut?: number
  readonly ambiguous?: number
  /** Of a week: how many of `count` earlier runs removed, and since when. */
  readonly earlier?: number
  readonly since?: string
  /** How many more an announcement lets through, beside `count`. */
  readonly announced?: number
  /** What was announced at most. */
  readonly ceiling?: number
  /** Number of the announcement. */
  readonly announcement?: number
}

export interface Verdict {
  readonly decision: 'pass' | 'hold'
  readonly findings: readonly Finding[]
}

/** count of of, in tenths of a percent; nothing where there was nothing. */
export function permilleOf(count: number, of: number): { readonly permille?: number } {
  return of === 0 ? {} : { permille: Math.round((count * 1000) / of) }
}
