import { randomUUID } from 'node:crypto'
import { existsSync, renameSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { RollcallError } from '../errors.ts'
import type { ReadLimits } from '../ims/limits.ts'
import { type Arrival, arrivalById, insertArrival, noteBrokenAttempt } from '../store/arrivals.ts'
import type { Database } from '../store/connect.ts'
import { makeFolder, sync } from '../store/durable.ts'
import type { Progress } from './contract.ts'
import { importHeld } from './run.ts'
import type { RunReport } from './report.ts'

/** How often a delivery whose run breaks off is tried again before it is left to a person. */
export const ARRIVAL_ATTEMPTS_MAX = 5

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
 */
export async function takeIn(coming: Coming): Promise<number> {
  const { database, siteId, deliveriesFolder, file, now, ...of } = coming
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
  readonly now: () => Date
  readonly onProgress: (progress: Progress) => void
}

/**
 * The run of a delivery that came. Safe to be called again, by any process: once a run has dealt with the delivery, no
 * other does, and there is no report. An attempt that breaks off is counted, and throws.
 */
export async function importArrival(request: ArrivalRequest): Promise<RunReport | undefined> {
  const { database, siteId, arrivalId, deliveriesFolder, now } = request
  let place: string | undefined
  try {
    const report = await database.holdSite(siteId, async (held) => {
      const arrival = await held.transaction((session) => arrivalById(session, siteId, arrivalId))
      if (arrival === undefined || arrival.givenUpAt !== null) return undefined
      place = path.join(deliveriesFolder, arrival.path)
      if (arrival.runId !== null) return undefined
      if (!existsSync(place)) {
        throw new RollcallError('ERR_DELIVERY_GONE', 'the bytes of a delivery that came are gone')
      }
      const { sourceId, channel, sender, fileName } = arrival
      const of = { sourceId, channel, sender, fileName, arrivalId, file: place }
      return importHeld(held, { ...request, ...of, dryRun: false, acceptOlder: false })
    })
    // The delivery has a copy of its own by now. Cut off before this, the next call removes the file.
    if (place !== undefined) rmSync(place, { force: true })
    return report
  } catch (error) {
    const code = error instanceof RollcallError ? error.code : 'ERR_INTERNAL'
    const noted = { error: code, attemptsMax: ARRIVAL_ATTEMPTS_MAX, now: now().toISOString() }
    await database
      .site(siteId, (session) => noteBrokenAttempt(session, siteId, arrivalId, noted))
      .catch(() => {})
    throw error
  }
}
