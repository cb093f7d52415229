import type { Profile } from '../roster/person.ts'

/** How many of a kind there were, and what a plan does to them. Gross: one out and one in are two changes. */
export interface Tally {
  before: number
  /** New and restored. */
  added: number
  /** Changed, and rekeyed. */
  updated: number
  /** Of them, those where nothing but extension data changes: applied and counted, not judged. */
  updatedInExtension: number
  /** To the recycle bin, gone, ended, or made inactive. */
  removed: number
  /** Net of those who came here from another school or went to one: neither new nor gone. */
  moved: number
  unchanged: number
  setAside: number
  /** Read, and left out by the rules. */
  notTaken: number
}

export function emptyTally(before = 0): Tally {
  return {
    before,
    added: 0,
    updated: 0,
    updatedInExtension: 0,
    removed: 0,
    moved: 0,
    unchanged: 0,
    setAside: 0,
    notTaken: 0,
  }
}

export function after(tally: Tally): number {
  return tally.before + tally.added - tally.removed + tally.moved
}

/** What a plan comes to at one school; school 0 is "no school". */
export interface SchoolTally {
  readonly school: number
  /** A person counts in every school where he has a membership. */
  readonly persons: Tally
  readonly groups: Tally
  readonly memberships: Tally
  /** How many of the groups that leave are courses. */
  readonly coursesArchived?: number
}

/** Everything that the safety filter looks at, and that a report shows. */
export interface Tallies {
  readonly person: Tally
  readonly group: Tally
  readonly membership: Tally
  readonly relation: Tally
  /** Removed are those archived, or detached where archiving is off. */
  readonly course: Tally
  /** How many of them leave with no group leaving: it stays, as one of another kind. */
  readonly coursesUnmade?: number
  readonly profiles: { readonly [profile in Profile]?: Tally }
  readonly schools: readonly SchoolTally[]
}
