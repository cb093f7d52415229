import type { Session } from './connect.ts'

/** Minutes between the moments at which two neighbouring sites are kept up: spread over the day, far from each other. */
const SPREAD_MINUTES = 61

/**
 * Sites whose moment of the day has come and which were not kept up since. Needs the operator's view.
 */
export async function sitesToKeepUp(session: Session, now: string): Promise<number[]> {
  const rows = await session.query<{ id: number }>(
    `with site as (
       select site_id as id, retained_at,
         date_trunc('day', $1::timestamptz, 'UTC') + make_interval(mins => site_id * ${SPREAD_MINUTES} % 1440) as today
       from sites
     )
     select id from site
     where coalesce(retained_at <= $1::timestamptz - interval '20 hours', true)
       and coalesce(retained_at < case when today <= $1::timestamptz then today else today - interval '1 day' end, true)
     order by id`,
    [now],
  )
  return rows.map(({ id }) => id)
}

/** Deletes events from before a moment. */
export async function forgetEvents(
  session: Session,
  siteId: number,
  before: string,
): Promise<void> {
  await session.execute('delete from events where site_id = $1 and at < $2', [siteId, before])
}

/** Deletes what was missing and came, or was missing before a moment. */
export async function forgetMissing(
  session: Session,
  siteId: number,
  before: string,
): Promise<void> {
  await session.execute(
    'delete from missing_deliveries where site_id = $1 and told_at < $2 and came_at is not null',
    [siteId, before],
  )
}

/** Deletes arrivals that were dealt with and came before `done`, and those that were given up and came before `left`. */
export async function forgetArrivals(
  session: Session,
  siteId: number,
  { done, left }: { readonly done: string; readonly left: string },
): Promise<void> {
  await session.execute(
    `delete from arrivals where site_id = $1 and (
       arrived_at < $2 and (run_id is not null or discarded_at is not null)
       or arrived_at < $3 and run_id is null and given_up_at is not null)`,
    [siteId, done, left],
  )
}

/** Where the bytes of arrivals lie that may still be imported, below the deliveries folder. */
export async function pathsOfArrivals(session: Session, siteId: number): Promise<string[]> {
  const rows = await session.query<{ path: string }>(
    'select path from arrivals where site_id = $1 and run_id is null and discarded_at is null',
    [siteId],
  )
  return rows.map(({ path }) => path)
}
