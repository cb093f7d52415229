import type { ApplyContext, PlanRows } from './apply.ts'
import type { Session } from './connect.ts'
import { recount } from './counts.ts'

/**
 * Groups, persons and relations of one source hang together with another's: where a site has several, what a plan
 * does to the numbers of each is counted, not worked out; so it is where something made by hand becomes a source's.
 */
export async function countAnew(
  session: Session,
  context: ApplyContext,
  moves: boolean,
  changesOwner: boolean,
): Promise<void> {
  const { siteId } = context
  const sources = await session.query<{ id: number }>(
    'select source_id as id from sources where site_id = $1',
    [siteId],
  )
  if (sources.length > 1 || changesOwner)
    for (const { id } of sources) await recount(session, siteId, id)
  else if (moves) await moveCounts(session, context)
}

async function moveCounts(session: Session, { siteId, sourceId }: ApplyContext): Promise<void> {
  await session.execute(
    `merge into counts c
     using (select kind, profile, case when school < -1 then pg_temp.real_id(school) else school end as school,
       sum(delta) as delta from planned_count group by 1, 2, 3) d
     on c.site_id = $1 and c.source_id = $2 and c.kind = d.kind and c.profile = d.profile and c.school_id = d.school
     when matched then update set n = c.n + d.delta
     when not matched then insert (site_id, source_id, kind, profile, school_id, n)
       values ($1, $2, d.kind, d.profile, d.school, d.delta)`,
    [siteId, sourceId],
  )
}

/**
 * Part of the memberships and persons of a site that a plan has to add for the statistics to be renewed at once rather than in the
 * database's own time: renewing costs a second or two, which is as much as the rest of an ordinary night.
 */
const STATISTICS_SHARE = 0.2
const STATISTICS_ROWS = 5_000

/** Without statistics the night after a first import scans a million memberships where an index would do. */
export async function refreshStatistics(session: Session, { rows }: PlanRows): Promise<void> {
  const added = (rows['membership_add'] ?? 0) + (rows['person_add'] ?? 0)
  if (added < STATISTICS_ROWS) return
  // What the statistics in use take the tables to have: -1 where there are none.
  const [known] = await session.query<{ rows: number }>(
    `select coalesce(sum(greatest(reltuples, 0)), 0)::float8 as rows from pg_class
     where oid in ('persons'::regclass, 'memberships'::regclass)`,
  )
  if (added < STATISTICS_SHARE * (known?.rows ?? 0)) return
  await session.execute(
    'analyze persons (site_id, person_id, source_id, key, state, profile, username_key, from_run), groups, memberships, courses, relations',
  )
}
