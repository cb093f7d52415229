import type { WaitingChange } from '../change/waiting.ts'
import { Conditions } from './conditions.ts'
import { CopyRows, readCopyRows } from './copy-rows.ts'
import type { Session } from './connect.ts'
import type { Page } from './roster-queries.ts'

/** What waits as rows in COPY format: kept so beside a held plan, and sent so to the database. */
export function waitingRows(changes: Iterable<WaitingChange>): CopyRows {
  const rows = new CopyRows()
  for (const { kind, id, otherId, relation, action, fields, profile } of changes) {
    rows.add(kind, id, otherId, relation, action, JSON.stringify(fields), profile)
  }
  return rows
}

export function readWaitingRows(chunks: Iterable<Uint8Array>): WaitingChange[] {
  return Array.from(
    readCopyRows(chunks),
    ([kind, id, otherId, relation, action, fields, profile]) => ({
      kind: kind as WaitingChange['kind'],
      id: Number(id),
      otherId: Number(otherId),
      relation: relation ?? '',
      action: action as WaitingChange['action'],
      fields: JSON.parse(fields ?? '[]') as string[],
      ...(profile === null || profile === undefined ? {} : { profile }),
    }),
  )
}

interface WaitingOf {
  readonly siteId: number
  readonly sourceId: number
  readonly runId: number
  /** When the run planned it. */
  readonly at: string
  /** Whether nothing else of the source waits: what a full delivery says is all there is. */
  readonly replaces: boolean
}

/** Writes down what waits after a run. What waited before, for the same, goes on waiting since then. */
export async function saveWaiting(
  session: Session,
  { siteId, sourceId, runId, at, replaces }: WaitingOf,
  changes: Iterable<WaitingChange>,
): Promise<void> {
  await session.execute(
    `create temp table now_waiting (kind text, id bigint, other_id bigint, relation text, action text, fields jsonb,
       profile text) on commit drop`,
  )
  await session.copyIn('copy now_waiting from stdin', waitingRows(changes).chunks)
  await session.execute(
    `insert into waiting as w (site_id, source_id, kind, id, other_id, relation, action, fields, run_id, since)
     select $1, $2, kind, id, other_id, relation, action, array(select jsonb_array_elements_text(fields)), $3, $4
     from now_waiting
     on conflict (site_id, source_id, kind, id, other_id, relation) do update set action = excluded.action,
       fields = excluded.fields, run_id = excluded.run_id,
       since = case when w.action = excluded.action then w.since else excluded.since end`,
    [siteId, sourceId, runId, at],
  )
  if (!replaces) return
  await session.execute(
    'delete from waiting where site_id = $1 and source_id = $2 and run_id <> $3',
    [siteId, sourceId, runId],
  )
}

/** Nothing of the source waits any more. */
export async function clearWaiting(
  session: Session,
  siteId: number,
  sourceId: number,
): Promise<void> {
  await session.execute('delete from waiting where site_id = $1 and source_id = $2', [
    siteId,
    sourceId,
  ])
}

/** A change that waits as a list shows it: without values, which are in the delivery only. */
export interface WaitingRow {
  readonly source: string
  readonly kind: WaitingChange['kind']
  readonly action: WaitingChange['action']
  readonly id: number
  /** Of a membership the group's, of a relation the younger person's. */
  readonly key: string | null
  readonly otherKey: string | null
  readonly name: string | null
  readonly relation: string
  readonly fields: readonly string[]
  /** About a person whose identity is protected. */
  readonly protected: boolean
  readonly since: string
  readonly run: number
}

export interface WaitingFilter {
  readonly sourceId?: number
  readonly kinds?: readonly WaitingChange['kind'][]
  readonly key?: string
  readonly profile?: string
  /** Groups and members of a school. */
  readonly school?: { readonly groupIds: Iterable<number>; readonly personIds: Iterable<number> }
  readonly limit: number
  readonly offset: number
}

/** What waits, longest first. */
export async function listWaiting(
  session: Session,
  siteId: number,
  { sourceId, kinds, key, profile, school, limit, offset }: WaitingFilter,
): Promise<Page<WaitingRow>> {
  const conditions = new Conditions(siteId, 'w')
  if (sourceId !== undefined) conditions.add((value) => `w.source_id = ${value}`, sourceId)
  if (kinds !== undefined) conditions.add((value) => `w.kind = any(${value})`, kinds)
  if (key !== undefined) {
    conditions.add((value) => `${value} in (p.key, g.key, o.key)`, key)
  }
  if (profile !== undefined) {
    conditions.add((value) => `${value} in (p.profile, o.profile)`, profile)
  }
  if (school !== undefined) {
    const groups = conditions.value([...school.groupIds])
    const persons = conditions.value([...school.personIds])
    conditions.always(
      `case when w.kind in ('person', 'relation') then w.id = any(${persons}) else w.id = any(${groups}) end`,
    )
    // Where a protected person is must not be told by asking for a school.
    conditions.always(`not ${PROTECTED}`)
  }
  const { values, where } = conditions
  const [counted] = await session.query<{ total: number }>(
    `select count(*)::int as total from ${WAITING_TABLES} where ${where}`,
    values,
  )
  const rows = await session.query<WaitingRow>(
    `select s.name as source, w.kind, w.action, w.id, coalesce(p.key, g.key) as key, o.key as "otherKey",
       coalesce(p.sent->'fields'->>'name', g.title) as name, w.relation, w.fields, ${PROTECTED} as protected,
       w.since, w.run_id as run
     from ${WAITING_TABLES} where ${where} order by w.since, w.kind, w.id, w.other_id, w.relation
     limit $${values.length + 1} offset $${values.length + 2}`,
    [...values, limit, offset],
  )
  return { rows, total: counted?.total ?? 0 }
}

const PROTECTED = '(coalesce(p.protected, false) or coalesce(o.protected, false))'
const WAITING_TABLES = `waiting w join sources s using (site_id, source_id)
  left join persons p on p.site_id = w.site_id and p.person_id = w.id and w.kind in ('person', 'relation')
  left join groups g on g.site_id = w.site_id and g.group_id = w.id and w.kind in ('group', 'course', 'membership')
  left join persons o on o.site_id = w.site_id and o.person_id = w.other_id and w.kind in ('membership', 'relation')`
