import { randomUUID } from 'node:crypto'
import { existsSync, renameSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { type ErrorCode, RollcallError } from '../errors.ts'
import type { ReadLimits } from '../ims/limits.ts'
import {
  type Arrival,
  arrivalById,
  giveUp,
  insertArrival,
  isCutOff,
  noteBrokenAttempt,
} from '../store/arrivals.ts'
import type { Database, Session } from '../store/connect.ts'
import { insertEvent } from '../store/events.ts'
import { missedDelivery } from '../store/queue.ts'
import { makeFolder, sync } from '../store/durable.ts'
import type { Progress } from './contract.ts'
import { mustReceive } from './receives.ts'
import { importHeld } from './run.ts'
import type { RunReport } from './report.ts'

/** How often a delivery whose run breaks off is tried again before it is left to a person. */
export const ARRIVAL_ATTEMPTS_MAX = 5
/** Minutes until the next attempt: the nth wait, and the last for all that follow. */
export const ARRIVAL_RETRY_MINUTES: readonly number[] = [1, 5, 15, 60]

const FOLDER = 'arriving'

/** A delivery that has come whole. */
export interface Coming extends Pick<Arrival, 'sourceId' | 'channel' | 'sender' | 'fileName'> {
  readonly database: Database
  readonly siteId: number
  readonly deliveriesFolder: string
  /** Where its bytes lie: in the site's arriving folder. They are ours from now on. */
  readonly file: string
  readonly now: () => Date
}

/** The folder in which a site's deliveries come together, on the file system that keeps them; made if need be. */
export function arrivingFolder(deliveriesFolder: string, siteId: number): string {
  const folder = path.join(deliveriesFolder, String(siteId), FOLDER)
  makeFolder(folder)
  return folder
}

/**
 * Takes a delivery in that has come whole: once this returns its bytes are durable, and it gets its run, or is listed as
 * given up, whatever happens to this process. Gives the arrival's number.
 * @throws RollcallError ERR_PART_OFF where the site takes none; the file is then left as it is
 */
export async function takeIn(coming: Coming): Promise<number> {
  const { database, siteId, deliveriesFolder, file, now, ...of } = coming
  await database.site(siteId, (session) => mustReceive(session, siteId))
  const bytes = statSync(file).size
  const name = path.join(String(siteId), FOLDER, randomUUID())
  const place = path.join(deliveriesFolder, name)
  try {
    sync(file)
    renameSync(file, place)
    sync(path.dirname(place))
  } catch (cause) {
    throw new RollcallError('ERR_DELIVERY_NOT_KEPT', `${path.dirname(place)} cannot be written`, {
      hint: 'Look at the rights and the free space of the folder that deliveries are kept in.',
      cause,
    })
  }
  const { sourceId, channel, sender, fileName } = of
  const row = {
    sourceId,
    channel,
    sender,
    fileName,
    path: name,
    bytes,
    arrivedAt: now().toISOString(),
  }
  try {
    return await database.site(siteId, (session) => insertArrival(session, siteId, row))
  } catch (error) {
    rmSync(place, { force: true })
    throw error
  }
}

export interface ArrivalRequest {
  readonly database: Database
  readonly siteId: number
  readonly arrivalId: number
  readonly deliveriesFolder: string
  readonly limits: ReadLimits
  /** How long to wait for the site, in milliseconds; a minute unless said. */
  readonly waitMs?: number
  readonly now: () => Date
  readonly onProgress: (progress: Progress) => void
}

/**
 * The run of a delivery that came. Safe to be called again, by any process: once a run has dealt with the delivery, no
 * other does, and there is no report. A run that was cut off goes on under its number. An attempt that breaks off is counted,
 * and throws.
 * @throws RollcallError ERR_SITE_BUSY, which is no attempt; ERR_RUN_CUT_OFF when it was cut off too often and is given up; or
 *   whatever the attempt broke off with.
 */
export async function importArrival(request: ArrivalRequest): Promise<RunReport | undefined> {
  const { database, siteId, arrivalId, deliveriesFolder, waitMs } = request
  let place: string | undefined
  try {
    const report = await database.holdSite(
      siteId,
      async (held) => {
        const arrival = await held.transaction((session) => toRun(session, request))
        if (arrival === undefined) return undefined
        if (arrival === 'given up') {
          throw new RollcallError('ERR_RUN_CUT_OFF', 'its runs were cut off too often', {
            hint: 'Look in the logs of the system why: it may need more memory than there is.',
          })
        }
        place = path.join(deliveriesFolder, arrival.path)
        if (arrival.runId !== null) return undefined
        if (!existsSync(place)) {
          throw new RollcallError('ERR_DELIVERY_GONE', 'the bytes of a delivery that came are gone')
        }
        const { sourceId, channel, sender, fileName } = arrival
        const of = { sourceId, channel, sender, fileName, arrivalId, file: place }
        return importHeld(held, { ...request, ...of, dryRun: false, acceptOlder: false })
      },
      waitMs === undefined ? {} : { waitMs },
    )
    // The delivery has a copy of its own by now. Cut off before this, the next call removes the file.
    if (place !== undefined) rmSync(place, { force: true })
    return report
  } catch (error) {
    await noteBroken(request, error)
    throw error
  }
}

/** The arrival, if it is to have a run; one whose runs were cut off too often is given up. */
async function toRun(
  session: Session,
  { siteId, arrivalId, now }: ArrivalRequest,
): Promise<Arrival | 'given up' | undefined> {
  const arrival = await arrivalById(session, siteId, arrivalId)
  if (arrival === undefined || arrival.givenUpAt !== null || arrival.discardedAt !== null) {
    return undefined
  }
  if (arrival.runId !== null) return arrival
  const cutOff = await isCutOff(session, siteId, arrivalId)
  if (!cutOff || arrival.attempts + 1 < ARRIVAL_ATTEMPTS_MAX) return arrival
  const at = now().toISOString()
  await giveUp(session, siteId, arrivalId, { error: 'ERR_RUN_CUT_OFF', now: at })
  await tellGivenUp(session, siteId, arrival, 'ERR_RUN_CUT_OFF', at)
  return 'given up'
}

const NO_ATTEMPT: ReadonlySet<string> = new Set([
  'ERR_SITE_BUSY',
  'ERR_DATABASE_UNREACHABLE',
  // Should it be done after all, the next attempt finds that.
  'ERR_OUTCOME_UNKNOWN',
  'ERR_RUN_CUT_OFF',
])

async function noteBroken(
  { database, siteId, arrivalId, now }: ArrivalRequest,
  error: unknown,
): Promise<void> {
  const code = error instanceof RollcallError ? error.code : 'ERR_INTERNAL'
  // The site was another's, the database was away, or the delivery is given up: nothing was tried.
  if (NO_ATTEMPT.has(code)) return
  const at = now().toISOString()
  const attempt = {
    error: code,
    attemptsMax: ARRIVAL_ATTEMPTS_MAX,
    counts: code !== 'ERR_DATABASE_FULL' && code !== 'ERR_DELIVERY_NOT_KEPT',
    retryMinutes: ARRIVAL_RETRY_MINUTES,
    now: at,
  }
  const work = async (session: Session): Promise<void> => {
    if (!(await noteBrokenAttempt(session, siteId, arrivalId, attempt))) return
    const arrival = await arrivalById(session, siteId, arrivalId)
    if (arrival !== undefined) await tellGivenUp(session, siteId, arrival, code, at)
  }
  // The database may be what broke; what is not noted is tried again.
  await database.site(siteId, work).catch(() => {})
}

async function tellGivenUp(
  session: Session,
  siteId: number,
  { id, sourceId, arrivedAt }: Arrival,
  code: ErrorCode,
  at: string,
): Promise<void> {
  await missedDelivery(session, siteId, sourceId, at)
  const details = { arrival: id, arrivedAt, code }
  await insertEvent(session, siteId, { at, kind: 'arrival_given_up', sourceId, details })
}
