import type { GroupRecord } from '../roster/group.ts'
import type { PersonRecord } from '../roster/person.ts'
import type { Session } from './connect.ts'
import type { HandContext } from './rewrite.ts'

/** A record whose entry in its source's mirror a run by hand moves. */
export interface MovedRecord<R> {
  readonly id: number
  /** The source that it belongs to now, with what that one sent; null where no mirror is to have it. */
  readonly sourceId: number | null
  readonly sent: R | null
}

/** Persons and groups of which the run changed what a source said, whose they are, or whether they are there. */
export async function movedRecords(
  session: Session,
  { siteId, runId }: HandContext,
): Promise<{
  readonly persons: MovedRecord<PersonRecord>[]
  readonly groups: MovedRecord<GroupRecord>[]
}> {
  const query = (part: string, id: string): string =>
    `select t.${id} as id, case when t.state = 'active' then t.source_id end as "sourceId",
       case when t.state = 'active' and t.source_id is not null then t.sent end as sent
     from earlier_rows e join ${part} t on t.site_id = $1 and t.${id} = e.id
     where e.site_id = $1 and e.run_id = $2 and e.part = '${part}' and (e.found is null
       or (e.found ->> 'source_id')::int is distinct from t.source_id or e.found ->> 'state' <> t.state
       or nullif(e.found -> 'sent', 'null') is distinct from t.sent)
     order by 1`
  return {
    persons: await session.query(query('persons', 'person_id'), [siteId, runId]),
    groups: await session.query(query('groups', 'group_id'), [siteId, runId]),
  }
}

/** Persons whose relations the run changed: what they say is looked at again. */
export async function personsRelatedAnew(
  session: Session,
  { siteId, runId }: HandContext,
): Promise<number[]> {
  const rows = await session.query<{ id: number }>(
    `select id from earlier_rows where site_id = $1 and run_id = $2 and part = 'relations'
     union select other_id from earlier_rows where site_id = $1 and run_id = $2 and part = 'relations' order by 1`,
    [siteId, runId],
  )
  return rows.map(({ id }) => id)
}

/** A list of members that a run changed. */
export interface MovedList {
  /** The source that sends it. */
  readonly sourceId: number
  readonly groupId: number
  readonly isThere: boolean
}

/** The lists of members that a run changed. */
export function listsMoved(session: Session, { siteId, runId }: HandContext): Promise<MovedList[]> {
  return session.query<MovedList>(
    `select m.source_id as "sourceId", m.group_id as "groupId", g.state = 'active' as "isThere" from (
       select source_id, group_id from memberships
       where site_id = $1 and source_id is not null and (from_run = $2 or to_run = $2)
       union
       select source_id, group_id from group_links
       where site_id = $1 and source_id is not null and (from_run = $2 or to_run = $2)) m
     join groups g on g.site_id = $1 and g.group_id = m.group_id order by 1, 2`,
    [siteId, runId],
  )
}

/** Whether a run by hand changed groups in a way that their tree depends on. */
export async function treeMoved(
  session: Session,
  { siteId, runId }: HandContext,
): Promise<boolean> {
  const [row] = await session.query<{ moved: boolean }>(
    `select exists (select from earlier_rows e join groups g on g.site_id = $1 and g.group_id = e.id
       where e.site_id = $1 and e.run_id = $2 and e.part = 'groups' and (e.found is null
         or (e.found ->> 'state', e.found ->> 'kind', e.found ->> 'key', e.found ->> 'parent_key') is distinct from
           (g.state, g.kind, g.key, g.parent_key)
         or (e.found ->> 'parent_id')::bigint is distinct from g.parent_id)) as moved`,
    [siteId, runId],
  )
  return row?.moved ?? false
}

/** Groups that a run took away, and the parent that each had. */
export async function goneIn(
  session: Session,
  { siteId, runId }: HandContext,
): Promise<Map<number, { readonly parentId: number | null; readonly key: string | null }>> {
  const rows = await session.query<{ id: number; parentId: number | null; key: string | null }>(
    `select group_id as id, parent_id as "parentId", coalesce(sent_key, key) as key from groups
     where site_id = $1 and state = 'gone' and gone_run = $2`,
    [siteId, runId],
  )
  return new Map(rows.map(({ id, parentId, key }) => [id, { parentId, key }]))
}

/** Hangs groups elsewhere. */
export async function moveGroups(
  session: Session,
  { siteId, runId }: HandContext,
  moves: readonly {
    readonly id: number
    readonly parentId: number | null
    readonly schoolId: number | null
    readonly yearId: number | null
  }[],
): Promise<void> {
  if (moves.length === 0) return
  const values = [
    siteId,
    moves.map(({ id }) => id),
    moves.map(({ parentId }) => parentId),
    moves.map(({ schoolId }) => schoolId),
    moves.map(({ yearId }) => yearId),
  ]
  await session.execute(
    `insert into earlier_rows (site_id, run_id, part, id, found)
     select $1, $2, 'groups', t.group_id, to_jsonb(t) from groups t where t.site_id = $1 and t.group_id = any($3)
     on conflict do nothing`,
    [siteId, runId, values[1]],
  )
  await session.execute(
    `update groups g set parent_id = m.parent, school_id = m.school, year_id = m.year
     from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) as m(id, parent, school, year)
     where g.site_id = $1 and g.group_id = m.id`,
    values,
  )
}
