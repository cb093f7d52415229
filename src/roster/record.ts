/** What a delivery holds. One `<membership>` element lists the members of one group. */
export const RECORD_KINDS = ['person', 'group', 'membership'] as const
export type RecordKind = (typeof RECORD_KINDS)[number]

/** What a roster holds, and what a change can be about. */
export const ROSTER_KINDS = ['person', 'group', 'course', 'membership', 'relation'] as const
export type RosterKind = (typeof ROSTER_KINDS)[number]

/** Where something stands in a delivery, as a byte offset from its start. Lines are counted only when shown. */
export type Place = number
