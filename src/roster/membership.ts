/**
 * Roles, weakest first: where a person has several in one group, the strongest counts.
 * 05 to 07 give no right in the console or over others' data.
 */
export const ROLES = [
  'guest',
  'learner',
  'mentor',
  'assistant',
  'teacher',
  'administrator',
  'leadership',
] as const
export type Role = (typeof ROLES)[number]

/** One `<role>` of a member, as read through a source's rules. Dates are calendar dates, `YYYY-MM-DD`. */
export interface MemberRole {
  readonly role: Role
  readonly active: boolean
  readonly begin?: string
  readonly end?: string
  readonly subrole?: string
  /** XML of what the roster has no field for (results, absence, …). */
  readonly extension: readonly string[]
}

/** A member of a group's list, as read through a source's rules. */
export interface MemberRecord {
  readonly key: string
  /** `idtype` 2 names a group: stored as a group link, shown, without effect. */
  readonly memberKind: 'person' | 'group'
  /** Never empty; the strongest first. */
  readonly roles: readonly MemberRole[]
}

/**
 * An active role counts before an inactive one, then the stronger one. The rest keeps the order in which a sender
 * writes several roles from mattering.
 */
export function byStrength(one: MemberRole, other: MemberRole): number {
  if (one.active !== other.active) return one.active ? -1 : 1
  const weaker = ROLES.indexOf(other.role) - ROLES.indexOf(one.role)
  if (weaker !== 0) return weaker
  return JSON.stringify(one) < JSON.stringify(other) ? -1 : 1
}

/**
 * The text of one role that is no more than its columns say: '' without dates. The roster keeps no such text, as it would be half
 * of a table of a million memberships.
 */
export function roleText(
  role: Role,
  active: boolean,
  begin: string | null,
  end: string | null,
): string {
  if (begin === null && end === null) return ''
  const only: MemberRole = {
    role,
    active,
    ...(begin !== null && { begin }),
    ...(end !== null && { end }),
    extension: [],
  }
  return JSON.stringify([only])
}
