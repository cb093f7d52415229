import type { Session } from './connect.ts'

/** A delivery that came by itself and waits for its run. */
export interface Arrival {
  readonly id: number
  readonly sourceId: number
  readonly channel: 'drop box' | 'collector' | 'upload' | 'api'
  readonly sender: string
  readonly fileName: string
  /** Below the deliveries folder. */
  readonly path: string
  readonly bytes: number
  readonly arrivedAt: string
  /** The run that dealt with it. */
  readonly runId: number | null
  /** Attempts that broke off, with the code of the last one's error; and when no more were made. */
  readonly attempts: number
  readonly error: string | null
  readonly givenUpAt: string | null
  /** No attempt is made before. */
  readonly retryAt: string | null
  readonly discardedAt: string | null
}

const COLUMNS = `arrival_id as id, source_id as "sourceId", channel, sender, file_name as "fileName", path, bytes,
  arrived_at as "arrivedAt", run_id as "runId", attempts, error, given_up_at as "givenUpAt", retry_at as "retryAt",
  discarded_at as "discardedAt"`
const WAITS = 'run_id is null and given_up_at is null and discarded_at is null'

export type NewArrival = Pick<
  Arrival,
  'sourceId' | 'channel' | 'sender' | 'fileName' | 'path' | 'bytes' | 'arrivedAt'
>

/** Gives its number. */
export async function insertArrival(
  session: Session,
  siteId: number,
  { sourceId, channel, sender, fileName, path, bytes, arrivedAt }: NewArrival,
): Promise<number> {
  const [row] = await session.query<{ id: number }>(
    `insert into arrivals (site_id, source_id, channel, sender, file_name, path, bytes, arrived_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8) returning arrival_id as id`,
    [siteId, sourceId, channel, sender, fileName, path, bytes, arrivedAt],
  )
  return row?.id ?? 0
}

export async function arrivalById(
  session: Session,
  siteId: number,
  id: number,
): Promise<Arrival | undefined> {
  const [row] = await session.query<Arrival>(
    `select ${COLUMNS} from arrivals where site_id = $1 and arrival_id = $2`,
    [siteId, id],
  )
  return row
}

/** Whether its last run was cut off and waits to be taken over. The caller holds the site. */
export async function isCutOff(session: Session, siteId: number, id: number): Promise<boolean> {
  const rows = await session.query(
    `select from runs where site_id = $1 and arrival_id = $2 and state = 'running'`,
    [siteId, id],
  )
  return rows.length > 0
}

/** Those of a site that no run has dealt with yet, in order of arrival. */
export function waitingArrivals(session: Session, siteId: number): Promise<Arrival[]> {
  return session.query<Arrival>(
    `select ${COLUMNS} from arrivals where site_id = $1 and ${WAITS} order by arrival_id`,
    [siteId],
  )
}

/** Those of a site that no run has dealt with, nor will by itself: that wait, and that were given up; in order of arrival. */
export function openArrivals(session: Session, siteId: number): Promise<Arrival[]> {
  return session.query<Arrival>(
    `select ${COLUMNS} from arrivals
     where site_id = $1 and run_id is null and discarded_at is null order by arrival_id`,
    [siteId],
  )
}

/** The arrival whose turn it is at its source, with what says when. */
export interface Head {
  readonly siteId: number
  readonly sourceId: number
  readonly arrivalId: number
  readonly arrivedAt: string
  readonly retryAt: string | null
  /** The source's schedule, as it is set; null: on arrival. */
  readonly schedule: 'by hand' | readonly string[] | null
  /** The source's rules, which name its time zone; only where the schedule has clock times. */
  readonly rules: string | null
  /** How many wait behind it. */
  readonly behind: number
}

/** Of each source with arrivals that wait, the first. Of one site, or with the operator's view of all. */
export function heads(session: Session, siteId?: number): Promise<Head[]> {
  return session.query<Head>(
    `select distinct on (a.site_id, a.source_id) a.site_id as "siteId", a.source_id as "sourceId",
       a.arrival_id as "arrivalId", a.arrived_at as "arrivedAt", a.retry_at as "retryAt",
       s.settings->'schedule' as schedule,
       case when jsonb_typeof(s.settings->'schedule') = 'array' then s.rules end as rules,
       count(*) over (partition by a.site_id, a.source_id)::int - 1 as behind
     from arrivals a join sources s using (site_id, source_id)
     where a.run_id is null and a.given_up_at is null and a.discarded_at is null
       and ($1::int is null or a.site_id = $1)
     order by a.site_id, a.source_id, a.arrival_id`,
    [siteId ?? null],
  )
}

/** An attempt that broke off. */
export interface BrokenAttempt {
  readonly error: string
  /** How many attempts are made. */
  readonly attemptsMax: number
  /** Whether this one counts: it does not where the delivery cannot have been the reason. */
  readonly counts: boolean
  /** Minutes until the next attempt: the nth wait, and the last for all that follow. */
  readonly retryMinutes: readonly number[]
  readonly now: string
}

/** Notes that an attempt broke off; from the given number on, the delivery is given up. Gives whether it is. */
export async function noteBrokenAttempt(
  session: Session,
  siteId: number,
  id: number,
  { error, attemptsMax, counts, retryMinutes, now }: BrokenAttempt,
): Promise<boolean> {
  const [row] = await session.query<{ givenUp: boolean }>(
    `update arrivals set error = $3, attempts = case when $6 then attempts + 1 else least(attempts + 1, $4 - 1) end,
       given_up_at = case when $6 and attempts + 1 >= $4 then $5::timestamptz end,
       retry_at = $5::timestamptz + make_interval(mins => ($7::int[])[least(attempts + 1, cardinality($7::int[]))])
     where site_id = $1 and arrival_id = $2 and ${WAITS} returning given_up_at is not null as "givenUp"`,
    [siteId, id, error, attemptsMax, now, counts, retryMinutes],
  )
  return row?.givenUp === true
}

/** Gives an arrival up whose runs were cut off too often; the last of them has failed. */
export async function giveUp(
  session: Session,
  siteId: number,
  id: number,
  { error, now }: { readonly error: string; readonly now: string },
): Promise<void> {
  await session.execute(
    `update arrivals set given_up_at = $4, error = $3 where site_id = $1 and arrival_id = $2 and ${WAITS}`,
    [siteId, id, error, now],
  )
  await session.execute(
    `update runs set state = 'failed', finished_at = $4,
       report = report || jsonb_build_object('outcome', 'failed', 'lost', true, 'error', $3::text)
     where site_id = $1 and arrival_id = $2 and state = 'running'`,
    [siteId, id, error, now],
  )
}

/** A run that the service broke off because it was stopped: not the delivery's fault, so it is no attempt. */
export async function noteGivenBack(session: Session, siteId: number, id: number): Promise<void> {
  await session.execute(
    `update arrivals set attempts = attempts - 1 where site_id = $1 and arrival_id = $2 and ${WAITS}`,
    [siteId, id],
  )
}

/** Lets one that was given up have its attempts again; one that waits for its next attempt need not wait. */
export async function tryAgain(session: Session, siteId: number, id: number): Promise<void> {
  await session.execute(
    `update arrivals set given_up_at = null, retry_at = null, attempts = 0
     where site_id = $1 and arrival_id = $2 and run_id is null and discarded_at is null`,
    [siteId, id],
  )
}

/** Notes that an arrival is thrown away. Gives whether it was there to be. */
export async function discard(
  session: Session,
  siteId: number,
  id: number,
  now: string,
): Promise<boolean> {
  const rows = await session.execute(
    `update arrivals set discarded_at = $3
     where site_id = $1 and arrival_id = $2 and run_id is null and discarded_at is null`,
    [siteId, id, now],
  )
  return rows > 0
}

/** Whether a file of this name and size has come to a source since a moment. */
export async function hasArrivedSince(
  session: Session,
  siteId: number,
  { sourceId, fileName, bytes }: Pick<Arrival, 'sourceId' | 'fileName' | 'bytes'>,
  since: string,
): Promise<boolean> {
  const [row] = await session.query<{ has: boolean }>(
    `select exists (select from arrivals
       where site_id = $1 and source_id = $2 and file_name = $3 and bytes = $4 and arrived_at >= $5) as has`,
    [siteId, sourceId, fileName, bytes, since],
  )
  return row?.has === true
}
