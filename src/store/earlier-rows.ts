import type { Session } from './connect.ts'

/** Tables whose rows are kept as a run found them, and what a row is known by. */
const PARTS = {
  persons: { id: 't.person_id', otherId: '0', kind: `''` },
  groups: { id: 't.group_id', otherId: '0', kind: `''` },
  courses: { id: 't.course_id', otherId: '0', kind: `''` },
  course_members: { id: 't.course_id', otherId: 't.person_id', kind: `''` },
  relations: { id: 't.person_id', otherId: 't.other_id', kind: 't.kind' },
  claims: { id: 't.id', otherId: 't.source_id', kind: `t.kind || ' ' || t.key` },
  aliases: { id: 't.id', otherId: '0', kind: `t.kind || ' ' || t.key` },
} as const
export type EarlierPart = keyof typeof PARTS

/**
 * Keeps rows of the roster as a run finds them, before it changes or deletes them: what undo and the history need.
 * Every statement that changes or deletes a row of these tables is preceded by this one. The first keeping counts,
 * so that a row that a run touches twice is kept as it was before the run.
 *
 * @param rows Condition on the table's row, called `t`; may name temporary tables. Costs one statement.
 */
export async function keepEarlier(
  session: Session,
  { siteId, runId }: { readonly siteId: number; readonly runId: number },
  part: EarlierPart,
  rows: string,
): Promise<void> {
  const { id, otherId, kind } = PARTS[part]
  await session.execute(
    `insert into earlier_rows (site_id, run_id, part, id, other_id, kind, found)
     select $1, $2, '${part}', ${id}, ${otherId}, ${kind}, to_jsonb(t)
     from ${part} t where t.site_id = $1 and (${rows})
     on conflict do nothing`,
    [siteId, runId],
  )
}

/** The same for the persons or groups that a planned part names by id. */
export function keepPlanned(
  session: Session,
  run: { readonly siteId: number; readonly runId: number },
  part: 'persons' | 'groups',
  planned: string,
): Promise<void> {
  const rows = `${PARTS[part].id} in (select id from planned_${planned})`
  return keepEarlier(session, run, part, rows)
}
