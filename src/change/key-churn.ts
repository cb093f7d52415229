import { type Finding, permilleOf } from './findings.ts'
import type { Tallies } from './tally.ts'

/** More suspected new keys than this hold a plan, or more than this share of the active records. */
export const CHURN_PAIRS_MAX = 10
export const CHURN_PERCENT_MAX = 1

/**
 * How sure it is that a record that leaves and one that comes are the same. `certain` the same national number · `high`
 * sure enough to be proposed as a new key · `low` it may as well be somebody else.
 */
export type Confidence = 'certain' | 'high' | 'low'

/** What two records have in common. */
export type PairReason =
  | 'nationalNumber'
  | 'username'
  | 'email'
  | 'nameAndBirthDate'
  | 'name'
  | 'contact'
  | 'title'
  | 'parent'
  | 'members'

/** A record that leaves and one that comes, by their numbers in two lists. */
export interface Pair {
  readonly before: number
  readonly after: number
  readonly confidence: Confidence
  readonly reasons: readonly PairReason[]
}

export interface Pairs {
  readonly pairs: readonly Pair[]
  /** Records that leave and could be one of several that come, or share one with others: no pair. */
  readonly ambiguous: number
}

/**
 * Pairs of which each record has one candidate only. The surest are settled first: who has one by national number is
 * no candidate for anything less.
 */
export function settlePairs(candidates: readonly Pair[]): Pairs {
  const pairs: Pair[] = []
  const settledBefore = new Set<number>()
  const settledAfter = new Set<number>()
  const ambiguous = new Set<number>()
  for (const tier of ['certain', 'high', 'low'] as const) {
    const open = candidates.filter(
      ({ confidence, before, after }) =>
        confidence === tier && !settledBefore.has(before) && !settledAfter.has(after),
    )
    const ofBefore = countBy(open, ({ before }) => before)
    const ofAfter = countBy(open, ({ after }) => after)
    for (const pair of open) {
      if (ofBefore.get(pair.before) === 1 && ofAfter.get(pair.after) === 1) pairs.push(pair)
      else ambiguous.add(pair.before)
      settledBefore.add(pair.before)
      settledAfter.add(pair.after)
    }
  }
  return { pairs: pairs.toSorted((a, b) => a.before - b.before), ambiguous: ambiguous.size }
}

function countBy<T>(values: readonly T[], of: (value: T) => number): Map<number, number> {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(of(value), (counts.get(of(value)) ?? 0) + 1)
  return counts
}

/** Whether a pair is sure enough to be released as a new key. */
export function isProposed({ confidence }: { readonly confidence: Confidence }): boolean {
  return confidence !== 'low'
}

/** How many pairs there are of a kind. */
export interface ChurnCount {
  readonly pairs: number
  readonly proposed: number
  /** Neither removed nor added: they share a national number. */
  readonly leftOut: number
  readonly ambiguous: number
}

export interface KeyChurn {
  readonly person: ChurnCount
  /** Courses included. */
  readonly group: ChurnCount
}

/** Whether there are so many pairs of a kind that a plan is held for them. */
export function isChurn({ pairs }: ChurnCount, before: number): boolean {
  return pairs > CHURN_PAIRS_MAX || pairs * 100 > CHURN_PERCENT_MAX * before
}

/** One finding a kind. */
export function churnFindings(churn: KeyChurn, tallies: Tallies): Finding[] {
  return (['person', 'group'] as const).flatMap((kind): Finding[] => {
    const { before } = tallies[kind]
    const { pairs, proposed, leftOut, ambiguous } = churn[kind]
    if (!isChurn(churn[kind], before)) return []
    return [
      {
        code: 'KEY_CHURN',
        holds: true,
        what: `${kind}s`,
        count: pairs,
        of: before,
        ...permilleOf(pairs, before),
        limitPercent: CHURN_PERCENT_MAX,
        floor: CHURN_PAIRS_MAX,
        proposed,
        leftOut,
        ambiguous,
      },
    ]
  })
}

/** A pair as a report lists it. */
export interface SuspectedPair {
  readonly kind: 'person' | 'group'
  /** The record that is no longer sent. */
  readonly oldId: number
  readonly oldKey: string
  readonly newKey: string
  /** Where the delivery has the record with the new key. */
  readonly place: number
  readonly confidence: Confidence
  readonly reasons: readonly PairReason[]
  /** Neither removed nor added. */
  readonly leftOut: boolean
  /** Taken as one record with a new key when the plan was released. */
  readonly rekeyed: boolean
  readonly protected: boolean
}
