import type { Session } from './connect.ts'
import { CopyRows } from './copy-rows.ts'
import type { EarlierPart } from './earlier-rows.ts'

/** A run by hand, inside its transaction. */
export interface HandContext {
  readonly siteId: number
  readonly runId: number
}

/** A row of a table as JSON, column by column. */
export type StoredRow = { readonly [column: string]: unknown }

/** A membership that holds now, or is to hold. `sourceId` null is one made by hand. */
export interface MembershipName {
  readonly groupId: number
  readonly personId: number
  readonly sourceId: number | null
}

export interface NewMembership extends MembershipName {
  /** Index into ROLES. */
  readonly role: number
  readonly begins?: string | null
  readonly ends?: string | null
}

const PARTS = [
  ['persons', 't.person_id = n.id'],
  ['groups', 't.group_id = n.id'],
  ['courses', 't.course_id = n.id'],
  ['course_members', 't.course_id = n.id and t.person_id = n.other_id'],
  ['relations', 't.person_id = n.id and t.other_id = n.other_id and t.kind = n.kind'],
  ['claims', `t.id = n.id and t.source_id = n.other_id and t.kind || ' ' || t.key = n.kind`],
  ['aliases', `t.id = n.id and t.kind || ' ' || t.key = n.kind`],
] as const satisfies readonly (readonly [EarlierPart, string])[]

/** Makes the tables in which a run by hand gathers what is to be, before any of it is written. */
export async function beginRewrite(session: Session): Promise<void> {
  await session.execute(
    `create temp table next_rows (part text, id bigint, other_id bigint not null default 0,
       kind text not null default '', row jsonb, primary key (part, id, other_id, kind)) on commit drop;
     create temp table ending (group_id bigint, person_id bigint, source_id int) on commit drop;
     create temp table beginning (source_id int, group_id bigint, person_id bigint, role smallint, active boolean,
       begins date, ends date, detail json) on commit drop`,
  )
}

/** What a row is to be; null takes it away. */
export async function nextRow(
  session: Session,
  part: EarlierPart,
  id: number,
  row: StoredRow | null,
  otherId = 0,
  kind = '',
): Promise<void> {
  await session.execute(
    `insert into next_rows (part, id, other_id, kind, row) values ($1, $2, $3, $4, $5)
     on conflict (part, id, other_id, kind) do update set row = excluded.row`,
    [part, id, otherId, kind, row === null ? null : JSON.stringify(row)],
  )
}

/** Memberships that are to end. */
export async function nextEndings(
  session: Session,
  memberships: readonly MembershipName[],
): Promise<void> {
  const rows = new CopyRows()
  for (const { groupId, personId, sourceId } of memberships) rows.add(groupId, personId, sourceId)
  await session.copyIn('copy ending from stdin', rows.chunks)
}

/** Memberships that are to begin, active. */
export async function nextBeginnings(
  session: Session,
  memberships: readonly NewMembership[],
): Promise<void> {
  const rows = new CopyRows()
  for (const { groupId, personId, sourceId, role, begins, ends } of memberships) {
    rows.add(sourceId, groupId, personId, role, true, begins ?? null, ends ?? null, null)
  }
  await session.copyIn('copy beginning from stdin', rows.chunks)
}

/** The next id of something that a site makes by hand. */
export async function takeId(session: Session, siteId: number): Promise<number> {
  const [site] = await session.query<{ id: number }>(
    'update sites set last_id = last_id + 1 where site_id = $1 returning last_id as id',
    [siteId],
  )
  return site?.id ?? 0
}

/**
 * Writes what was gathered: every row that is changed, made or taken away is kept first as it was found. Whole rows
 * are replaced, old ones first, so that two records may swap keys or usernames.
 */
export async function applyRewrite(
  session: Session,
  { siteId, runId }: HandContext,
): Promise<void> {
  for (const [part, same] of PARTS) {
    const where = `n.part = '${part}'`
    const kept = await session.execute(
      `insert into earlier_rows (site_id, run_id, part, id, other_id, kind, found)
       select $1, $2, n.part, n.id, n.other_id, n.kind, to_jsonb(t)
       from next_rows n left join ${part} t on t.site_id = $1 and ${same} where ${where}
       on conflict do nothing`,
      [siteId, runId],
    )
    if (kept === 0) continue
    await session.execute(
      `delete from ${part} t using next_rows n where ${where} and t.site_id = $1 and ${same}`,
      [siteId],
    )
    await session.execute(
      `insert into ${part} select t.* from next_rows n, jsonb_populate_record(null::${part}, n.row) t
       where ${where} and n.row is not null`,
    )
  }
  await session.execute(
    `update memberships m set to_run = $2 from ending e
     where m.site_id = $1 and m.group_id = e.group_id and m.person_id = e.person_id
       and m.source_id is not distinct from e.source_id and m.to_run is null`,
    [siteId, runId],
  )
  await session.execute(
    `insert into memberships (site_id, source_id, group_id, person_id, role, active, begins, ends, detail, from_run)
     select $1, source_id, group_id, person_id, role, active, begins, ends, detail, $2 from beginning`,
    [siteId, runId],
  )
}
