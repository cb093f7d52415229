import { existsSync } from 'node:fs'
import path from 'node:path'
import { spanned } from '../spans.ts'
import type { HeldSite, Session } from '../store/connect.ts'
import { type KeptRun, needsFull, nextInLine } from '../store/queue.ts'
import { endRun, runById } from '../store/runs.ts'
import { attempt } from './attempt.ts'
import type { ImportRequest } from './contract.ts'
import { openKept } from './kept.ts'
import { isPausedNow } from './pause.ts'
import { beginRun } from './progress.ts'
import { readDelivery } from './read-delivery.ts'
import type { QueueStep, RunReport } from './report.ts'
import { settleTried, sourceOf } from './settle.ts'
import { compileSourceRules } from './source-rules.ts'

/** What running deliveries from the bytes that are kept takes; the file is that of each. */
export type QueueRequest = Omit<ImportRequest, 'file' | 'fileName' | 'acceptOlder' | 'letThrough'>

/**
 * Runs the deliveries of a source that wait for their turn, in order of receipt, until none waits or one is held. Each is a
 * transaction of its own: whatever breaks off leaves the others in line, and the next command goes on with them.
 */
export async function runQueue(held: HeldSite, request: QueueRequest): Promise<RunReport[]> {
  const { siteId, sourceId, now } = request
  const reports: RunReport[] = []
  for (;;) {
    const report = await held.transaction(async (session) => {
      const source = await sourceOf(session, request)
      if (isPausedNow(source, now())) return undefined
      const next = await nextInLine(session, siteId, sourceId, now().toISOString())
      if (next === undefined) return undefined
      const of = { site: siteId, source: sourceId, run: next.id }
      return spanned('run', of, async (span) => {
        const report = await runKept(session, request, next)
        span.note({ outcome: report.outcome })
        return report
      })
    })
    if (report === undefined) return reports
    reports.push(report)
  }
}

/** How each of them ended, for the report of what set them going. */
export function queueSteps(reports: readonly RunReport[]): QueueStep[] {
  return reports.map(({ run, outcome, delivery }) => ({
    run,
    outcome,
    fileName: delivery.fileName,
  }))
}

async function runKept(
  session: Session,
  base: QueueRequest,
  { id: runId, path: place, fileName, acceptOlder, ...kept }: KeptRun,
): Promise<RunReport> {
  const { siteId, sourceId, deliveriesFolder, limits } = base
  const file = path.join(deliveriesFolder, place ?? '')
  if (place === null || !existsSync(file)) return lost(session, base, runId, kept.type)
  const request: ImportRequest = { ...base, file, fileName, acceptOlder }
  const run = { ...(await beginRun(request)), startedAt: new Date(kept.startedAt).toISOString() }
  const folder = path.join(deliveriesFolder, String(siteId))
  const delivery = await openKept(file, { upTo: limits, folder })
  try {
    const source = await sourceOf(session, { siteId, sourceId })
    const rules = compileSourceRules(source.rules)
    const read = await readDelivery(session, request, run, source, rules, delivery.content)
    const tried = await attempt(session, request, run, source, read)
    const { deliveryId, sha256, bytes } = kept
    const noted = { id: deliveryId, fileName, bytes, sha256 }
    return await settleTried(session, request, run, source, tried, { runId, delivery: noted })
  } finally {
    delivery.close()
  }
}

/** A delivery whose bytes are gone: it is passed over, and a full one has to say what it said. */
async function lost(
  session: Session,
  { siteId, sourceId, now }: QueueRequest,
  runId: number,
  type: string,
): Promise<RunReport> {
  const finishedAt = now().toISOString()
  const before = (await runById(session, siteId, runId))?.report as RunReport
  const report = { ...before, outcome: 'failed' as const, finishedAt, error: 'ERR_DELIVERY_GONE' }
  if (type !== 'full') await needsFull(session, siteId, sourceId, { since: finishedAt, run: runId })
  await endRun(session, siteId, runId, { state: 'failed', finishedAt, report })
  return report
}
