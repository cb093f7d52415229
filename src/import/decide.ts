import { announcementsKept } from '../change/announced.ts'
import { RollcallError } from '../errors.ts'
import { dayIn } from '../rules/dates.ts'
import { useAnnouncements } from '../store/announcements.ts'
import type { Approval } from '../store/approvals.ts'
import { applyPlan } from '../store/apply.ts'
import type { Database, Session } from '../store/connect.ts'
import { counts } from '../store/counts.ts'
import { lookedAgain } from '../store/look-again.ts'
import { changesOfRun, type JournalChange } from '../store/journal.ts'
import { dropPlanBlocks, loadPlanBlocks, saveMirror } from '../store/mirrors.ts'
import { forgetPlannedChanges } from '../store/planned-changes.ts'
import { needsFull } from '../store/queue.ts'
import {
  decideRun,
  deleteProblems,
  type HeldRun,
  insertProblems,
  runById,
  setSourceState,
  type SourceForRun,
  sourceForRun,
} from '../store/runs.ts'
import { markRekeyed, pairsOfRun } from '../store/suspected-pairs.ts'
import { settleUndone } from '../store/undone.ts'
import { type Account, approvalBefore, approveFirst } from './approve.ts'
import type { ChangeFilter } from './contract.ts'
import { hashPlan, mirrorWithIds, unpackPlan, unpackVariant } from './packed-plan.ts'
import { type QueueRequest, queueSteps, runQueue } from './queue.ts'
import { type KeptDelivery, planAsRekey, type RekeyedPlan } from './rekeyed-plan.ts'
import { type Released, releasedReport } from './released-report.ts'
import { makeReport } from './report-of-run.ts'
import { type RunReport, storedReport } from './report.ts'
import { settleWaiting, withWaits } from './settle-waiting.ts'
import { compileSourceRules } from './source-rules.ts'
import { tallyCounted } from './tally-counted.ts'

interface Decision {
  readonly database: Database
  readonly siteId: number
  /** Number of the run whose plan waits. */
  readonly run: number
  readonly sender: string
  readonly now: () => Date
  /** Where deliveries lie that wait behind it: they have their turn at once. Without it, at the next import. */
  readonly kept?: Pick<QueueRequest, 'deliveriesFolder' | 'limits'>
}

export interface Release extends Decision {
  /** Leaves everything out that takes away. */
  readonly withoutRemovals: boolean
  /** Takes suspected pairs that are sure enough as one record each with a new key; needs the delivery that was kept. */
  readonly asRekey?: KeptDelivery
  readonly consulted: string
  /** The account that decides: where the site wants two persons, they are told apart by it. */
  readonly account?: Account
}

/**
 * Applies exactly the plan that was looked at. Refused if the mirror has moved since, if the plan's hash is not the
 * one it was stored with, or if anything it was made against is no longer so. As rekey, the plan is made again from the
 * delivery that was kept, and applied without being judged again.
 *
 * @throws RollcallError ERR_NOT_FOUND, ERR_PLAN_NOT_HELD, ERR_PLAN_OUTDATED, ERR_DELIVERY_GONE; ERR_SECOND_PERSON where
 *   the site wants two and no other account has approved it
 */
export function releasePlan(request: Release): Promise<RunReport> {
  return decided(request, async (session, run) => {
    const approval = await approvalBefore(session, request, run)
    return release(session, request, run, approval)
  })
}

/**
 * Releases a plan, or, where the site wants two persons and this is the first, notes that he would.
 * @throws RollcallError as `releasePlan` does
 */
export async function releaseOrApprove(
  request: Release,
): Promise<{ readonly report: RunReport } | { readonly approval: Approval }> {
  const approval = await request.database.holdSite(request.siteId, (site) =>
    site.transaction(async (session) =>
      approveFirst(session, request, await heldRun(session, request)),
    ),
  )
  return approval === undefined ? { report: await releasePlan(request) } : { approval }
}

/** What a release would do: it is done, looked at and taken back. Gives the report and a page of the changes. */
export async function previewRelease(request: Release, filter: ChangeFilter): Promise<Preview> {
  const { database, siteId } = request
  let preview: Preview | undefined
  const takenBack = new Error('taken back')
  try {
    await database.holdSite(siteId, (held) =>
      held.transaction(async (session) => {
        const report = await release(session, request, await heldRun(session, request))
        const { rows, total } = await changesOfRun(session, siteId, report.run, filter)
        preview = {
          report: { ...report, outcome: 'planned' },
          changes: rows,
          changesTotal: total ?? 0,
        }
        throw takenBack
      }),
    )
  } catch (error) {
    if (error !== takenBack) throw error
  }
  if (preview === undefined) throw new RollcallError('ERR_INTERNAL', 'there is no preview')
  return preview
}

export interface Preview {
  readonly report: RunReport
  readonly changes: readonly JournalChange[]
  readonly changesTotal: number
}

async function release(
  session: Session,
  request: Release,
  run: HeldRun,
  approval?: Approval,
): Promise<RunReport> {
  const { siteId, withoutRemovals, asRekey, consulted, sender, now } = request
  const { id: runId, sourceId } = run
  const source = await sourceForRun(session, siteId, sourceId)
  if (source?.mirrorVersion !== run.mirrorVersion) throw outdated('the roster has moved on since')
  const stored = await storedPlan(session, request, run)
  const made = asRekey && (await planAsRekey(session, request, run, source, asRekey))
  const plan = made?.plan ?? stored
  const { archiveCourses, ...state } = plan.state
  const today = dayIn(compileSourceRules(source.rules).timeZone, now())
  await forgetPlannedChanges(session, siteId, runId)
  const context = { siteId, sourceId, runId, archiveCourses, today }
  const base = await applyPlan(session, context, plan)
  await saveMirror(session, siteId, sourceId, mirrorWithIds(plan.mirror, base))
  const held = reportOf(run)
  if (!withoutRemovals) {
    await useAnnouncements(session, siteId, announcementsKept(held.findings), runId)
  }
  const at = now().toISOString()
  const full = held.delivery.type === 'full'
  const { waiting } = plan
  const before = source.state
  const waits = await settleWaiting(session, { siteId, sourceId, runId, at, full, before, waiting })
  if (full && source.looksAgain) await lookedAgain(session, siteId, sourceId)
  const next = withWaits(state, waits, waiting && { full, since: at, run: runId })
  await setSourceState(session, siteId, sourceId, next)
  if (repeatsUndone(held)) await settleUndone(session, siteId, sourceId)
  await dropPlanBlocks(session, siteId, runId)
  if (made) await noteRekeyed(session, siteId, runId, made)
  const judged = made ? await rekeyedReport(session, run, source, made, base) : held
  const planned = releasedReport(judged, plan, next.needsFull, base, at, session.statements)
  const report =
    source.hasOthers || plan.rows.adoption > 0
      ? {
          ...planned,
          tallies: tallyCounted(planned.tallies, await counts(session, siteId, sourceId)),
        }
      : planned
  const decision = {
    at,
    by: sender,
    consulted,
    withoutRemovals,
    ...(approval === undefined ? {} : { approvedBy: approval.by, approvedAt: approval.at }),
    ...(made ? { asRekey: true, pairs: made.pairs } : {}),
  }
  await decideRun(session, siteId, runId, 'released', decision, storedReport(report))
  return { ...report, suspectedPairs: await pairsOfRun(session, siteId, runId) }
}

/** The held plan, or that of its variants that is released. */
async function storedPlan(
  session: Session,
  { siteId, withoutRemovals }: Release,
  { id: runId, planHash }: HeldRun,
): Promise<Released> {
  const packed = await loadPlanBlocks(session, siteId, runId)
  const whole = unpackPlan(packed)
  if (hashPlan(whole) !== planHash) throw changedSince()
  const delayed = unpackVariant(packed, whole, 'delayed')
  const variant = withoutRemovals
    ? (unpackVariant(packed, whole, 'withoutRemovals') ?? delayed)
    : delayed
  if (variant !== undefined && hashPlan(variant) !== variant.hash) throw changedSince()
  return variant ?? whole
}

function reportOf({ report }: HeldRun): RunReport {
  return report as RunReport
}

/** What was found about the delivery is said again: who was left out may be taken now. */
async function noteRekeyed(
  session: Session,
  siteId: number,
  runId: number,
  { tried }: RekeyedPlan,
): Promise<void> {
  await deleteProblems(session, siteId, runId)
  await insertProblems(session, siteId, runId, tried.problems.details)
  await markRekeyed(session, siteId, runId)
}

/** The report of the plan as rekey, with the findings that it was held for. */
async function rekeyedReport(
  session: Session,
  held: HeldRun,
  source: SourceForRun,
  { request, run, tried }: RekeyedPlan,
  base: number,
): Promise<RunReport> {
  const { delivery, findings, planHash, keyChurn, startedAt } = reportOf(held)
  const { id, fileName, bytes, sha256 } = delivery
  const report = await makeReport(session, request, run, source, tried, {
    runId: held.id,
    outcome: 'released',
    delivery: { id, fileName, bytes, sha256 },
    ...(planHash === undefined ? {} : { planHash }),
    idBase: base,
  })
  return {
    ...report,
    startedAt,
    // Schools that the held plan would have made have other numbers in this one.
    findings: findings.filter(({ school = 0 }) => school >= 0),
    ...(keyChurn === undefined ? {} : { keyChurn }),
  }
}

/** Turns a plan down: nothing of it is ever applied. */
export function rejectPlan(request: Decision & { readonly reason: string }): Promise<RunReport> {
  const { siteId, reason, sender, now } = request
  return decided(request, async (session, run) => {
    await dropPlanBlocks(session, siteId, run.id)
    const at = now().toISOString()
    const held = run.report as RunReport
    // What a delta says is said once.
    const missed = held.delivery.type === 'full' ? undefined : { since: at, run: run.id }
    if (missed !== undefined) await needsFull(session, siteId, run.sourceId, missed)
    const report = {
      ...held,
      ...(missed === undefined ? {} : { needsFull: held.needsFull ?? missed }),
      outcome: 'rejected' as const,
    }
    await decideRun(session, siteId, run.id, 'rejected', { at, by: sender, reason }, report)
    return report
  })
}

/** Decides about a plan, and lets the deliveries that waited behind it have their turn. */
function decided(
  request: Decision,
  decide: (session: Session, run: HeldRun) => Promise<RunReport>,
): Promise<RunReport> {
  const { database, siteId, sender, now, kept } = request
  return database.holdSite(siteId, async (site) => {
    const { report, sourceId } = await site.transaction(async (session) => {
      const run = await heldRun(session, request)
      return { report: await decide(session, run), sourceId: run.sourceId }
    })
    if (kept === undefined) return report
    const steps = await runQueue(site, {
      database,
      siteId,
      sourceId,
      sender,
      now,
      channel: 'command line',
      dryRun: false,
      onProgress: () => {},
      ...kept,
    })
    return steps.length === 0 ? report : { ...report, queue: queueSteps(steps) }
  })
}

function repeatsUndone({ findings }: RunReport): boolean {
  return findings.some(({ code }) => code === 'REPEATS_UNDONE')
}

async function heldRun(session: Session, { siteId, run: runId }: Decision): Promise<HeldRun> {
  const run = await runById(session, siteId, runId)
  if (!run) {
    throw new RollcallError('ERR_NOT_FOUND', 'there is no such plan', {
      hint: 'rollcall runs lists all runs; those that wait for a decision are called held.',
    })
  }
  if (run.state !== 'held') {
    throw new RollcallError('ERR_PLAN_NOT_HELD', `run ${run.id} does not wait: it is ${run.state}`)
  }
  return run
}

function outdated(why: string): RollcallError {
  return new RollcallError('ERR_PLAN_OUTDATED', `the plan is outdated: ${why}`, {
    hint: 'Import the delivery again: a new plan is made.',
  })
}

function changedSince(): RollcallError {
  return outdated('the stored plan is not the one that was made')
}
