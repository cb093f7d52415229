import type { Tally } from '../change/tally.ts'
import { RollcallError } from '../errors.ts'
import { dayIn } from '../rules/dates.ts'
import { applyPlan } from '../store/apply.ts'
import type { Database, Session } from '../store/connect.ts'
import { type CountRow, counts, recount } from '../store/counts.ts'
import { dropPlanBlocks, loadMirror, loadPlanBlocks, saveMirror } from '../store/mirrors.ts'
import { decideRun, type HeldRun, runById, setSourceState, sourceForRun } from '../store/runs.ts'
import { settleUndone } from '../store/undone.ts'
import { hashPlan, mirrorWithIds, mirrorWithoutRemovals, unpackPlan } from './packed-plan.ts'
import type { RunReport } from './report.ts'
import { compileSourceRules } from './source-rules.ts'
import { WHOLE_SOURCE } from './tally-up.ts'

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
      const plan = unpackPlan(await loadPlanBlocks(session, siteId, runId))
      if (hashPlan(plan) !== run.planHash)
        throw outdated('the stored plan is not the one that was made')
      const { archiveCourses, ...state } = plan.state
      const today = dayIn(compileSourceRules(source.rules).timeZone, now())
      const context = { siteId, sourceId, runId, archiveCourses, today, withoutRemovals }
      const base = await applyPlan(session, context, plan)
      const mirror = withoutRemovals
        ? mirrorWithoutRemovals(await loadMirror(session, siteId, sourceId), plan)
        : plan.mirror
      await saveMirror(session, siteId, sourceId, mirrorWithIds(mirror, base))
      if (withoutRemovals) await recount(session, siteId, sourceId)
      await setSourceState(session, siteId, sourceId, state)
      if (repeatsUndone(run.report as RunReport)) await settleUndone(session, siteId, sourceId)
      await dropPlanBlocks(session, siteId, runId)
      const left = withoutRemovals ? await counts(session, siteId, sourceId) : undefined
      const report = released(run.report as RunReport, base, left, now(), session)
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

/**
 * The report of a plan once it is released: ids in place of references. Removals that wait are not counted: what a
 * kind comes to is what there is now (`left`).
 */
function released(
  report: RunReport,
  base: number,
  left: readonly CountRow[] | undefined,
  now: Date,
  session: Session,
): RunReport {
  const real = (school: number): number => (school < -1 ? base - school : school)
  const { tallies } = report
  const waits = (tally: Tally, kind: string, profile = '', school = WHOLE_SOURCE): Tally => {
    if (left === undefined) return tally
    const now = left.find(
      (row) => row.kind === kind && row.profile === profile && row.school === school,
    )
    return {
      ...tally,
      removed: 0,
      unchanged: tally.unchanged + tally.removed,
      moved: (now?.n ?? 0) - tally.before - tally.added,
    }
  }
  return {
    ...report,
    outcome: 'released',
    finishedAt: now.toISOString(),
    statements: session.statements,
    findings: report.findings.map((finding) =>
      finding.school === undefined ? finding : { ...finding, school: real(finding.school) },
    ),
    tallies: {
      person: waits(tallies.person, 'person'),
      group: waits(tallies.group, 'group'),
      membership: waits(tallies.membership, 'membership'),
      relation: waits(tallies.relation, 'relation'),
      course: waits(tallies.course, 'course'),
      profiles: Object.fromEntries(
        Object.entries(tallies.profiles).map(([profile, tally]) => [
          profile,
          waits(tally, 'person', profile),
        ]),
      ),
      schools: tallies.schools.map(({ school, persons, groups, memberships }) => ({
        school: real(school),
        persons: waits(persons, 'person', '', real(school)),
        groups: waits(groups, 'group', '', real(school)),
        memberships: waits(memberships, 'membership', '', real(school)),
      })),
    },
    schoolNames: Object.fromEntries(
      Object.entries(report.schoolNames).map(([school, name]) => [real(Number(school)), name]),
    ),
  }
}
