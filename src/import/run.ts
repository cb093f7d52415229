import path from 'node:path'
import { RollcallError } from '../errors.ts'
import { type Span, spanned } from '../spans.ts'
import type { HeldSite } from '../store/connect.ts'
import { endRun, failLostRuns, insertRun } from '../store/runs.ts'
import type { Ahead } from './ahead.ts'
import { attempt } from './attempt.ts'
import type { ChangeFilter, DryRun, ImportRequest } from './contract.ts'
import { assertUnchanged, openFileSource } from './file-source.ts'
import { forgetSecrets } from './forget-secrets.ts'
import { openAsItCame, openKept } from './kept.ts'
import { openDelivery } from './open-delivery.ts'
import { endPauseThatIsOver } from './pause.ts'
import { beginRun } from './progress.ts'
import { runQueue } from './queue.ts'
import { readDelivery } from './read-delivery.ts'
import { Receiving } from './receive.ts'
import { mustReceive } from './receives.ts'
import { makeReport } from './report-of-run.ts'
import type { RunReport } from './report.ts'
import { fileNameOf, settle, sourceOf } from './settle.ts'
import { plannedChanges } from './shown-changes.ts'
import { compileSourceRules } from './source-rules.ts'
import { removeUnsettled } from './unsettled.ts'

/**
 * One run, from delivery to report. The only place that knows the order of the steps: receive, index, compare,
 * judge, apply, report. Nothing is written to the roster before all of it was read, compared and judged, and then
 * in one transaction: whatever stops a run leaves the roster as it was. The delivery may be open already, and being read ahead.
 */
export function importDelivery(request: ImportRequest, ahead?: Ahead): Promise<RunReport> {
  const { database, siteId } = request
  return database.holdSite(siteId, (held) => importHeld(held, request, ahead))
}

/** The same on a site that the caller holds. */
export function importHeld(
  held: HeldSite,
  request: ImportRequest,
  ahead?: Ahead,
): Promise<RunReport> {
  const { siteId: site, sourceId: source, arrivalId } = request
  const of = { site, source, ...(arrivalId === undefined ? {} : { arrival: arrivalId }) }
  return spanned('run', of, async (span) => {
    const report = await importWithin(span, held, request, ahead)
    span.note({ outcome: report.outcome })
    return report
  })
}

async function importWithin(
  span: Span,
  held: HeldSite,
  request: ImportRequest,
  ahead: Ahead | undefined,
): Promise<RunReport> {
  const run = await beginRun(request)
  const { siteId, sourceId, arrivalId } = request
  const folder = path.join(request.deliveriesFolder, String(siteId))
  // What is let through is what is kept.
  const isKept = request.letThrough !== undefined
  const source = isKept
    ? await openAsItCame(request.file, folder)
    : (ahead?.source ?? openFileSource(request.file))
  run.enter('receive')
  let receiving: Receiving | undefined
  try {
    const copy = await Receiving.begin(source, request.deliveriesFolder, siteId, ahead?.copier)
    receiving = copy
    const runId = await held.transaction(async (session) => {
      await mustReceive(session, siteId)
      await failLostRuns(session, siteId, run.startedAt)
      await removeUnsettled(session, siteId, request.deliveriesFolder)
      await forgetSecrets(session, request)
      await endPauseThatIsOver(session, request, await sourceOf(session, request))
      return insertRun(session, siteId, sourceId, { startedAt: run.startedAt, arrivalId })
    })
    span.note({ run: runId })
    const report = await failing(held, request, runId, () =>
      held.transaction((session) => settle(session, request, run, runId, copy)),
    )
    copy.settle()
    if (report.outcome !== 'queued') return report
    const steps = await runQueue(held, request)
    return steps.find((step) => step.run === runId) ?? report
  } finally {
    await receiving?.close()
    source.close()
  }
}

/** The same up to the verdict: nothing is stored or applied. Gives the report and a page of the changes. */
export function planDelivery(request: ImportRequest, filter: ChangeFilter): Promise<DryRun> {
  const { siteId: site, sourceId: source } = request
  return spanned('plan', { site, source }, () => planWithin(request, filter))
}

async function planWithin(request: ImportRequest, filter: ChangeFilter): Promise<DryRun> {
  const run = await beginRun(request)
  const { siteId, file, limits, deliveriesFolder } = request
  const folder = path.join(deliveriesFolder, String(siteId))
  const open = request.letThrough === undefined ? openDelivery : openKept
  const delivery = await open(file, { upTo: limits, folder })
  try {
    return await request.database.holdSite(siteId, (held) =>
      held.transaction(async (session) => {
        const settings = await sourceOf(session, request)
        const rules = compileSourceRules(settings.rules)
        const { content } = delivery
        const read = await readDelivery(session, request, run, settings, rules, content)
        if (!('code' in content)) assertUnchanged(content)
        const tried = await attempt(session, request, run, settings, read)
        const page =
          tried.plan === undefined
            ? { changes: [], total: 0 }
            : await plannedChanges(session, siteId, tried.plan.parts, filter)
        const report = await makeReport(session, request, run, settings, tried, {
          runId: 0,
          outcome: tried.refusal === undefined ? 'planned' : 'refused',
          delivery: { id: 0, fileName: fileNameOf(request), bytes: delivery.bytes, sha256: '' },
        })
        return { report, changes: page.changes, changesTotal: page.total ?? 0 }
      }),
    )
  } finally {
    delivery.close()
  }
}

/** Writes down that a run broke off, and lets its error go on. */
async function failing<T>(
  held: HeldSite,
  { siteId, now }: ImportRequest,
  runId: number,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const code = error instanceof RollcallError ? error.code : 'ERR_INTERNAL'
    await held
      .transaction((session) =>
        endRun(session, siteId, runId, {
          state: 'failed',
          finishedAt: now().toISOString(),
          report: { outcome: 'failed', error: code },
        }),
      )
      // The connection may be what broke; the next run marks this one as lost.
      .catch(() => {})
    throw error
  }
}
