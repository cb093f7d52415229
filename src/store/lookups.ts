import type { GroupKind, GroupRecord } from '../roster/group.ts'
import type { PersonRecord, RelationClaim } from '../roster/person.ts'
import type { Session } from './connect.ts'
import { ROLES, roleText } from '../roster/membership.ts'
import { CopyRows, readCopyStream } from './copy-rows.ts'

/** Rows with a whole record each are fetched this many at a time: 20,000 persons are about 30 MB. */
const RECORDS_AT_ONCE = 20_000

export interface KeyOwner {
  readonly key: string
  readonly id: number
  readonly state: 'active' | 'binned'
  readonly sourceId: number | null
  /** In the recycle bin by hand, whatever a source sends. */
  readonly binnedByHand: boolean
}

/** Persons of the roster, in the bin or not, that have one of these keys. */
export function personsByKey(
  session: Session,
  siteId: number,
  keys: readonly string[],
): Promise<KeyOwner[]> {
  return session.query<KeyOwner>(
    `select key, person_id as id, state, source_id as "sourceId", state = 'binned' and exists (select from runs r
       where r.site_id = persons.site_id and r.run_id = binned_run and r.source_id is null) as "binnedByHand"
     from persons where site_id = $1 and key = any($2) and state in ('active', 'binned')`,
    [siteId, keys],
  )
}

export interface StoredPerson {
  readonly id: number
  /** Null, like the record, where he was made by hand. */
  readonly key: string | null
  readonly state: 'active' | 'binned'
  readonly profile: string
  readonly username: string | null
  readonly sent: PersonRecord | null
  readonly own: { readonly [field: string]: unknown }
}

export async function* personsById(
  session: Session,
  siteId: number,
  ids: readonly number[],
): AsyncGenerator<StoredPerson> {
  for (let from = 0; from < ids.length; from += RECORDS_AT_ONCE) {
    yield* await session.query<StoredPerson>(
      `select person_id as id, key, state, profile, username, sent, own
       from persons where site_id = $1 and person_id = any($2)`,
      [siteId, ids.slice(from, from + RECORDS_AT_ONCE)],
    )
  }
}

/** Key, profile and username of each, without the record. */
export function personHeads(
  session: Session,
  siteId: number,
  ids: readonly number[],
): Promise<{ readonly id: number; readonly key: string; readonly profile: string }[]> {
  return session.query(
    `select person_id as id, key, profile from persons
     where site_id = $1 and person_id = any($2) order by person_id`,
    [siteId, ids],
  )
}

/** Who has these usernames (in lower case) now. */
export function usernameOwners(
  session: Session,
  siteId: number,
  usernames: readonly string[],
): Promise<{ readonly username: string; readonly id: number; readonly sourceId: number | null }[]> {
  return session.query(
    `select username_key as username, person_id as id, source_id as "sourceId" from persons
     where site_id = $1 and username_key = any($2) and state = 'active'`,
    [siteId, usernames],
  )
}

export interface StoredGroup {
  readonly id: number
  readonly key: string | null
  /** The key as sources send it: without the year that rules make part of it. */
  readonly sentKey: string | null
  readonly kind: GroupKind
  readonly title: string
  readonly sourceId: number | null
  readonly parentId: number | null
  readonly parentKey: string | null
  readonly schoolId: number | null
  /** The year node under which it is known. */
  readonly yearId: number | null
}

/** Every group of the site that is there now, without its record. */
export function activeGroups(session: Session, siteId: number): Promise<StoredGroup[]> {
  return session.query<StoredGroup>(
    `select group_id as id, key, coalesce(sent_key, key) as "sentKey", kind, title, source_id as "sourceId",
       parent_id as "parentId", parent_key as "parentKey", school_id as "schoolId", year_id as "yearId"
     from groups where site_id = $1 and state = 'active' order by group_id`,
    [siteId],
  )
}

export async function* groupsById(
  session: Session,
  siteId: number,
  ids: readonly number[],
): AsyncGenerator<{
  readonly id: number
  readonly sent: GroupRecord | null
  readonly own: { readonly [field: string]: unknown }
}> {
  for (let from = 0; from < ids.length; from += RECORDS_AT_ONCE) {
    yield* await session.query<{
      id: number
      sent: GroupRecord | null
      own: { readonly [field: string]: unknown }
    }>('select group_id as id, sent, own from groups where site_id = $1 and group_id = any($2)', [
      siteId,
      ids.slice(from, from + RECORDS_AT_ONCE),
    ])
  }
}

/** Which of these keys courses had that were archived earlier, each with the year node under which the course was. */
export function archivedCourses(
  session: Session,
  siteId: number,
  keys: readonly string[],
): Promise<{ readonly key: string; readonly yearId: number | null }[]> {
  return session.query(
    `select distinct c.key, g.year_id as "yearId" from courses c
     left join groups g on g.site_id = c.site_id and g.gone_run = c.archived_run and g.key = c.key
     where c.site_id = $1 and c.key = any($2) and c.state = 'archived'`,
    [siteId, keys],
  )
}

export interface StoredMembership {
  readonly groupId: number
  readonly personId: number
  readonly role: number
  readonly active: boolean
  readonly begins: string | null
  readonly ends: string | null
  /** The text of its roles; '' where it is one without dates. */
  readonly detail: string
}

/**
 * The source's memberships of those of these groups that have any, group by group, each group's by person. A million stream
 * through without being held.
 */
export async function* membershipsOfGroups(
  session: Session,
  siteId: number,
  sourceId: number,
  groupIds: readonly number[],
): AsyncGenerator<readonly StoredMembership[]> {
  await wantIds(session, groupIds)
  // Nearly all members of a group differ in nothing but the person: a row for all of these, in place of one for each.
  const alike = session.copyOut(
    `copy (select m.group_id, m.role, m.active, m.begins, m.ends, m.detail::text, string_agg(m.person_id::text, ',')
       from wanted join memberships m on m.site_id = ${siteId} and m.group_id = wanted.id
         and m.to_run is null and m.source_id = ${sourceId}
       group by 1, 2, 3, 4, 5, 6 order by 1) to stdout`,
  )
  const byPerson = (one: StoredMembership, other: StoredMembership): number =>
    one.personId - other.personId
  let rows: StoredMembership[] = []
  for await (const [group, role, active, begins, ends, detail, persons] of readCopyStream(alike)) {
    const groupId = Number(group)
    if (rows.length > 0 && rows[0]?.groupId !== groupId) {
      yield rows.sort(byPerson)
      rows = []
    }
    const is = { role: Number(role), active: active === 't' }
    const [from, to] = [begins ?? null, ends ?? null]
    const text = detail ?? roleText(ROLES[is.role] ?? 'guest', is.active, from, to)
    const shared = { groupId, ...is, begins: from, ends: to, detail: text }
    for (const person of persons?.split(',') ?? []) {
      rows.push({ ...shared, personId: Number(person) })
    }
  }
  if (rows.length > 0) yield rows.sort(byPerson)
}

/** Groups in which any of these persons is a member through this source. */
export async function groupsOfPersons(
  session: Session,
  siteId: number,
  sourceId: number,
  personIds: readonly number[],
): Promise<number[]> {
  const rows = await session.query<{ id: number }>(
    `select distinct group_id as id from memberships
     where site_id = $1 and source_id = $2 and person_id = any($3) and to_run is null`,
    [siteId, sourceId, personIds],
  )
  return rows.map(({ id }) => id)
}

/** In which schools each of these persons has how many memberships through the source; school 0 for groups under none. */
export async function* schoolsOfPersons(
  session: Session,
  siteId: number,
  sourceId: number,
  personIds: readonly number[],
): AsyncGenerator<{ personId: number; schoolId: number; memberships: number }> {
  await wantIds(session, personIds)
  const rows = session.copyOut(
    `copy (select m.person_id, coalesce(g.school_id, 0), count(*)
       from wanted join memberships m on m.site_id = ${siteId} and m.person_id = wanted.id and m.to_run is null
         and m.active and m.source_id = ${sourceId}
       join groups g on g.site_id = m.site_id and g.group_id = m.group_id
       group by 1, 2) to stdout`,
  )
  for await (const [personId, schoolId, memberships] of readCopyStream(rows)) {
    yield {
      personId: Number(personId),
      schoolId: Number(schoolId),
      memberships: Number(memberships),
    }
  }
}

export interface StoredRelation {
  readonly personId: number
  readonly otherId: number
  readonly kind: string
  readonly saidBy: number
}

/** Relations that any of these persons is part of. */
export function relationsOf(
  session: Session,
  siteId: number,
  personIds: readonly number[],
): Promise<StoredRelation[]> {
  return session.query<StoredRelation>(
    `select person_id as "personId", other_id as "otherId", kind, said_by as "saidBy" from relations
     where site_id = $1 and (person_id = any($2) or other_id = any($2))`,
    [siteId, personIds],
  )
}

/** Persons of the source whose records, as last accepted, name one of these keys as related, and what they state. */
export function claimsAbout(
  session: Session,
  siteId: number,
  sourceId: number,
  keys: readonly string[],
): Promise<{ readonly id: number; readonly claims: readonly RelationClaim[] }[]> {
  return session.query(
    `select person_id as id, sent->'relations' as claims from persons
     where site_id = $1 and source_id = $2 and state = 'active' and exists (
       select from jsonb_array_elements(sent->'relations') claim where claim->>'other' = any($3))
     order by person_id`,
    [siteId, sourceId, keys],
  )
}

/** Titles of groups by id, gone ones included. */
export async function groupTitles(
  session: Session,
  siteId: number,
  ids: readonly number[],
): Promise<{ [id: string]: string }> {
  const rows = await session.query<{ id: number; title: string }>(
    'select group_id as id, title from groups where site_id = $1 and group_id = any($2)',
    [siteId, ids],
  )
  return Object.fromEntries(rows.map(({ id, title }) => [id, title]))
}

async function wantIds(session: Session, ids: readonly number[]): Promise<void> {
  await session.execute('create temp table if not exists wanted (id bigint) on commit drop')
  await session.execute('truncate wanted')
  const rows = new CopyRows()
  for (const id of ids) rows.add(id)
  await session.copyIn('copy wanted from stdin', rows.chunks)
  await session.execute('analyze wanted')
}

/** Keys of persons and groups by id. */
export async function keysOf(
  session: Session,
  siteId: number,
  personIds: readonly number[],
  groupIds: readonly number[],
): Promise<{ readonly persons: Map<number, string>; readonly groups: Map<number, string> }> {
  type Row = { readonly id: number; readonly key: string }
  const persons = await session.query<Row>(
    'select person_id as id, key from persons where site_id = $1 and person_id = any($2) and key is not null',
    [siteId, personIds],
  )
  const groups = await session.query<Row>(
    'select group_id as id, key from groups where site_id = $1 and group_id = any($2) and key is not null',
    [siteId, groupIds],
  )
  const byId = (rows: readonly Row[]): Map<number, string> =>
    new Map(rows.map(({ id, key }) => [id, key]))
  return { persons: byId(persons), groups: byId(groups) }
}

/** A school by its key: its groups, and who is a member in any of them. */
export async function membersOfSchool(
  session: Session,
  siteId: number,
  key: string,
): Promise<{
  readonly schoolIds: Set<number>
  readonly groupIds: Set<number>
  readonly personIds: Set<number>
}> {
  type Row = { readonly id: number; readonly isSchool: boolean }
  const groups = await session.query<Row>(
    `select g.group_id as id, g.group_id = s.group_id as "isSchool"
     from groups s join groups g on g.site_id = s.site_id and g.school_id = s.group_id
     where s.site_id = $1 and s.key = $2 and s.kind = 'school' and g.state = 'active'`,
    [siteId, key],
  )
  const groupIds = new Set(groups.map(({ id }) => id))
  const persons = await session.query<{ id: number }>(
    `select distinct person_id as id from memberships
     where site_id = $1 and group_id = any($2) and to_run is null`,
    [siteId, [...groupIds]],
  )
  return {
    schoolIds: new Set(groups.filter(({ isSchool }) => isSchool).map(({ id }) => id)),
    groupIds,
    personIds: new Set(persons.map(({ id }) => id)),
  }
}

/** Persons whose identity is protected. */
export async function protectedPersons(session: Session, siteId: number): Promise<number[]> {
  const rows = await session.query<{ id: number }>(
    'select person_id as id from persons where site_id = $1 and protected',
    [siteId],
  )
  return rows.map(({ id }) => id)
}
