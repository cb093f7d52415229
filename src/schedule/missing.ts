import { isPaused } from '../import/pause.ts'
import type { Log } from '../log.ts'
import { dayIn } from '../rules/dates.ts'
import type { Database } from '../store/connect.ts'
import { insertEvent } from '../store/events.ts'
import {
  type Expecting,
  lastCame,
  noteCame,
  noteMissing,
  sourcesExpecting,
} from '../store/expected.ts'
import { previousTime } from './clock-times.ts'
import { timeZoneOf } from './due.ts'

/** A delivery that comes so many hours before it is expected is the one that was expected. */
export const EARLY_HOURS_MAX = 6
/** Times that are looked back for one that was on no holiday: more than any holidays last. */
const TIMES_BACK_MAX = 120
const MINUTE_MS = 60_000

/** Looks whether what is expected has come. `settled` is what the last looks found out; it may be forgotten. */
export interface Watch {
  readonly database: Database
  readonly now: () => Date
  readonly log: Log
  readonly settled: Map<string, number>
}

/**
 * Tells once of each delivery that has not come in time, and again when one comes. While one is missing, no other is told as
 * missing. Any number of processes may look.
 */
export async function lookForMissing(watch: Watch): Promise<void> {
  const sources = await watch.database.operator(sourcesExpecting)
  for (const source of sources) {
    const isMissing =
      source.missing !== null && new Date(source.missing) >= new Date(source.expect.since)
    const at = isMissing ? new Date(source.missing ?? '') : lastExpected(source, watch.now())
    if (at === undefined) continue
    const key = `${source.siteId} ${source.sourceId}`
    if (!isMissing && watch.settled.get(key) === at.getTime()) continue
    await settle(watch, source, at, isMissing)
    watch.settled.set(key, at.getTime())
  }
}

async function settle(
  { database, now, log }: Watch,
  { siteId, sourceId, expect }: Expecting,
  at: Date,
  isMissing: boolean,
): Promise<void> {
  await database.site(siteId, async (session) => {
    const last = await lastCame(session, siteId, sourceId)
    const from = at.getTime() - EARLY_HOURS_MAX * 60 * MINUTE_MS
    const hasCome = last !== undefined && Date.parse(last) >= from
    if (hasCome !== isMissing) return
    const expectedAt = at.toISOString()
    const { graceMinutes } = expect
    const lastAt = last === undefined ? {} : { lastAt: new Date(last).toISOString() }
    const details = { expectedAt, graceMinutes, ...lastAt }
    const told = now().toISOString()
    if (isMissing) {
      if (!(await noteCame(session, siteId, { sourceId, now: told }))) return
      const came = lastAt.lastAt ?? told
      await insertEvent(session, siteId, { at: came, kind: 'delivery_came', sourceId, details })
      log.info('delivery_came', { site: siteId, source: sourceId })
    } else {
      if (!(await noteMissing(session, siteId, { sourceId, expectedAt, now: told }))) return
      await insertEvent(session, siteId, { at: told, kind: 'delivery_missing', sourceId, details })
      log.warn('delivery_missing', { site: siteId, source: sourceId })
    }
  })
}

/** The last moment at which a delivery was expected and whose grace is over; undefined where there was none since it was set. */
export function lastExpected(
  { expect, rules, pause, holidays }: Omit<Expecting, 'siteId' | 'sourceId' | 'missing'>,
  now: Date,
): Date | undefined {
  const zone = timeZoneOf(rules)
  if (pause !== null && isPaused(pause, dayIn(zone, now))) return undefined
  const { at, weekdays, graceMinutes, since } = expect
  let before = new Date(now.getTime() - graceMinutes * MINUTE_MS + 1)
  for (let n = 0; n < TIMES_BACK_MAX; n++) {
    const time = previousTime(at, weekdays, zone, before)
    if (time === undefined || time < new Date(since)) return undefined
    if (holidays?.includes(dayIn(zone, time)) !== true) return time
    before = time
  }
  return undefined
}
