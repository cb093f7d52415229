import { countWaiting } from '../change/waiting.ts'
import { RollcallError } from '../errors.ts'
import { dayIn } from '../rules/dates.ts'
import { applyPlan } from '../store/apply.ts'
import type { Database, Session } from '../store/connect.ts'
import { counts } from '../store/counts.ts'
import { lookedAgain } from '../store/look-again.ts'
import { dropPlanBlocks, loadPlanBlocks, saveMirror } from '../store/mirrors.ts'
import { forgetPlannedChanges } from '../store/planned-changes.ts'
import { needsFull } from '../store/queue.ts'
import { decideRun, type HeldRun, runById, setSourceState, sourceForRun } from '../store/runs.ts'
import { settleUndone } from '../store/undone.ts'
import { hashPlan, mirrorWithIds, unpackPlan, unpackVariant } from './packed-plan.ts'
import { type QueueRequest, queueSteps, runQueue } from './queue.ts'
import type { RunReport } from './report.ts'
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

/**
 * Applies exactly the plan that was looked at. Refused if the mirror has moved since, if the plan's hash is not the
 * one it was stored with, or if anything it was made against is no longer so.
 *
 * @throws RollcallError ERR_NOT_FOUND, ERR_PLAN_NOT_HELD, ERR_PLAN_OUTDATED
 */
export function releasePlan(
  request: Decision & { readonly withoutRemovals: boolean; readonly consulted: string },
): Promise<RunReport> {
  const { siteId, withoutRemovals, consulted, sender, now } = request
  return decided(request, async (session, run) => {
    const { id: runId, sourceId } = run
    const source = await sourceForRun(session, siteId, sourceId)
    if (source?.mirrorVersion !== run.mirrorVersion) throw outdated('the roster has moved on since')
    const packed = await loadPlanBlocks(session, siteId, runId)
    const whole = unpackPlan(packed)
    if (hashPlan(whole) !== run.planHash) throw changedSince()
    const delayed = unpackVariant(packed, whole, 'delayed')
    const variant = withoutRemovals
      ? (unpackVariant(packed, whole, 'withoutRemovals') ?? delayed)
      : delayed
    if (variant !== undefined && hashPlan(variant) !== variant.hash) throw changedSince()
    const plan = variant ?? whole
    const { archiveCourses, ...state } = plan.state
    const today = dayIn(compileSourceRules(source.rules).timeZone, now())
    const context = { siteId, sourceId, runId, archiveCourses, today }
    await forgetPlannedChanges(session, siteId, runId)
    const base = await applyPlan(session, context, plan)
    await saveMirror(session, siteId, sourceId, mirrorWithIds(plan.mirror, base))
    const held = run.report as RunReport
    const at = now().toISOString()
    const full = held.delivery.type === 'full'
    const waits = await settleWaiting(session, {
      siteId,
      sourceId,
      runId,
      at,
      full,
      before: source.state,
      waiting: variant?.waiting,
    })
    if (full && source.looksAgain) await lookedAgain(session, siteId, sourceId)
    const next = withWaits(state, waits, variant && { full, since: at, run: runId })
    await setSourceState(session, siteId, sourceId, next)
    if (repeatsUndone(held)) await settleUndone(session, siteId, sourceId)
    await dropPlanBlocks(session, siteId, runId)
    const planned = released(held, variant, next.needsFull, base, now(), session)
    const report =
      source.hasOthers || plan.rows.adoption > 0
        ? {
            ...planned,
            tallies: tallyCounted(planned.tallies, await counts(session, siteId, sourceId)),
          }
        : planned
    const decision = { at: now().toISOString(), by: sender, consulted, withoutRemovals }
    await decideRun(session, siteId, runId, 'released', decision, report)
    return report
  })
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

/** The report of a plan once it is released: ids in place of references, without what waits. */
function released(
  { waiting: _, needsFull: __, ...report }: RunReport,
  variant: ReturnType<typeof unpackVariant>,
  needs: RunReport['needsFull'],
  base: number,
  now: Date,
  session: Session,
): RunReport {
  const real = (school: number): number => (school < -1 ? base - school : school)
  const tallies = variant?.tallies ?? report.tallies
  return {
    ...report,
    outcome: 'released',
    finishedAt: now.toISOString(),
    statements: session.statements,
    findings: report.findings.map((finding) =>
      finding.school === undefined ? finding : { ...finding, school: real(finding.school) },
    ),
    tallies: {
      ...tallies,
      schools: tallies.schools.map((tally) => ({ ...tally, school: real(tally.school) })),
    },
    ...(variant === undefined ? {} : { waiting: countWaiting(variant.waiting) }),
    ...(needs === undefined ? {} : { needsFull: needs }),
    schoolNames: Object.fromEntries(
      Object.entries(report.schoolNames).map(([school, name]) => [real(Number(school)), name]),
    ),
  }
}
