import type { GroupKind, GroupRecord } from '../roster/group.ts'
import type { PersonRecord } from '../roster/person.ts'
import type { Session } from './connect.ts'
import type { NewMembership, StoredRow } from './rewrite.ts'

/** Sync key, or the number that we gave a record: what somebody at the command line names it by. */
export type RecordName = { readonly key: string } | { readonly id: number }

type Values = { readonly [field: string]: unknown }

/** A person's whole row. */
export interface PersonRow extends StoredRow {
  readonly person_id: number
  readonly source_id: number | null
  readonly key: string | null
  readonly state: 'active' | 'binned' | 'undone' | 'erased'
  readonly profile: string
  readonly username: string | null
  readonly protected: boolean
  readonly merged_into: number | null
  readonly sent: PersonRecord | null
  readonly own: Values
  readonly edited: Values
  readonly binned_run: number | null
}

/** A group's whole row. */
export interface GroupRow extends StoredRow {
  readonly group_id: number
  readonly source_id: number | null
  readonly key: string | null
  /** As sources send it, where the year is part of the key. */
  readonly sent_key: string | null
  readonly state: 'active' | 'gone'
  readonly kind: GroupKind
  readonly title: string
  readonly parent_id: number | null
  readonly parent_key: string | null
  readonly merged_into: number | null
  readonly sent: GroupRecord | null
  readonly own: Values
  readonly edited: Values
}

export interface CourseRow extends StoredRow {
  readonly course_id: number
  readonly group_id: number | null
  readonly key: string | null
  readonly state: 'open' | 'archived'
  readonly title: string
}

/** The person of this name, in the recycle bin or not. */
export async function personNamed(
  session: Session,
  siteId: number,
  name: RecordName,
): Promise<PersonRow | undefined> {
  const [column, value] = 'key' in name ? ['key', name.key] : ['person_id', name.id]
  const [found] = await session.query<{ row: PersonRow }>(
    `select to_jsonb(t) as row from persons t where site_id = $1 and ${column} = $2
       and state in ('active', 'binned')`,
    [siteId, value],
  )
  return found?.row
}

/** The group of this name, with or without the year in its key, that is there, else the one that went last. */
export async function groupNamed(
  session: Session,
  siteId: number,
  name: RecordName,
): Promise<GroupRow | undefined> {
  const [where, value] =
    'key' in name ? ['(key = $2 or sent_key = $2)', name.key] : ['group_id = $2', name.id]
  const [found] = await session.query<{ row: GroupRow }>(
    `select to_jsonb(t) as row from groups t where site_id = $1 and ${where}
     order by state = 'active' desc, gone_run desc nulls last, group_id desc limit 1`,
    [siteId, value],
  )
  return found?.row
}

/** Courses with this key or number, the one archived last first. */
export async function coursesNamed(
  session: Session,
  siteId: number,
  name: RecordName,
): Promise<CourseRow[]> {
  const [column, value] = 'key' in name ? ['key', name.key] : ['course_id', name.id]
  const rows = await session.query<{ row: CourseRow }>(
    `select to_jsonb(t) as row from courses t where site_id = $1 and ${column} = $2
     order by archived_run desc nulls last, course_id desc`,
    [siteId, value],
  )
  return rows.map(({ row }) => row)
}

/** The course that hangs on a group now. */
export async function courseOfGroup(
  session: Session,
  siteId: number,
  groupId: number,
): Promise<CourseRow | undefined> {
  const [found] = await session.query<{ row: CourseRow }>(
    'select to_jsonb(t) as row from courses t where site_id = $1 and group_id = $2',
    [siteId, groupId],
  )
  return found?.row
}

/** The place that a person keeps in a course whose group has left, or everybody's in one course. */
export async function courseMembersOf(
  session: Session,
  siteId: number,
  of: { readonly personId: number } | { readonly courseId: number },
): Promise<
  (StoredRow & { readonly course_id: number; readonly person_id: number; readonly role: number })[]
> {
  const [column, value] = 'personId' in of ? ['person_id', of.personId] : ['course_id', of.courseId]
  const rows = await session.query<{
    row: StoredRow & {
      readonly course_id: number
      readonly person_id: number
      readonly role: number
    }
  }>(`select to_jsonb(t) as row from course_members t where site_id = $1 and ${column} = $2`, [
    siteId,
    value,
  ])
  return rows.map(({ row }) => row)
}

/** Memberships that hold now, of a person or in a group. */
export function membershipsNow(
  session: Session,
  siteId: number,
  of: { readonly personId: number } | { readonly groupId: number },
): Promise<(NewMembership & { readonly active: boolean })[]> {
  const [column, value] = 'personId' in of ? ['person_id', of.personId] : ['group_id', of.groupId]
  return session.query(
    `select ${MEMBERSHIP} from memberships m where m.site_id = $1 and m.${column} = $2 and m.to_run is null
     order by m.group_id, m.person_id`,
    [siteId, value],
  )
}

const MEMBERSHIP = `m.group_id as "groupId", m.person_id as "personId", m.source_id as "sourceId", m.role, m.active,
  m.begins::text as begins, m.ends::text as ends`

/**
 * Memberships that ended when a person went to the recycle bin, in groups that are still there: those made by hand, or
 * all of them.
 */
export function membershipsBinned(
  session: Session,
  siteId: number,
  { person_id: personId, binned_run: binnedRun }: PersonRow,
  which: 'manual' | 'all',
): Promise<NewMembership[]> {
  return session.query(
    `select ${MEMBERSHIP} from memberships m
     join groups g on g.site_id = m.site_id and g.group_id = m.group_id and g.state = 'active'
     where m.site_id = $1 and m.person_id = $2 and m.to_run = $3 ${which === 'all' ? '' : 'and m.source_id is null'}`,
    [siteId, personId, binnedRun ?? 0],
  )
}

/** Who else has this username now. */
export async function usernameIsTaken(
  session: Session,
  siteId: number,
  username: string,
  except: number,
): Promise<boolean> {
  const rows = await session.query(
    `select from persons where site_id = $1 and username_key = $2 and state = 'active' and person_id <> $3`,
    [siteId, username.toLowerCase(), except],
  )
  return rows.length > 0
}

export async function sourceName(
  session: Session,
  siteId: number,
  sourceId: number,
): Promise<string> {
  const [row] = await session.query<{ name: string }>(
    'select name from sources where site_id = $1 and source_id = $2',
    [siteId, sourceId],
  )
  return row?.name ?? ''
}

/** Sources that claim persons whom another one owns. */
export function claimed(
  session: Session,
  siteId: number,
  ids: readonly number[],
): Promise<{ readonly id: number; readonly sourceId: number }[]> {
  return session.query(
    `select distinct id, source_id as "sourceId" from claims
     where site_id = $1 and kind = 'person' and id = any($2)`,
    [siteId, ids],
  )
}
