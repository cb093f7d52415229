import { readdirSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { retainIfDue } from '../erasure/retention.ts'
import type { ReadLimits } from '../ims/limits.ts'
import { arrivingFolder } from '../import/arrivals.ts'
import { daysBefore, periodsOf } from '../roster/retention.ts'
import type { Database } from '../store/connect.ts'
import { siteSettings } from '../store/periods.ts'
import { forgetRequests } from '../store/requests.ts'
import { forgetArrivals, forgetEvents, forgetMissing, pathsOfArrivals } from '../store/upkeep.ts'
import { SERVICE } from './turn.ts'

/** Days for which events and the rows of arrivals that were dealt with are kept. */
export const EVENTS_DAYS_KEPT = 90
/** Days for which the API knows a request again, with what it answered. */
export const REQUESTS_DAYS_KEPT = 1

export interface UpkeepRequest {
  readonly database: Database
  readonly siteId: number
  readonly deliveriesFolder: string
  readonly limits: ReadLimits
  readonly now: () => Date
}

/**
 * What is due once a day for a site: what it keeps no longer is deleted, from its deliveries to its events. Gives whether
 * it was due.
 */
export async function keepUp(request: UpkeepRequest): Promise<boolean> {
  if (!(await retainIfDue({ ...request, sender: SERVICE }))) return false
  await forgetWhatCame(request)
  return true
}

/** Deletes what is left of deliveries that came: rows, bytes of those that were given up, bytes that have no row. */
async function forgetWhatCame(request: UpkeepRequest): Promise<void> {
  const { database, siteId, deliveriesFolder, now } = request
  const old = daysBefore(now(), EVENTS_DAYS_KEPT)
  const known = await database.site(siteId, async (session) => {
    const { keepDeliveries } = periodsOf(await siteSettings(session, siteId))
    await forgetEvents(session, siteId, old)
    await forgetMissing(session, siteId, old)
    await forgetRequests(session, siteId, daysBefore(now(), REQUESTS_DAYS_KEPT))
    await forgetArrivals(session, siteId, { done: old, left: daysBefore(now(), keepDeliveries) })
    return new Set(await pathsOfArrivals(session, siteId))
  })
  // Whoever brings deliveries hides those that are under way behind a dot, and looks after them.
  const folder = arrivingFolder(deliveriesFolder, siteId)
  const yesterday = now().getTime() - 86_400_000
  for (const name of readdirSync(folder)) {
    const file = path.join(folder, name)
    if (name.startsWith('.') || known.has(path.relative(deliveriesFolder, file))) continue
    // One that is younger may be about to get its row.
    const found = statSync(file, { throwIfNoEntry: false })
    if (found !== undefined && found.mtimeMs < yesterday) rmSync(file, { force: true })
  }
}
