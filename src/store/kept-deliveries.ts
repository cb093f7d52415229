import type { Session } from './connect.ts'
import { APPLIED_AT } from './erasure.ts'

/** A file of the deliveries folder, with the deliveries that had these bytes. */
export interface KeptFile {
  /** Below the deliveries folder. */
  readonly path: string
  readonly ids: readonly number[]
  readonly sources: readonly number[]
  /** When it was sent last. */
  readonly sentAt: string
  /** Sources whose newest accepted delivery it is. */
  readonly newestOf: readonly number[]
  /** A run of it waits for something. */
  readonly waits: boolean
}

/** States in which a run is over; any other one waits. */
const OVER = `('applied', 'released', 'rejected', 'superseded', 'refused', 'failed', 'observed')`

/** Every file that is still kept. */
export function keptFiles(session: Session, siteId: number): Promise<KeptFile[]> {
  return session.query<KeptFile>(
    `with newest as (
       select distinct on (source_id) source_id, delivery_id from runs
       where site_id = $1 and state in ('applied', 'released') and delivery_id is not null
       order by source_id, applied desc
     )
     select d.path, array_agg(distinct d.delivery_id) as ids,
       array_agg(distinct d.source_id::bigint) as sources,
       greatest(max(d.received_at), max(r.started_at)) as "sentAt",
       coalesce(array_agg(distinct n.source_id::bigint) filter (where n.source_id is not null), '{}') as "newestOf",
       coalesce(bool_or(r.state not in ${OVER}), false) as waits
     from deliveries d
     left join runs r on r.site_id = d.site_id and r.delivery_id = d.delivery_id
     left join newest n on n.delivery_id = d.delivery_id
     where d.site_id = $1 and d.path is not null group by d.path order by d.path`,
    [siteId],
  )
}

/** Runs whose journal is older than a moment, and still there. */
export async function runsToForget(
  session: Session,
  siteId: number,
  before: string,
): Promise<number[]> {
  const rows = await session.query<{ id: number }>(
    `select run_id as id from runs r where site_id = $1 and not forgotten and state in ${OVER}
       and ${APPLIED_AT('r')} < $2 order by 1`,
    [siteId, before],
  )
  return rows.map(({ id }) => id)
}

/**
 * Deletes the journal of runs and the memberships that they ended. Kept are those that an account in the recycle bin
 * gets back, and those that somebody ended here while a source sends them: both still mean something.
 *
 * @returns how many rows went.
 */
export async function forgetJournal(
  session: Session,
  siteId: number,
  runs: readonly number[],
): Promise<{ readonly [what: string]: number }> {
  if (runs.length === 0) return {}
  const values = [siteId, runs]
  const gone: { [what: string]: number } = {}
  for (const table of ['changes', 'earlier_rows', 'problems']) {
    gone[table] = await session.execute(
      `delete from ${table} where site_id = $1 and run_id = any($2)`,
      values,
    )
  }
  gone['memberships'] = await session.execute(
    `delete from memberships m using runs r
     where m.site_id = $1 and m.to_run = any($2) and r.site_id = $1 and r.run_id = m.to_run
       and not (r.kind = 'member' and m.source_id is not null)
       and not exists (select from persons p where p.site_id = $1 and p.person_id = m.person_id
         and p.state = 'binned' and p.binned_run = m.to_run)`,
    values,
  )
  gone['group_links'] = await session.execute(
    'delete from group_links where site_id = $1 and to_run = any($2)',
    values,
  )
  await session.execute(
    'update runs set forgotten = true where site_id = $1 and run_id = any($2)',
    values,
  )
  return gone
}

/**
 * Whether the site's periods are to be applied: at most once a day. Notes that they are. Costs one statement. A note of a
 * time that has not come yet was made while the clock was wrong.
 */
export async function retentionIsDue(
  session: Session,
  siteId: number,
  now: string,
): Promise<boolean> {
  const rows = await session.execute(
    `update sites set retained_at = $2 where site_id = $1
       and coalesce(retained_at not between $2::timestamptz - interval '20 hours' and $2, true)`,
    [siteId, now],
  )
  return rows > 0
}
