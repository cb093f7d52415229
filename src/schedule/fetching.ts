import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf, type Log } from '../log.ts'
import type { Part } from '../part.ts'
import { endHold, type ScheduledCollector, scheduledCollectors } from '../store/collectors.ts'
import type { Database } from '../store/connect.ts'
import { nextTime } from './clock-times.ts'
import { timeZoneOf } from './due.ts'

/** Collectors that one process runs at the same time. */
const FETCHES_AT_ONCE = 8
const LOOK_SECONDS = 15

export interface FetchingOptions {
  readonly database: Database
  readonly log: Log
  readonly now: () => Date
  /** Runs a source's collector; throws when it could not be done. */
  readonly fetch: (siteId: number, sourceId: number) => Promise<void>
}

/** Runs collectors at their times, each in one process at a time. What was missed while nothing ran is made up for once. */
export function startFetching(options: FetchingOptions): Promise<Part> {
  const { database, log, now } = options
  const stopping = new AbortController()
  const running = new Map<ScheduledCollector, Promise<void>>()

  const run = async (collector: ScheduledCollector): Promise<void> => {
    const { siteId: site, sourceId: source } = collector
    const began = performance.now()
    try {
      await options.fetch(site, source)
      log.info('fetched', { site, source, ms: Math.round(performance.now() - began) })
    } catch (error) {
      const code = codeOf(error)
      // Another process was faster.
      if (code !== 'ERR_NOT_POSSIBLE') log.error('fetch_failed', { site, source, error: code })
    }
    running.delete(collector)
  }
  const look = async (): Promise<void> => {
    const at = now()
    const collectors = await database.operator((session) =>
      scheduledCollectors(session, at.toISOString()),
    )
    for (const collector of collectors) {
      if (running.size >= FETCHES_AT_ONCE) return
      const { siteId, sourceId } = collector
      const isRunning = [...running.keys()].some(
        (other) => other.siteId === siteId && other.sourceId === sourceId,
      )
      if (!isRunning && isTime(collector, at)) running.set(collector, run(collector))
    }
  }
  const loop = async (): Promise<void> => {
    const { signal } = stopping
    while (!signal.aborted) {
      await look().catch((error: unknown) => {
        log.warn('look_failed', { part: 'fetching', error: codeOf(error) })
      })
      await sleep(LOOK_SECONDS * 1000, undefined, { signal }).catch(() => {})
    }
  }
  const looping = loop()
  return Promise.resolve({
    name: 'fetching',
    async stop(graceMs) {
      stopping.abort()
      await looping
      const grace = new AbortController()
      const over = sleep(graceMs, undefined, { signal: grace.signal }).catch(() => {})
      await Promise.race([Promise.all(running.values()), over])
      grace.abort()
      // What has not ended goes with the process. The collector is free for the next one at once.
      for (const { siteId, sourceId } of running.keys()) {
        const end = { now: now().toISOString(), error: 'ERR_FETCH_FAILED' }
        await database.site(siteId, (session) => endHold(session, siteId, sourceId, end))
      }
    },
  })
}

/** Whether a collector's time has come since it ran last. */
export function isTime({ schedule, rules, since }: ScheduledCollector, now: Date): boolean {
  const { at, everyMinutes } = schedule
  const last = new Date(since)
  if (everyMinutes !== undefined) return now.getTime() - last.getTime() >= everyMinutes * 60_000
  const next = at === undefined ? undefined : nextTime(at, timeZoneOf(rules), last)
  return next !== undefined && next <= now
}
