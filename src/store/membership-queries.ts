import { mayListProtected } from '../roster/display.ts'
import type { Role } from '../roster/membership.ts'
import type { RelationKind } from '../roster/person.ts'
import { Conditions, containing } from './conditions.ts'
import type { Session } from './connect.ts'
import { type Cursor, type Page, type RosterFilter, roleName } from './roster-queries.ts'

export interface MembershipRow {
  readonly groupId: number
  readonly groupKey: string | null
  readonly group: string
  readonly school: string | null
  readonly memberKind: 'person' | 'group'
  readonly personId: number | null
  readonly personKey: string | null
  readonly name: string | null
  readonly protected: boolean
  readonly role: Role
  /** Status 1. */
  readonly active: boolean
  readonly begins: string | null
  readonly ends: string | null
  /** Sources that say so, by name; null for a membership by hand. */
  readonly sources: readonly (string | null)[]
}

/** The day for which memberships are asked, source by source: the same instant is another day elsewhere. */
export interface ActiveOn {
  /** Source id to `YYYY-MM-DD`. */
  readonly days: { readonly [sourceId: string]: string }
  /** For memberships of no source. */
  readonly otherwise: string
}

/**
 * Memberships that hold now, group links among them; with `on`, only those that are active on that day: status 1,
 * begun and not ended. Of a member through several sources the strongest role.
 */
export async function listMemberships(
  session: Session,
  siteId: number,
  filter: RosterFilter,
  on?: ActiveOn,
): Promise<Page<MembershipRow>> {
  const conditions = new Conditions(siteId, 'm')
  conditions.always('m.to_run is null')
  if (!mayListProtected(filter)) conditions.always('not m.protected')
  if (filter.group !== undefined) conditions.add((key) => `g.key = ${key}`, filter.group)
  if (filter.school !== undefined) conditions.add((key) => `school.key = ${key}`, filter.school)
  if (filter.person !== undefined) conditions.add((key) => `m.member_key = ${key}`, filter.person)
  if (filter.profile !== undefined)
    conditions.add((value) => `m.profile = ${value}`, filter.profile)
  if (filter.kind !== undefined) conditions.add((value) => `g.kind = ${value}`, filter.kind)
  if (filter.search !== undefined) {
    conditions.add(
      (part) => `m.name ilike ${part} or g.title ilike ${part} or m.member_key ilike ${part}`,
      containing(filter.search),
    )
  }
  let isActive = (_alias: string): string => 'true'
  if (on !== undefined) {
    const days = conditions.value(JSON.stringify(on.days))
    const otherwise = conditions.value(on.otherwise)
    isActive = (alias) => {
      const day = `coalesce(${days}::jsonb ->> ${alias}.source_id::text, ${otherwise})::date`
      return `${alias}.active and coalesce(${alias}.begins <= ${day}, true) and coalesce(${alias}.ends >= ${day}, true)`
    }
    conditions.always(isActive('m'))
  }
  conditions.always(`not exists (select from memberships s where s.site_id = m.site_id
    and s.group_id = m.group_id and s.person_id = m.person_id and s.to_run is null and ${isActive('s')}
    and (s.active, s.role, coalesce(s.source_id, 0)) > (m.active, m.role, coalesce(m.source_id, 0)))`)
  const from = `(${MEMBERS}) m
    join groups g on g.site_id = m.site_id and g.group_id = m.group_id
    left join groups school on school.site_id = g.site_id and school.group_id = g.school_id`
  const { values } = conditions
  const [counted] = await session.query<{ total: number }>(
    `select count(*)::int as total from ${from} where ${conditions.where}`,
    values,
  )
  if (filter.after !== undefined) conditions.after(MEMBER_PLACE, filter.after)
  const order =
    filter.after === undefined
      ? 'g.title, g.group_id, m.role desc, m.name nulls last, m.member_key'
      : MEMBER_PLACE.join(', ')
  const rows = await session.query<Omit<MembershipRow, 'role'> & { role: number }>(
    `select m.group_id as "groupId", g.key as "groupKey", g.title as "group", school.title as school,
       m.kind as "memberKind", m.person_id as "personId", m.member_key as "personKey", m.name, m.protected,
       m.role, m.active, m.begins::text as begins, m.ends::text as ends, ${SOURCES} as sources
     from ${from} where ${conditions.where} order by ${order}
     limit $${values.length + 1} offset $${values.length + 2}`,
    [...values, filter.limit, filter.offset],
  )
  return {
    rows: rows.map((row) => ({ ...row, role: roleName(row.role) })),
    total: counted?.total ?? 0,
    ...nextOf(filter, rows, (row) => [
      row.groupId,
      row.personId ?? 0,
      row.memberKind === 'group' ? (row.personKey ?? '') : '',
    ]),
  }
}

/** What orders members by number: group, person, and of groups that are members their key. */
const MEMBER_PLACE = [
  'm.group_id',
  'coalesce(m.person_id, 0)',
  `case when m.kind = 'group' then m.member_key else '' end`,
]

/** Where the next page of a list by number begins. */
function nextOf<R>(
  { after, limit }: RosterFilter,
  rows: readonly R[],
  placeOf: (row: R) => Cursor,
): { readonly next?: Cursor } {
  const last = rows.at(-1)
  return after === undefined || last === undefined || rows.length < limit
    ? {}
    : { next: placeOf(last) }
}

/** Who says that the member `m` is one. */
const SOURCES = `array(select s.name from
    (select source_id from memberships b where b.site_id = m.site_id and b.group_id = m.group_id
       and b.person_id = m.person_id and b.to_run is null
     union select m.source_id) said
  left join sources s on s.site_id = m.site_id and s.source_id = said.source_id order by said.source_id)`

/** Persons and linked groups as members, in one form. The name of a protected person never leaves this query. */
const MEMBERS = `select m.site_id, m.source_id, m.group_id, m.person_id, 'person' as kind, p.key as member_key,
    case when p.protected then null else coalesce(p.edited ->> 'name', p.sent #>> '{fields,name}', p.own ->> 'name') end as name,
    p.protected, p.profile, m.role, m.active, m.begins, m.ends, m.to_run
  from memberships m join persons p on p.site_id = m.site_id and p.person_id = m.person_id
  union all
  select l.site_id, l.source_id, l.group_id, null, 'group', l.member_key, linked.title,
    false, null, l.role, true, null, null, l.to_run
  from group_links l left join groups linked
    on linked.site_id = l.site_id and linked.key = l.member_key and linked.state = 'active'`

export interface RelatedPerson {
  readonly id: number
  readonly key: string | null
  readonly name: string | null
  readonly protected: boolean
}

export interface RelationRow {
  readonly kind: RelationKind
  /** The younger: child, learner. */
  readonly person: RelatedPerson
  /** His guardian, next of kin or mentor. */
  readonly other: RelatedPerson
  /** Who states it; a mentor group is no statement of either. */
  readonly saidBy: 'person' | 'other' | 'both' | 'mentor group'
}

const SAID_BY = ['mentor group', 'person', 'other', 'both'] as const

/** Relations that are stated, and mentors that follow from mentor groups. */
export async function listRelations(
  session: Session,
  siteId: number,
  filter: RosterFilter,
): Promise<Page<RelationRow>> {
  const conditions = new Conditions(siteId, 'r')
  if (filter.person !== undefined) {
    conditions.add((key) => `p.key = ${key} or o.key = ${key}`, filter.person)
  }
  if (!mayListProtected(filter)) conditions.always('not p.protected and not o.protected')
  if (filter.search !== undefined) {
    conditions.add(
      (part) => `${nameOf('p')} ilike ${part} or ${nameOf('o')} ilike ${part}
        or p.key ilike ${part} or o.key ilike ${part}`,
      containing(filter.search),
    )
  }
  if (filter.profile !== undefined) {
    conditions.add((value) => `p.profile = ${value} or o.profile = ${value}`, filter.profile)
  }
  for (const [key, id] of [
    [filter.school, 'g.school_id'],
    [filter.group, 'g.group_id'],
  ] as const) {
    if (key === undefined) continue
    conditions.add(
      (value) => `exists (select from memberships m
        join groups g on g.site_id = m.site_id and g.group_id = m.group_id
        join groups named on named.site_id = g.site_id and named.group_id = ${id} and named.state = 'active'
        where m.site_id = r.site_id and m.person_id = r.person_id and m.to_run is null and named.key = ${value})`,
      key,
    )
  }
  const from = `(select site_id, person_id, other_id, kind, said_by from relations
      union all select distinct site_id, person_id, other_id, 'mentor', 0 from mentors) r
    join persons p on p.site_id = r.site_id and p.person_id = r.person_id
    join persons o on o.site_id = r.site_id and o.person_id = r.other_id`
  conditions.always(`p.state = 'active' and o.state = 'active'`)
  const { values } = conditions
  const [counted] = await session.query<{ total: number }>(
    `select count(*)::int as total from ${from} where ${conditions.where}`,
    values,
  )
  if (filter.after !== undefined) conditions.after(RELATION_PLACE, filter.after)
  const order = filter.after === undefined ? 'p.key, r.kind, o.key' : RELATION_PLACE.join(', ')
  const rows = await session.query<{
    kind: RelationKind
    person: RelatedPerson
    other: RelatedPerson
    saidBy: number
  }>(
    `select r.kind, ${related('p')} as person, ${related('o')} as other, r.said_by as "saidBy"
     from ${from} where ${conditions.where} order by ${order}
     limit $${values.length + 1} offset $${values.length + 2}`,
    [...values, filter.limit, filter.offset],
  )
  return {
    rows: rows.map((row) => ({ ...row, saidBy: SAID_BY[row.saidBy] ?? 'both' })),
    total: counted?.total ?? 0,
    ...nextOf(filter, rows, ({ person, other, kind }) => [person.id, other.id, kind]),
  }
}

const RELATION_PLACE = ['r.person_id', 'r.other_id', 'r.kind']

/** Where one of the two is protected neither is named: a guardian's name tells the child's. */
function nameOf(alias: string): string {
  return `case when p.protected or o.protected then null else coalesce(${alias}.edited ->> 'name', ${alias}.sent #>> '{fields,name}', ${alias}.own ->> 'name') end`
}

function related(alias: string): string {
  return `jsonb_build_object('id', ${alias}.person_id, 'key', ${alias}.key, 'name', ${nameOf(alias)},
    'protected', ${alias}.protected)`
}
