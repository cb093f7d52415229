import type { Session } from '../store/connect.ts'
import { dropObserved, savePlanBlocks } from '../store/mirrors.ts'
import { storePlannedChanges } from '../store/planned-changes.ts'
import { endRun } from '../store/runs.ts'
import type { Work } from './outcome.ts'
import { hashPlan, packChanges } from './packed-plan.ts'
import { makeReport } from './report-of-run.ts'
import type { RunReport } from './report.ts'

/**
 * Ends the run of a source that is only observed: it was planned and judged, and neither applied nor held. The changes of
 * the newest such run are kept, to be looked at.
 */
export async function observe(session: Session, work: Work): Promise<RunReport> {
  const { request, run, runId, source, tried, plan, delivery } = work
  const { siteId, sourceId } = request
  await dropObserved(session, siteId, sourceId)
  await savePlanBlocks(session, siteId, runId, packChanges(plan))
  await storePlannedChanges(session, siteId, runId, plan.parts.change)
  const planHash = hashPlan(plan)
  const ending = { runId, delivery, planHash, outcome: 'observed' as const }
  const report = await makeReport(session, request, run, source, tried, ending)
  await endRun(session, siteId, runId, {
    deliveryId: delivery.id,
    state: 'observed',
    finishedAt: report.finishedAt,
    planHash,
    report,
  })
  return report
}
