/** What of a source's plans is applied at once; what is not waits, and is planned again every night. */
export const MODES = ['everything', 'additions-and-updates', 'additions-only'] as const
export type Mode = (typeof MODES)[number]

/** A source's mode as it is set. */
export interface DelaySettings {
  readonly mode: Mode
  /** The last day on which it holds, in the source's time zone. */
  readonly until?: string
  /** Persons who are staff wait to be removed like all others; unless set, they leave at once. */
  readonly delayStaff?: boolean
}

/** A source whose deliveries are kept and not looked at. */
export interface PauseSettings {
  /** The last day of it, in the source's time zone. */
  readonly until?: string
}

/** Whom a person lets through by hand, as roster ids. */
export interface LetThrough {
  /** Their own changes and relations. */
  readonly persons: ReadonlySet<number>
  readonly groups: ReadonlySet<number>
  /** Memberships of these persons, and in these groups. */
  readonly members: ReadonlySet<number>
  readonly lists: ReadonlySet<number>
}

/** How one plan is delayed. */
export interface Delay {
  readonly mode: Mode
  readonly delayStaff: boolean
  readonly through?: LetThrough
}

/** A release without removals delays these, of everybody. */
export function withoutRemovals({ mode }: Pick<Delay, 'mode'>): Delay {
  return { mode: mode === 'additions-only' ? mode : 'additions-and-updates', delayStaff: true }
}

/** The delay that holds on a day, `YYYY-MM-DD`. */
export function delayOn(today: string, settings: DelaySettings | undefined): Delay {
  const over = settings?.until !== undefined && today > settings.until
  if (settings === undefined || over) return { mode: 'everything', delayStaff: false }
  return { mode: settings.mode, delayStaff: settings.delayStaff === true }
}

/**
 * What a change comes to: restore is an addition, and so is a membership that becomes active; rekey is an update; a
 * membership that becomes inactive and a group that ceases to be a course are removals.
 */
export type Effect = 'add' | 'update' | 'remove'

/** A change of a plan, as the decision needs it. */
export type DelayedChange =
  | {
      readonly kind: 'person'
      readonly effect: Effect
      readonly person: number
      readonly profile: string
    }
  | { readonly kind: 'group'; readonly effect: Effect; readonly group: number }
  | {
      readonly kind: 'membership'
      readonly effect: Effect
      readonly group: number
      readonly person: number
    }
  | {
      readonly kind: 'relation'
      readonly effect: Effect
      readonly person: number
      readonly other: number
    }

/**
 * The one decision whether a change waits. What follows from another change (memberships of somebody who leaves, in
 * a group that leaves) is not asked about: it goes with that one.
 */
export function waits({ mode, delayStaff, through }: Delay, change: DelayedChange): boolean {
  if (mode === 'everything' || change.effect === 'add') return false
  if (change.effect === 'update' && mode === 'additions-and-updates') return false
  if (through !== undefined && isLetThrough(through, change)) return false
  const staffLeaves =
    change.kind === 'person' && change.effect === 'remove' && change.profile === 'staff'
  return !staffLeaves || delayStaff
}

function isLetThrough(through: LetThrough, change: DelayedChange): boolean {
  const { persons, groups, members, lists } = through
  if (change.kind === 'person') return persons.has(change.person)
  if (change.kind === 'group') return groups.has(change.group)
  if (change.kind === 'relation') return persons.has(change.person) || persons.has(change.other)
  return members.has(change.person) || lists.has(change.group)
}

/** One change that waits. Ids are the roster's: what waits is never an addition. */
export interface WaitingChange {
  readonly kind: 'person' | 'group' | 'course' | 'membership' | 'relation'
  readonly action: 'update' | 'rekey' | 'remove' | 'archive'
  /** Of a membership, its group; of a relation, the younger person; of a course, its group. */
  readonly id: number
  /** Of a membership, its person; of a relation, the other one; else 0. */
  readonly otherId: number
  /** Kind of a relation, else empty. */
  readonly relation: string
  /** Names of the fields that would change. */
  readonly fields: readonly string[]
  /** Of a person, as the roster has him. */
  readonly profile?: string
}

export interface WaitingCount {
  updated: number
  removed: number
}

/** How much waits, by kind; persons by profile, too. */
export interface WaitingCounts {
  readonly person: WaitingCount
  readonly group: WaitingCount
  readonly course: WaitingCount
  readonly membership: WaitingCount
  readonly relation: WaitingCount
  readonly profiles: { readonly [profile: string]: WaitingCount }
}

export function countWaiting(changes: Iterable<WaitingChange>): WaitingCounts {
  const none = (): WaitingCount => ({ updated: 0, removed: 0 })
  const profiles: { [profile: string]: WaitingCount } = {}
  const counts = {
    person: none(),
    group: none(),
    course: none(),
    membership: none(),
    relation: none(),
  }
  for (const { kind, action, profile } of changes) {
    const what = action === 'update' || action === 'rekey' ? 'updated' : 'removed'
    counts[kind][what]++
    if (kind === 'person' && profile !== undefined) (profiles[profile] ??= none())[what]++
  }
  return { ...counts, profiles }
}
