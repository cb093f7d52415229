import type { Session } from './connect.ts'

/** Writes a held plan's changes down, so that they can be shown; ids below zero are what it would add. */
export async function storePlannedChanges(
  session: Session,
  siteId: number,
  runId: number,
  rows: Iterable<Uint8Array>,
): Promise<void> {
  await session.execute(
    `create temp table held_change (seq int, kind text, action text, id bigint, key text, place bigint,
       before jsonb, after jsonb) on commit drop`,
  )
  await session.copyIn('copy held_change from stdin', rows)
  await session.execute(
    `insert into changes (site_id, run_id, seq, kind, action, id, key, place, before, after)
     select $1, $2, seq, kind, action, id, key, place, before, after from held_change`,
    [siteId, runId],
  )
}

/** Takes the changes of a held plan away again. */
export async function forgetPlannedChanges(
  session: Session,
  siteId: number,
  runId: number,
): Promise<void> {
  await session.execute('delete from changes where site_id = $1 and run_id = $2', [siteId, runId])
}
