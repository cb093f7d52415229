/** What a group is in the roster. Rules map `grouptype` to one of these. */
export const GROUP_KINDS = ['site', 'school', 'group', 'course', 'year', 'mentorGroup'] as const
export type GroupKind = (typeof GROUP_KINDS)[number]

/** The roster's own fields of a group, in the order in which they are fingerprinted and shown. New ones go last. */
export const GROUP_FIELDS = [
  'title',
  'long',
  'full',
  'type',
  'scheme',
  'level',
  'courseTitle',
  'courseCode',
  'begin',
  'end',
  'adminPeriod',
  'email',
  'url',
  'orgName',
  'orgUnit',
  'orgNumber',
  'enrollAccept',
  'enrollAllowed',
] as const
export type GroupField = (typeof GROUP_FIELDS)[number]
export type GroupFields = { readonly [field in GroupField]?: string }

/** One `<relationship>` of a group: what it points to, and with which relation (1 parent, 2 child, 3 also known as). */
export interface GroupLink {
  readonly relation: 1 | 2 | 3
  readonly key: string
}

/** The school year that is part of a group's key in the roster, and what said so. */
export interface GroupYear {
  /** `2026/27` */
  readonly name: string
  readonly from: 'begin' | 'end' | 'rules'
  /** The date that was sent; none where the rules give it. */
  readonly date?: string
}

/** A group of a delivery, as read through a source's rules: exactly what is fingerprinted and kept as "sent". */
export interface GroupRecord {
  readonly key: string
  readonly kind: GroupKind
  readonly fields: GroupFields
  /** Which of these names the parent is a decision about the whole file (`change/parents.ts`). */
  readonly links: readonly GroupLink[]
  readonly extension: readonly string[]
  /** Only where the rules make it part of the key. */
  readonly year?: GroupYear
}

/** What a group is known by in the roster. Lists and other groups name it by the key alone. */
export function rosterKey({ key, year }: Pick<GroupRecord, 'key' | 'year'>): string {
  return year === undefined ? key : `${key}@${year.name}`
}
