import type { Session } from './connect.ts'

/** Tables whose rows are kept as a run found them, and what a row is known by. */
const PARTS = {
  persons: { id: 'person_id', otherId: '0', kind: `''` },
  groups: { id: 'group_id', otherId: '0', kind: `''` },
  courses: { id: 'course_id', otherId: '0', kind: `''` },
  course_members: { id: 'course_id', otherId: 'person_id', kind: `''` },
  relations: { id: 'person_id', otherId: 'other_id', kind: 'kind' },
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
     select $1, $2, '${part}', t.${id}, ${otherId === '0' ? '0' : `t.${otherId}`},
       ${kind === 'kind' ? 't.kind' : `''`}, to_jsonb(t)
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
  const rows = `t.${PARTS[part].id} in (select id from planned_${planned})`
  return keepEarlier(session, run, part, rows)
}
