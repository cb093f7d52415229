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
}

const COLUMNS = `arrival_id as id, source_id as "sourceId", channel, sender, file_name as "fileName", path, bytes,
  arrived_at as "arrivedAt", run_id as "runId", attempts, error, given_up_at as "givenUpAt"`
const WAITS = 'run_id is null and given_up_at is null'

export type NewArrival = Omit<Arrival, 'id' | 'runId' | 'attempts' | 'error' | 'givenUpAt'>

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

/** Those of a site that no run has dealt with yet, in order of arrival. */
export function waitingArrivals(session: Session, siteId: number): Promise<Arrival[]> {
  return session.query<Arrival>(
    `select ${COLUMNS} from arrivals where site_id = $1 and ${WAITS} order by arrival_id`,
    [siteId],
  )
}

/** Sites with arrivals that wait, with the moment of the oldest. Needs the operator's view. */
export function sitesWithArrivals(
  session: Session,
): Promise<{ readonly siteId: number; readonly since: string }[]> {
  return session.query(
    `select site_id as "siteId", min(arrived_at) as since from arrivals where ${WAITS} group by 1 order by 2, 1`,
  )
}

/** Notes that an attempt broke off; from the given number of attempts on it is given up. */
export async function noteBrokenAttempt(
  session: Session,
  siteId: number,
  id: number,
  { error, attemptsMax, now }: { error: string; attemptsMax: number; now: string },
): Promise<void> {
  await session.execute(
    `update arrivals set attempts = attempts + 1, error = $3,
       given_up_at = case when attempts + 1 >= $4 then $5::timestamptz end
     where site_id = $1 and arrival_id = $2 and ${WAITS}`,
    [siteId, id, error, attemptsMax, now],
  )
}
