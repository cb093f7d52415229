import { pausedRuns, queuePaused } from '../store/queue.ts'
import { endPause } from '../store/sites.ts'
import { type QueueRequest, runQueue } from './queue.ts'
import type { RunReport } from './report.ts'

/** What came during a pause, and what became of it. */
export type Resumed = Awaited<ReturnType<typeof pausedRuns>> & {
  /** Of each that was run; none in a dry run. */
  readonly reports: readonly RunReport[]
}

/**
 * Ends a source's pause: the newest full delivery is imported, and all that say only what changed, in order of receipt.
 * A source that is not paused has its line looked after.
 */
export async function endPauseNow(request: QueueRequest): Promise<Resumed> {
  const { database, siteId, sourceId, now, dryRun } = request
  return database.holdSite(siteId, async (held) => {
    const runs = await held.transaction(async (session) => {
      const found = await pausedRuns(session, siteId, sourceId)
      if (!dryRun) {
        await queuePaused(session, siteId, found, now().toISOString())
        await endPause(session, siteId, sourceId, now().toISOString())
      }
      return found
    })
    return { ...runs, reports: dryRun ? [] : await runQueue(held, request) }
  })
}
