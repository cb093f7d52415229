import type { PersonRecord } from '../roster/person.ts'
import type { Session } from './connect.ts'
import type { RecordName } from './hand-lookups.ts'
import type { HandContext } from './rewrite.ts'

/** A person who may be erased. */
export interface Erasable {
  readonly id: number
  readonly key: string | null
  readonly state: 'active' | 'binned' | 'undone'
  /** Since when he is in the recycle bin, or his adding undone; null where nothing tells any more. */
  readonly since: string | null
}

/** When what a run did took effect. */
export const APPLIED_AT = (run: string): string =>
  `coalesce((${run}.decision ->> 'at')::timestamptz, ${run}.finished_at, ${run}.started_at)`

const ERASABLE = `select p.person_id as id, p.key, p.state, (select ${APPLIED_AT('r')} from runs r
    where r.site_id = p.site_id and r.run_id = case p.state when 'binned' then p.binned_run else (
      select max(c.run_id) from changes c where c.site_id = p.site_id and c.kind = 'person' and c.id = p.person_id) end
  ) as since from persons p where p.site_id = $1`

/** The person of this name; by key one who is there or in the recycle bin before one whose adding was undone. */
export async function erasableNamed(
  session: Session,
  siteId: number,
  name: RecordName,
): Promise<Erasable | undefined> {
  const [column, value] = 'key' in name ? ['key', name.key] : ['person_id', name.id]
  const [row] = await session.query<Erasable>(
    `${ERASABLE} and p.${column} = $2 and p.state <> 'erased' order by p.state = 'undone', p.person_id desc limit 1`,
    [siteId, value],
  )
  return row
}

/** Persons who have been in the recycle bin, or undone, since before a moment; the longest first. */
export function erasableBefore(
  session: Session,
  siteId: number,
  before: string,
): Promise<Erasable[]> {
  return session.query<Erasable>(
    `select * from (${ERASABLE} and p.state in ('binned', 'undone')) e
     where coalesce(since < $2, true) order by since nulls first, id`,
    [siteId, before],
  )
}

/** Fields whose values are one person's alone. */
const IDENTIFYING = ['key', 'username', 'email', 'nationalNumber', 'feideId', 'upn']

/** Everything that persons are or were known by: keys, and the other values that are one person's alone. */
export async function identifiersOf(
  session: Session,
  siteId: number,
  ids: readonly number[],
): Promise<{ readonly id: number; readonly field: string; readonly value: string }[]> {
  return session.query(
    `with known as (
       select person_id as id, to_jsonb(p) as r from persons p where site_id = $1 and person_id = any($2)
       union all select id, found from earlier_rows where site_id = $1 and part = 'persons' and id = any($2)
       union all select id, jsonb_build_object('key', key, 'sent', sent) from claims
         where site_id = $1 and kind = 'person' and id = any($2)
       union all select id, jsonb_build_object('key', key) from aliases
         where site_id = $1 and kind = 'person' and id = any($2)
       union all select id, jsonb_build_object('key', key, 'own', before, 'edited', after) from changes
         where site_id = $1 and kind = 'person' and id = any($2)
     )
     select distinct id, field, values ->> field as value from known
     cross join lateral unnest(array[r, r -> 'own', r -> 'edited', r -> 'sent', r #> '{sent,fields}']) as values
     cross join unnest($3::text[]) as field
     where jsonb_typeof(values) = 'object' and values ->> field <> '' order by 1, 2, 3`,
    [siteId, ids, IDENTIFYING],
  )
}

/** Which of these values another person or a group has as well. */
export async function alsoOthers(
  session: Session,
  siteId: number,
  ids: readonly number[],
  values: readonly string[],
): Promise<string[]> {
  const rows = await session.query<{ value: string }>(
    `select distinct v as value from persons p cross join lateral (
         select unnest(array[p.key, p.username]) as v
         union all select o ->> f from unnest(array[p.own, p.edited, p.sent -> 'fields']) o, unnest($4::text[]) f) w
       where p.site_id = $1 and p.state in ('active', 'binned') and p.person_id <> all($2) and v = any($3)
     union select key from groups where site_id = $1 and key = any($3)`,
    [siteId, ids, values, IDENTIFYING],
  )
  return rows.map(({ value }) => value)
}

/** Somebody who stays, and whose record named an erased person. */
export interface Unrelated {
  readonly id: number
  readonly sourceId: number | null
  readonly sent: PersonRecord
}

const WITHOUT_RELATIONS = (record: string): string =>
  `jsonb_set(${record}, '{relations}', coalesce((select jsonb_agg(r order by n)
     from jsonb_array_elements(${record} -> 'relations') with ordinality as a(r, n)
     where r ->> 'other' <> all($3)), '[]'))`
const NAMES_THEM = (record: string): string =>
  `jsonb_typeof(${record} -> 'relations') = 'array'
     and exists (select from jsonb_array_elements(${record} -> 'relations') r where r ->> 'other' = any($3))`

/** Takes erased persons out of what others' records say of their relations; gives whose. */
export async function forgetRelations(
  session: Session,
  siteId: number,
  ids: readonly number[],
  keys: readonly string[],
): Promise<Unrelated[]> {
  const values = [siteId, ids, keys]
  await session.execute(
    `delete from relations where site_id = $1 and (person_id = any($2) or other_id = any($2))`,
    [siteId, ids],
  )
  await session.execute(
    `update earlier_rows e set found = jsonb_set(found, '{sent}', ${WITHOUT_RELATIONS(`(e.found -> 'sent')`)})
     where site_id = $1 and part = 'persons' and id <> all($2) and ${NAMES_THEM(`(e.found -> 'sent')`)}`,
    values,
  )
  await session.execute(
    `update claims c set sent = ${WITHOUT_RELATIONS('c.sent')}, fingerprint = ''
     where site_id = $1 and kind = 'person' and id <> all($2) and ${NAMES_THEM('c.sent')}`,
    values,
  )
  return session.query<Unrelated>(
    `update persons p set sent = ${WITHOUT_RELATIONS('p.sent')}
     where site_id = $1 and person_id <> all($2) and ${NAMES_THEM('p.sent')}
     returning person_id as id, source_id as "sourceId", sent`,
    values,
  )
}

/** Groups in whose lists erased persons stood at any time, and that are there. */
export async function groupsOfErased(
  session: Session,
  siteId: number,
  ids: readonly number[],
): Promise<{ readonly sourceId: number; readonly groupId: number }[]> {
  return session.query(
    `select distinct m.source_id as "sourceId", m.group_id as "groupId" from memberships m
     join groups g on g.site_id = m.site_id and g.group_id = m.group_id and g.state = 'active'
     where m.site_id = $1 and m.person_id = any($2) and m.source_id is not null`,
    [siteId, ids],
  )
}

/**
 * Makes rows of persons hold nothing but their numbers, and takes them out of every table that has rows of theirs. What
 * the journal has of them stays as rows without keys and values. Nothing is kept as it was found: that is the point.
 */
export async function eraseRows(
  session: Session,
  { siteId, runId }: HandContext,
  ids: readonly number[],
): Promise<void> {
  const both = [siteId, ids]
  await session.execute(
    `update memberships set to_run = $3 where site_id = $1 and person_id = any($2) and to_run is null`,
    [siteId, ids, runId],
  )
  for (const statement of [
    `update memberships set detail = null where site_id = $1 and person_id = any($2) and detail is not null`,
    `delete from course_members where site_id = $1 and person_id = any($2)`,
    `delete from earlier_rows where site_id = $1 and (part in ('persons', 'claims', 'aliases') and id = any($2)
       or part = 'course_members' and other_id = any($2)
       or part = 'relations' and (id = any($2) or other_id = any($2)))`,
    `update changes set key = null, before = null, after = null
     where site_id = $1 and kind = 'person' and id = any($2)`,
    `delete from claims where site_id = $1 and kind = 'person' and id = any($2)`,
    `delete from aliases where site_id = $1 and kind = 'person' and id = any($2)`,
    `delete from waiting where site_id = $1 and (kind = 'person' and id = any($2)
       or kind = 'membership' and other_id = any($2) or kind = 'relation' and (id = any($2) or other_id = any($2)))`,
    `delete from look_again where site_id = $1 and kind = 'person' and id = any($2)`,
  ]) {
    await session.execute(statement, both)
  }
  await session.execute(
    `update persons set state = 'erased', source_id = null, key = null, profile = 'other', username = null,
       username_key = null, protected = false, sent = null, own = '{}', edited = '{}', from_run = null,
       binned_run = $3, merged_into = null
     where site_id = $1 and person_id = any($2)`,
    [siteId, ids, runId],
  )
  await session.execute(
    `insert into changes (site_id, run_id, seq, kind, action, id)
     select $1, $3, n, 'person', 'erase', id from unnest($2::bigint[]) with ordinality as e(id, n)`,
    [siteId, ids, runId],
  )
}
