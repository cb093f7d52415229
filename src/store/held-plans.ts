import type { Session } from './connect.ts'

/** Runs of the site whose plans wait. */
export async function heldPlans(session: Session, siteId: number): Promise<number[]> {
  const rows = await session.query<{ id: number }>(
    `select run_id as id from runs where site_id = $1 and state = 'held' order by run_id`,
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
     where r.site_id = $1 and r.state = 'held' and c.kind = 'person' and c.id = any($2)`,
    [siteId, persons],
  )
  return rows.map(({ id }) => id)
}

/** Rejects plans and deletes everything that they hold. */
export async function rejectForErasure(
  session: Session,
  siteId: number,
  runs: readonly number[],
  decision: object,
): Promise<void> {
  if (runs.length === 0) return
  await session.execute(
    `update runs set state = 'rejected', decision = $3, report = report || '{"outcome": "rejected"}'
     where site_id = $1 and run_id = any($2)`,
    [siteId, runs, JSON.stringify(decision)],
  )
  for (const table of ['plan_blocks', 'changes']) {
    await session.execute(`delete from ${table} where site_id = $1 and run_id = any($2)`, [
      siteId,
      runs,
    ])
  }
}
