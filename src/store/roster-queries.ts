import { GROUP_KINDS, type GroupKind } from '../roster/group.ts'
import { mayListProtected, SEARCHED_FIELDS } from '../roster/display.ts'
import { ROLES, type Role } from '../roster/membership.ts'
import type { PersonFields, Profile } from '../roster/person.ts'
import { Conditions, containing } from './conditions.ts'
import type { Session } from './connect.ts'

/** What a list of the roster is narrowed to. Schools, groups and persons are named by sync key. */
export interface RosterFilter {
  readonly school?: string
  readonly profile?: Profile
  readonly kind?: GroupKind
  readonly group?: string
  readonly person?: string
  readonly search?: string
  readonly limit: number
  readonly offset: number
  /** Lists by number instead, what comes behind this place; empty for the beginning. A list stays itself while it is paged. */
  readonly after?: Cursor
}

/** A place in a list that is ordered by number. */
export type Cursor = readonly (number | string)[]

/** A page of a list, and how long the whole list is. */
export interface Page<R> {
  readonly rows: readonly R[]
  readonly total: number
  /** Of a list by number: where the next page begins; undefined on the last one. */
  readonly next?: Cursor
}

export interface PersonRow {
  readonly id: number
  readonly key: string | null
  readonly profile: Profile
  readonly username: string | null
  readonly protected: boolean
  /** What the source sends and what the user has of his own, as one. */
  readonly fields: PersonFields
  /** Titles of the schools where he has a membership. */
  readonly schools: readonly string[]
  readonly source: string | null
  readonly binnedRun: number | null
  readonly binnedAt: string | null
}

export interface GroupRow {
  readonly id: number
  readonly key: string | null
  readonly kind: GroupKind
  readonly title: string
  readonly parentKey: string | null
  readonly parentTitle: string | null
  readonly school: string | null
  readonly members: number
  /** Null where it was made by hand. */
  readonly source: string | null
}

export interface CourseRow {
  readonly id: number
  readonly key: string | null
  readonly state: 'open' | 'archived'
  readonly title: string
  readonly code: string | null
  readonly school: string | null
  /** Those of its group, or the manual ones it kept. */
  readonly members: number
  readonly archivedRun: number | null
  readonly archivedAt: string | null
}

/** Fields as shown: the source's, and the user's own where the source sends none. */
const PERSON_VALUES = `p.own || coalesce(p.sent -> 'fields', '{}') || p.edited`

/** Persons who are there now, or those in the recycle bin. Latest first in the bin, else by name. */
export function listPersons(
  session: Session,
  siteId: number,
  filter: RosterFilter,
  state: 'active' | 'binned' = 'active',
): Promise<Page<PersonRow>> {
  const conditions = new Conditions(siteId, 'p')
  conditions.add((value) => `p.state = ${value}`, state)
  if (!mayListProtected(filter) && filter.search === undefined) conditions.always('not p.protected')
  if (filter.profile !== undefined)
    conditions.add((value) => `p.profile = ${value}`, filter.profile)
  if (filter.person !== undefined) conditions.add((value) => `p.key = ${value}`, filter.person)
  if (filter.search !== undefined) searchPersons(conditions, filter.search, filter)
  if (filter.school !== undefined)
    conditions.add((key) => hasMembership('school', key), filter.school)
  if (filter.group !== undefined) conditions.add((key) => hasMembership('group', key), filter.group)
  const byName =
    state === 'binned' ? 'p.binned_run desc, p.person_id' : `${sortName}, p.key, p.person_id`
  const order = filter.after === undefined ? byName : 'p.person_id'
  return page<PersonRow>(session, filter, conditions, 'persons p', order, 'p.person_id', (ids) => ({
    select: `select p.person_id as id, p.key, p.profile, p.username, p.protected, ${PERSON_VALUES} as fields,
      s.name as source, p.binned_run as "binnedRun", r.started_at as "binnedAt",
      array(select distinct school.title from memberships m
        join groups g on g.site_id = m.site_id and g.group_id = m.group_id
        join groups school on school.site_id = g.site_id and school.group_id = g.school_id
        where m.site_id = p.site_id and m.person_id = p.person_id and m.to_run is null
        order by school.title) as schools
      from persons p
      left join sources s on s.site_id = p.site_id and s.source_id = p.source_id
      left join runs r on r.site_id = p.site_id and r.run_id = p.binned_run
      where p.site_id = $1 and p.person_id = any(${ids}) order by ${order}`,
  }))
}

const sortName = `case when p.protected then null else lower(coalesce(p.edited ->> 'name', p.sent #>> '{fields,name}', p.own ->> 'name')) end nulls last`

/** Protected persons are found by their whole key, and only where nothing else of them is asked for. */
function searchPersons(conditions: Conditions, search: string, filter: RosterFilter): void {
  const whole = conditions.value(search)
  const part = conditions.value(containing(search))
  const texts = SEARCHED_FIELDS.map((field) => `(${PERSON_VALUES}) ->> '${field}' ilike ${part}`)
  const unprotected = `not p.protected and (p.key ilike ${part} or p.username ilike ${part} or ${texts.join(' or ')})`
  const { search: _, ...others } = filter
  const byKey = mayListProtected(others) ? 'true' : 'not p.protected'
  conditions.always(`(p.key = ${whole} and ${byKey}) or (${unprotected})`)
}

function hasMembership(what: 'school' | 'group', key: string): string {
  const named = what === 'school' ? 'g.school_id' : 'g.group_id'
  return `exists (select from memberships m join groups g on g.site_id = m.site_id and g.group_id = m.group_id
    join groups named on named.site_id = g.site_id and named.group_id = ${named} and named.state = 'active'
    where m.site_id = p.site_id and m.person_id = p.person_id and m.to_run is null and named.key = ${key})`
}

/** Groups that are there now, schools first. */
export function listGroups(
  session: Session,
  siteId: number,
  filter: RosterFilter,
): Promise<Page<GroupRow>> {
  const conditions = new Conditions(siteId, 'g')
  conditions.always(`g.state = 'active'`)
  if (filter.kind !== undefined) conditions.add((value) => `g.kind = ${value}`, filter.kind)
  if (filter.group !== undefined) {
    conditions.add((key) => `g.key = ${key} or parent.key = ${key}`, filter.group)
  }
  if (filter.school !== undefined) conditions.add((key) => `school.key = ${key}`, filter.school)
  if (filter.person !== undefined) {
    conditions.add(
      (key) => `exists (select from memberships m join persons p
        on p.site_id = m.site_id and p.person_id = m.person_id and not p.protected
        where m.site_id = g.site_id and m.group_id = g.group_id and m.to_run is null and p.key = ${key})`,
      filter.person,
    )
  }
  if (filter.search !== undefined) {
    conditions.add(
      (part) => `g.title ilike ${part} or g.key ilike ${part}`,
      containing(filter.search),
    )
  }
  const kinds = GROUP_KINDS.map((kind) => `'${kind}'`).join(', ')
  const byKind = `array_position(array[${kinds}], g.kind), g.title, g.group_id`
  const order = filter.after === undefined ? byKind : 'g.group_id'
  const from = `groups g
    left join groups parent on parent.site_id = g.site_id and parent.group_id = g.parent_id
    left join groups school on school.site_id = g.site_id and school.group_id = g.school_id`
  return page<GroupRow>(session, filter, conditions, from, order, 'g.group_id', (ids) => ({
    select: `select g.group_id as id, g.key, g.kind, g.title, g.parent_key as "parentKey",
      parent.title as "parentTitle", school.title as school,
      (select count(distinct m.person_id)::int from memberships m
        where m.site_id = g.site_id and m.group_id = g.group_id and m.to_run is null) as members,
      (select s.name from sources s where s.site_id = g.site_id and s.source_id = g.source_id) as source
      from ${from} where g.site_id = $1 and g.group_id = any(${ids}) order by ${order}`,
  }))
}

/** Open courses, or the archive. */
export function listCourses(
  session: Session,
  siteId: number,
  filter: RosterFilter,
  state: 'open' | 'archived' = 'open',
): Promise<Page<CourseRow>> {
  const conditions = new Conditions(siteId, 'c')
  conditions.add((value) => `c.state = ${value}`, state)
  if (filter.school !== undefined) conditions.add((key) => `school.key = ${key}`, filter.school)
  if (filter.group !== undefined) conditions.add((key) => `c.key = ${key}`, filter.group)
  if (filter.search !== undefined) {
    conditions.add(
      (part) => `c.title ilike ${part} or c.code ilike ${part} or c.key ilike ${part}`,
      containing(filter.search),
    )
  }
  if (filter.person !== undefined) {
    conditions.add(
      (
        key,
      ) => `exists (select from persons p where p.site_id = c.site_id and p.key = ${key} and not p.protected
        and (exists (select from memberships m where m.site_id = c.site_id and m.group_id = c.group_id
            and m.person_id = p.person_id and m.to_run is null)
          or exists (select from course_members m where m.site_id = c.site_id and m.course_id = c.course_id
            and m.person_id = p.person_id)))`,
      filter.person,
    )
  }
  const from = `courses c
    left join groups g on g.site_id = c.site_id and g.group_id = c.group_id
    left join groups school on school.site_id = g.site_id and school.group_id = g.school_id`
  const byTitle =
    state === 'archived' ? 'c.archived_run desc, c.course_id' : 'c.title, c.key, c.course_id'
  const order = filter.after === undefined ? byTitle : 'c.course_id'
  return page<CourseRow>(session, filter, conditions, from, order, 'c.course_id', (ids) => ({
    select: `select c.course_id as id, c.key, c.state, c.title, c.code, school.title as school,
      (select count(*) from (
        select m.person_id from memberships m
          where m.site_id = c.site_id and m.group_id = c.group_id and m.to_run is null
        union select m.person_id from course_members m
          where m.site_id = c.site_id and m.course_id = c.course_id) m)::int as members,
      c.archived_run as "archivedRun", r.started_at as "archivedAt"
      from ${from} left join runs r on r.site_id = c.site_id and r.run_id = c.archived_run
      where c.site_id = $1 and c.course_id = any(${ids}) order by ${order}`,
  }))
}

/** One page: which rows, how many in all, then the rows themselves, so that dear columns are made for the page only. */
export async function page<R>(
  session: Session,
  { limit, offset, after }: Pick<RosterFilter, 'limit' | 'offset' | 'after'>,
  conditions: Conditions,
  from: string,
  order: string,
  id: string,
  rowsOf: (ids: string) => { readonly select: string },
): Promise<Page<R>> {
  const { values, where } = conditions
  const [counted] = await session.query<{ total: number }>(
    `select count(*)::int as total from ${from} where ${where}`,
    values,
  )
  const total = counted?.total ?? 0
  if (total <= offset) return { rows: [], total }
  if (after !== undefined) conditions.after([id], after)
  const ids = await session.query<{ id: number }>(
    `select ${id} as id from ${from} where ${conditions.where} order by ${order}
     limit $${values.length + 1} offset $${values.length + 2}`,
    [...values, limit, offset],
  )
  const rows = await session.query<R>(rowsOf('$2').select, [values[0], ids.map((row) => row.id)])
  const last = ids.at(-1)
  const more = after !== undefined && last !== undefined && ids.length === limit
  return { rows, total, ...(more ? { next: [last.id] } : {}) }
}

/** The name of a role as stored. */
export function roleName(role: number): Role {
  return ROLES[role] ?? 'guest'
}
