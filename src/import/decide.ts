import { RollcallError } from '../errors.ts'
import { applyPlan } from '../store/apply.ts'
import type { Database, Session } from '../store/connect.ts'
import { recount } from '../store/counts.ts'
import { dropPlanBlocks, loadMirror, loadPlanBlocks, saveMirror } from '../store/mirrors.ts'
import {
  decideRun,
  type HeldRun,
  runById,
  setSourceState,
  type SourceState,
  sourceForRun,
} from '../store/runs.ts'
import { hashPlan, mirrorWithIds, mirrorWithoutRemovals, unpackPlan } from './packed-plan.ts'
import type { RunReport } from './report.ts'

interface Decision {
  readonly database: Database
  readonly siteId: number
  /** Number of the run whose plan waits. */
  readonly run: number
  readonly sender: string
  readonly now: () => Date
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
  const { database, siteId, withoutRemovals, consulted, sender, now } = request
  return database.holdSite(siteId, (held) =>
    held.transaction(async (session) => {
      const run = await heldRun(session, request)
      const { id: runId, sourceId } = run
      const source = await sourceForRun(session, siteId, sourceId)
      if (source?.mirrorVersion !== run.mirrorVersion)
        throw outdated('the roster has moved on since')
      const plan = unpackPlan<SourceState & { archiveCourses: boolean }>(
        await loadPlanBlocks(session, siteId, runId),
      )
      if (hashPlan(plan) !== run.planHash)
        throw outdated('the stored plan is not the one that was made')
      const { archiveCourses, ...state } = plan.state
      const context = { siteId, sourceId, runId, archiveCourses, withoutRemovals }
      const base = await applyPlan(session, context, plan)
      const mirror = withoutRemovals
        ? mirrorWithoutRemovals(await loadMirror(session, siteId, sourceId), plan)
        : plan.mirror
      await saveMirror(session, siteId, sourceId, mirrorWithIds(mirror, base))
      if (withoutRemovals) await recount(session, siteId, sourceId)
      await setSourceState(session, siteId, sourceId, state)
      await dropPlanBlocks(session, siteId, runId)
      const report = released(run.report as RunReport, base, withoutRemovals, now(), session)
      const decision = { at: now().toISOString(), by: sender, consulted, withoutRemovals }
      await decideRun(session, siteId, runId, 'released', decision, report)
      return report
    }),
  )
}

/** Turns a plan down: nothing of it is ever applied. */
export function rejectPlan(request: Decision & { readonly reason: string }): Promise<RunReport> {
  const { database, siteId, reason, sender, now } = request
  return database.holdSite(siteId, (held) =>
    held.transaction(async (session) => {
      const run = await heldRun(session, request)
      await dropPlanBlocks(session, siteId, run.id)
      const report = { ...(run.report as RunReport), outcome: 'rejected' as const }
      const decision = { at: now().toISOString(), by: sender, reason }
      await decideRun(session, siteId, run.id, 'rejected', decision, report)
      return report
    }),
  )
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

/** The report of a plan once it is released: ids in place of references; removals that wait are not counted. */
function released(
  report: RunReport,
  base: number,
  withoutRemovals: boolean,
  now: Date,
  session: Session,
): RunReport {
  const real = (school: number): number => (school < -1 ? base - school : school)
  const { tallies } = report
  const waits = <T extends { removed: number; unchanged: number }>(tally: T): T =>
    withoutRemovals
      ? { ...tally, removed: 0, unchanged: tally.unchanged + tally.removed, moved: 0 }
      : tally
  return {
    ...report,
    outcome: 'released',
    finishedAt: now.toISOString(),
    statements: session.statements,
    findings: report.findings.map((finding) =>
      finding.school === undefined ? finding : { ...finding, school: real(finding.school) },
    ),
    tallies: {
      person: waits(tallies.person),
      group: waits(tallies.group),
      membership: waits(tallies.membership),
      relation: waits(tallies.relation),
      course: waits(tallies.course),
      profiles: Object.fromEntries(
        Object.entries(tallies.profiles).map(([profile, tally]) => [profile, waits(tally)]),
      ),
      schools: tallies.schools.map(({ school, persons, groups, memberships }) => ({
        school: real(school),
        persons: waits(persons),
        groups: waits(groups),
        memberships: waits(memberships),
      })),
    },
    schoolNames: Object.fromEntries(
      Object.entries(report.schoolNames).map(([school, name]) => [real(Number(school)), name]),
    ),
  }
}
