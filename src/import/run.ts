import path from 'node:path'
import { RollcallError } from '../errors.ts'
import type { Rules } from '../rules/contract.ts'
import type { HeldSite, Session } from '../store/connect.ts'
import { deliveryByHash, insertDelivery, markSecret } from '../store/deliveries.ts'
import {
  endRun,
  failLostRuns,
  insertProblems,
  insertRun,
  type SourceForRun,
  sourceForRun,
} from '../store/runs.ts'
import { attempt, type Attempt } from './attempt.ts'
import { settingsOf } from './context.ts'
import type { ChangeFilter, DryRun, ImportRequest } from './contract.ts'
import { openFileSource } from './file-source.ts'
import { forgetSecrets } from './forget-secrets.ts'
import { hold, pass } from './outcome.ts'
import { beginRun, type Run } from './progress.ts'
import { closeContent, openDelivery } from './open-delivery.ts'
import { type DeliveryRead, readDelivery } from './read-delivery.ts'
import { type Received, Receiving } from './receive.ts'
import { makeReport, sameReport } from './report-of-run.ts'
import type { RunReport } from './report.ts'
import { plannedChanges } from './shown-changes.ts'
import { compileSourceRules } from './source-rules.ts'
import { unpack } from './unpack.ts'

/**
 * One run, from delivery to report. The only place that knows the order of the steps: receive, index, compare,
 * judge, apply, report. Nothing is written to the roster before all of it was read, compared and judged, and then
 * in one transaction: whatever stops a run leaves the roster as it was.
 */
export async function importDelivery(request: ImportRequest): Promise<RunReport> {
  const run = await beginRun(request)
  const { database, siteId, sourceId } = request
  const source = openFileSource(request.file)
  run.enter('receive')
  let receiving: Receiving | undefined
  try {
    return await database.holdSite(siteId, async (held) => {
      const copy = await Receiving.begin(source, request.deliveriesFolder, siteId)
      receiving = copy
      const runId = await held.transaction(async (session) => {
        await failLostRuns(session, siteId, run.startedAt)
        await forgetSecrets(session, request)
        await sourceOf(session, request)
        return insertRun(session, siteId, sourceId, run.startedAt)
      })
      return failing(held, request, runId, () =>
        held.transaction((session) => settle(session, request, run, runId, copy)),
      )
    })
  } finally {
    await receiving?.close()
    source.close()
  }
}

/** The same up to the verdict: nothing is stored or applied. Gives the report and a page of the changes. */
export async function planDelivery(request: ImportRequest, filter: ChangeFilter): Promise<DryRun> {
  const run = await beginRun(request)
  const { siteId, file, limits, deliveriesFolder } = request
  const folder = path.join(deliveriesFolder, String(siteId))
  const delivery = await openDelivery(file, { upTo: limits, folder })
  try {
    return await request.database.holdSite(siteId, (held) =>
      held.transaction(async (session) => {
        const settings = await sourceOf(session, request)
        const rules = compileSourceRules(settings.rules)
        const { content } = delivery
        const read = await readDelivery(session, request, run, settings, rules, content)
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
        return { report, changes: page.changes, changesTotal: page.total }
      }),
    )
  } finally {
    delivery.close()
  }
}

/** Everything from the first byte to the end of the run, in one transaction. */
async function settle(
  session: Session,
  request: ImportRequest,
  run: Run,
  runId: number,
  receiving: Receiving,
): Promise<RunReport> {
  const source = await sourceOf(session, request)
  const rules = compileSourceRules(source.rules)
  const finish = (): Promise<Received> => receiving.finish((bytes) => run.letGo(bytes))
  const { packing } = receiving
  if (packing === undefined) {
    // A plain delivery is copied while it is read.
    const read = await readDelivery(session, request, run, source, rules, receiving)
    const received = await finish()
    if (!isSameDelivery(source, rules, received.sha256)) {
      return compareAndApply(session, request, run, runId, source, read, receiving, received)
    }
    return answerSame(session, request, run, runId, source, receiving, received)
  }
  const received = await finish()
  if (isSameDelivery(source, rules, received.sha256)) {
    return answerSame(session, request, run, runId, source, receiving, received)
  }
  const { limits } = request
  const content = await unpack(receiving, packing, { upTo: limits, folder: receiving.folder })
  try {
    const read = await readDelivery(session, request, run, source, rules, content)
    return await compareAndApply(session, request, run, runId, source, read, receiving, received)
  } finally {
    closeContent(content)
  }
}

/** A delivery that was read whole and whose bytes are copied. */
async function compareAndApply(
  session: Session,
  request: ImportRequest,
  run: Run,
  runId: number,
  source: SourceForRun,
  read: DeliveryRead,
  receiving: Receiving,
  received: Received,
): Promise<RunReport> {
  const { siteId } = request
  // The disk syncs while the delivery is compared.
  const kept = receiving.keep(received)
  kept.catch(() => {})
  const delivery = await noteDelivery(session, request, run, received)
  const tried = await attempt(session, request, run, source, read)
  await kept
  const report = await conclude(session, request, run, source, tried, { runId, delivery })
  await insertProblems(session, siteId, runId, tried.problems.details)
  if (tried.problems.count('PASSWORD_DROPPED') > 0) await markSecret(session, siteId, delivery.id)
  return report
}

/** A delivery with the very bytes of the last one: only its run is written down. */
async function answerSame(
  session: Session,
  request: ImportRequest,
  run: Run,
  runId: number,
  source: SourceForRun,
  receiving: Receiving,
  received: Received,
): Promise<RunReport> {
  await receiving.keep(received)
  const delivery = await noteDelivery(session, request, run, received)
  const report = await sameReport(session, request, run, source, { runId, delivery })
  await endRun(session, request.siteId, runId, {
    deliveryId: delivery.id,
    state: 'applied',
    finishedAt: report.finishedAt,
    report,
  })
  return report
}

/** Applies the plan, holds it, or refuses the delivery; and writes the run down. */
async function conclude(
  session: Session,
  request: ImportRequest,
  run: Run,
  source: SourceForRun,
  tried: Attempt,
  identity: { readonly runId: number; readonly delivery: Noted },
): Promise<RunReport> {
  const { plan, verdict } = tried
  if (plan !== undefined && verdict !== undefined) {
    const work = { request, run, source, tried, plan, verdict, ...identity }
    return verdict.decision === 'hold' ? hold(session, work) : pass(session, work)
  }
  const ending = { ...identity, outcome: 'refused' as const }
  const report = await makeReport(session, request, run, source, tried, ending)
  await endRun(session, request.siteId, identity.runId, {
    deliveryId: identity.delivery.id,
    state: 'refused',
    finishedAt: report.finishedAt,
    report,
  })
  return report
}

interface Noted {
  readonly id: number
  readonly fileName: string
  readonly bytes: number
  readonly sha256: string
}

/** The delivery's row: one for the same bytes that are still kept, else a new one. */
async function noteDelivery(
  session: Session,
  request: ImportRequest,
  run: Run,
  { sha256, bytes, path: place }: Received,
): Promise<Noted> {
  const { siteId, sourceId } = request
  const fileName = fileNameOf(request)
  const before = await deliveryByHash(session, siteId, sourceId, sha256)
  const id =
    before?.id ??
    (await insertDelivery(session, siteId, {
      sourceId,
      sha256,
      bytes,
      path: place,
      fileName,
      receivedAt: run.startedAt,
    }))
  return { id, fileName, bytes, sha256 }
}

function fileNameOf({ file, fileName }: ImportRequest): string {
  return fileName ?? path.basename(file)
}

async function sourceOf(
  session: Session,
  { siteId, sourceId }: ImportRequest,
): Promise<SourceForRun> {
  const source = await sourceForRun(session, siteId, sourceId)
  if (source) return source
  throw new RollcallError('ERR_NOT_FOUND', `there is no source ${sourceId} on site ${siteId}`)
}

/** The very same bytes, applied whole under the same rules and settings, and nothing has moved the mirror since. */
function isSameDelivery(source: SourceForRun, rules: Rules, sha256: string): boolean {
  const { whole } = source.state
  return (
    whole !== undefined &&
    whole.sha256 === sha256 &&
    whole.mirrorVersion === source.mirrorVersion &&
    whole.settings === settingsOf(source, rules)
  )
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
