import path from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { RollcallError } from '../errors.ts'
import { openHashes } from '../ims/fingerprint.ts'
import type { Hashes } from '../ims/fingerprint.ts'
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
import type { ChangeFilter, DryRun, ImportRequest, Step } from './contract.ts'
import { type FileSource, openFileSource } from './file-source.ts'
import { hold, pass } from './outcome.ts'
import { receive } from './receive.ts'
import { makeReport, sameReport } from './report-of-run.ts'
import type { RunReport } from './report.ts'
import { plannedChanges } from './shown-changes.ts'
import { compileSourceRules } from './source-rules.ts'

/** Signals are let through, and progress shown, every so many bytes. */
const LET_GO_BYTES = 32 * 1024 * 1024

/**
 * One run, from delivery to report. The only place that knows the order of the steps: receive, index, compare,
 * judge, apply, report. Nothing is written to the roster before all of it was read, compared and judged, and then
 * in one transaction: whatever stops a run leaves the roster as it was.
 */
export async function importDelivery(request: ImportRequest): Promise<RunReport> {
  const run = await begin(request)
  const { database, siteId, sourceId } = request
  const source = openFileSource(request.file)
  let kept: FileSource | undefined
  try {
    run.enter('receive')
    const received = await receive(source, request.deliveriesFolder, siteId, run.letGo)
    const delivery = {
      ...received,
      fileName: path.basename(request.file),
      sourceId,
      receivedAt: run.startedAt,
    }
    kept = openFileSource(path.join(request.deliveriesFolder, received.path))
    const file = kept
    return await database.holdSite(siteId, async (held) => {
      const { runId, deliveryId, source, before } = await held.transaction(async (session) => {
        await failLostRuns(session, siteId, run.startedAt)
        const source = await sourceOf(session, request)
        const before = await deliveryByHash(session, siteId, sourceId, delivery.sha256)
        const deliveryId = before?.id ?? (await insertDelivery(session, siteId, delivery))
        const runId = await insertRun(session, siteId, sourceId, deliveryId, run.startedAt)
        return { runId, deliveryId, source, before }
      })
      const identity = { runId, delivery: { id: deliveryId, ...delivery } }
      try {
        return await held.transaction(async (session) => {
          if (before !== undefined && isSameDelivery(source, delivery.sha256)) {
            const report = await sameReport(session, request, run, source, identity)
            await endRun(session, siteId, runId, {
              state: 'applied',
              finishedAt: report.finishedAt,
              report,
            })
            return report
          }
          const tried = await attempt(session, request, run, source, file)
          const report = await settle(session, request, run, source, tried, identity)
          await insertProblems(session, siteId, runId, tried.problems.details)
          if (tried.problems.count('PASSWORD_DROPPED') > 0) {
            await markSecret(session, siteId, deliveryId)
          }
          return report
        })
      } catch (error) {
        await held.transaction((session) =>
          endRun(session, siteId, runId, {
            state: 'failed',
            finishedAt: request.now().toISOString(),
            report: { outcome: 'failed', error: codeOf(error) },
          }),
        )
        throw error
      }
    })
  } finally {
    source.close()
    kept?.close()
  }
}

/** The same up to the verdict: nothing is stored or applied. Gives the report and a page of the changes. */
export async function planDelivery(request: ImportRequest, filter: ChangeFilter): Promise<DryRun> {
  const run = await begin(request)
  const file = openFileSource(request.file)
  try {
    return await request.database.holdSite(request.siteId, (held) =>
      held.transaction(async (session) => {
        const source = await sourceOf(session, request)
        const tried = await attempt(session, request, run, source, file)
        const delivery = {
          id: 0,
          fileName: path.basename(request.file),
          bytes: file.length,
          sha256: '',
        }
        const outcome = tried.refusal === undefined ? 'planned' : 'refused'
        const page =
          tried.plan === undefined
            ? { changes: [], total: 0 }
            : await plannedChanges(session, request.siteId, tried.plan.parts, filter)
        const report = await makeReport(session, request, run, source, tried, {
          runId: 0,
          outcome,
          delivery,
        })
        return { report, changes: page.changes, changesTotal: page.total }
      }),
    )
  } finally {
    file.close()
  }
}

/** What a run carries along: its clock, its steps and how it tells of them. */
export interface Run {
  readonly hashes: Hashes
  readonly startedAt: string
  readonly steps: { [step: string]: number }
  enter(step: Step): void
  /** Shows progress and lets signals through; bytes of the delivery done in this step. */
  readonly letGo: (bytes: number, records?: number) => Promise<void>
}

async function begin(request: ImportRequest): Promise<Run> {
  const steps: { [step: string]: number } = {}
  let current: Step = 'receive'
  let since = performance.now()
  let letGoAt = 0
  let bytesTotal = 0
  const show = (bytes: number, records: number): void => {
    bytesTotal = Math.max(bytesTotal, bytes)
    request.onProgress({ step: current, bytes, bytesTotal: run.bytesTotal || bytesTotal, records })
  }
  const run = {
    hashes: await openHashes(),
    startedAt: request.now().toISOString(),
    steps,
    bytesTotal: sizeOf(request.file),
    enter(step: Step): void {
      const now = performance.now()
      steps[current] = Math.round((steps[current] ?? 0) + now - since)
      since = now
      current = step
      if (process.env['RCDEBUG'])
        console.error(
          step,
          JSON.stringify(
            Object.fromEntries(
              Object.entries(process.memoryUsage()).map(([k, v]) => [k, Math.round(v / 1e6)]),
            ),
          ),
        )
      letGoAt = 0
      show(0, 0)
    },
    letGo: async (bytes: number, records = 0): Promise<void> => {
      if (bytes - letGoAt < LET_GO_BYTES) return
      letGoAt = bytes
      show(bytes, records)
      await setImmediate()
    },
  }
  return run
}

function sizeOf(file: string): number {
  const source = openFileSource(file)
  source.close()
  return source.length
}

async function sourceOf(
  session: Parameters<typeof sourceForRun>[0],
  { siteId, sourceId }: ImportRequest,
): Promise<SourceForRun> {
  const source = await sourceForRun(session, siteId, sourceId)
  if (source) return source
  throw new RollcallError('ERR_NOT_FOUND', `there is no source ${sourceId} on site ${siteId}`)
}

/** The very same bytes, applied whole under the same rules and settings, and nothing has moved the mirror since. */
function isSameDelivery(source: SourceForRun, sha256: string): boolean {
  const { whole } = source.state
  return (
    whole !== undefined &&
    whole.sha256 === sha256 &&
    whole.mirrorVersion === source.mirrorVersion &&
    whole.settings === settingsOf(source, compileSourceRules(source.rules))
  )
}

interface Identity {
  readonly runId: number
  readonly delivery: {
    readonly id: number
    readonly fileName: string
    readonly bytes: number
    readonly sha256: string
  }
}

/** Applies the plan, holds it, or refuses the delivery; and writes the run down. */
async function settle(
  session: Parameters<typeof sourceForRun>[0],
  request: ImportRequest,
  run: Run,
  source: SourceForRun,
  tried: Attempt,
  identity: Identity,
): Promise<RunReport> {
  if (tried.plan === undefined || tried.verdict === undefined) {
    const report = await makeReport(session, request, run, source, tried, {
      ...identity,
      outcome: 'refused',
    })
    await endRun(session, request.siteId, identity.runId, {
      state: 'refused',
      finishedAt: report.finishedAt,
      report,
    })
    return report
  }
  const work = {
    request,
    run,
    source,
    tried,
    plan: tried.plan,
    verdict: tried.verdict,
    ...identity,
  }
  return tried.verdict.decision === 'hold' ? hold(session, work) : pass(session, work)
}

function codeOf(error: unknown): string {
  return error instanceof RollcallError ? error.code : 'ERR_INTERNAL'
}
