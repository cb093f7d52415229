import type { Session } from './connect.ts'

/** Runs of the site whose plans are kept: those that wait, and those that were only observed. */
export async function heldPlans(session: Session, siteId: number): Promise<number[]> {
  const rows = await session.query<{ id: number }>(
    `select run_id as id from runs r where site_id = $1 and state in ('held', 'observed') and exists (
       select from plan_blocks b where b.site_id = r.site_id and b.run_id = r.run_id) order by run_id`,
    [siteId],
  )
  return rows.map(({ id }) => id)
}

/** Those that would change one of these persons. */
export async function plansChanging(
  session: Session,
  siteId: number,
  persons: readonly number[],
): Promise<number[]> {
  const rows = await session.query<{ id: number }>(
    `select distinct r.run_id as id from runs r join changes c on c.site_id = r.site_id and c.run_id = r.run_id
     where r.site_id = $1 and r.state in ('held', 'observed') and c.kind = 'person' and c.id = any($2)`,
    [siteId, persons],
  )
  return rows.map(({ id }) => id)
}

/**
 * Rejects plans that wait, and deletes everything that they and those that were only observed hold. What a delta said is
 * said once: its source needs a full delivery then.
 *
 * @returns the runs whose plans waited.
 */
export async function rejectForErasure(
  session: Session,
  siteId: number,
  runs: readonly number[],
  decision: { readonly at: string; readonly by: string; readonly reason: string },
): Promise<number[]> {
  if (runs.length === 0) return []
  const rejected = await session.query<{ id: number }>(
    `update runs set state = 'rejected', decision = $3, report = report || '{"outcome": "rejected"}'
     where site_id = $1 and run_id = any($2) and state = 'held' returning run_id as id`,
    [siteId, runs, JSON.stringify(decision)],
  )
  await session.execute(
    `update sources s set state = jsonb_build_object('needsFull', jsonb_build_object('since', $3::text, 'run', r.run_id)) || s.state
     from runs r where r.site_id = $1 and s.site_id = $1 and s.source_id = r.source_id and r.run_id = any($2)
       and r.state = 'rejected' and r.report->'delivery'->>'type' <> 'full'`,
    [siteId, runs, decision.at],
  )
  for (const table of ['plan_blocks', 'changes']) {
    await session.execute(`delete from ${table} where site_id = $1 and run_id = any($2)`, [
      siteId,
      runs,
    ])
  }
  return rejected.map(({ id }) => id)
}
