import { rmSync } from 'node:fs'
import path from 'node:path'
import { RollcallError } from '../errors.ts'
import { type Arrival, arrivalById, discard, openArrivals, tryAgain } from '../store/arrivals.ts'
import type { Database, Session } from '../store/connect.ts'
import { missedDelivery } from '../store/queue.ts'
import { type ArrivalRequest, importArrival } from './arrivals.ts'
import type { RunReport } from './report.ts'

/** Which of what waits is meant: all of it, what waits of a source, or of an arrival's source up to that arrival. */
export interface Chosen {
  readonly arrival?: number
  readonly sourceId?: number
}

/**
 * What waits of what is meant, in order of arrival, to be imported now: one that was given up only where it is named, and
 * then it has all its attempts again.
 * @throws RollcallError ERR_NOT_FOUND where the named one does not wait
 */
export function chooseArrivals(
  database: Database,
  siteId: number,
  chosen: Chosen,
): Promise<readonly Arrival[]> {
  return database.site(siteId, async (session) => {
    const found = choose(await openArrivals(session, siteId), chosen)
    for (const { id } of found) await tryAgain(session, siteId, id)
    return found
  })
}

function choose(open: readonly Arrival[], { arrival: id, sourceId }: Chosen): readonly Arrival[] {
  const last = id === undefined ? undefined : open.find((arrival) => arrival.id === id)
  if (id !== undefined && last === undefined) throw notWaiting(id)
  const of = last?.sourceId ?? sourceId
  return (
    open
      .filter((arrival) => of === undefined || arrival.sourceId === of)
      .filter((arrival) => last === undefined || arrival.id <= last.id)
      // What was given up is imported only where it is named.
      .filter((arrival) => arrival.givenUpAt === null || arrival === last)
  )
}

/** Imports arrivals one after the other. One that another process has imported meanwhile has no report. */
export async function importArrivals(
  request: Omit<ArrivalRequest, 'arrivalId'>,
  arrivals: readonly Pick<Arrival, 'id'>[],
): Promise<RunReport[]> {
  const reports: RunReport[] = []
  for (const { id } of arrivals) {
    const report = await importArrival({ ...request, arrivalId: id })
    if (report !== undefined) reports.push(report)
  }
  return reports
}

/**
 * Throws away a delivery that waits or was given up, with its bytes, while nobody imports it.
 * @throws RollcallError ERR_NOT_FOUND where it does not wait
 */
export async function discardArrival({
  database,
  siteId,
  arrivalId,
  deliveriesFolder,
  now,
}: Omit<ArrivalRequest, 'limits' | 'onProgress'>): Promise<void> {
  await database.holdSite(siteId, async (held) => {
    const arrival = await held.transaction((session) =>
      discarded(session, siteId, arrivalId, now().toISOString()),
    )
    rmSync(path.join(deliveriesFolder, arrival.path), { force: true })
  })
}

async function discarded(
  session: Session,
  siteId: number,
  id: number,
  now: string,
): Promise<Arrival> {
  const arrival = await arrivalById(session, siteId, id)
  if (arrival !== undefined && (await discard(session, siteId, id, now))) {
    await missedDelivery(session, siteId, arrival.sourceId, now)
    return arrival
  }
  throw notWaiting(id)
}

function notWaiting(id: number): RollcallError {
  return new RollcallError('ERR_NOT_FOUND', `No arrival ${id} waits on this site`, {
    hint: 'rollcall arrivals list shows those that do.',
  })
}
