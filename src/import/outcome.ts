import { announcementsKept } from '../change/announced.ts'
import type { Verdict } from '../change/judge.ts'
import { dayIn } from '../rules/dates.ts'
import { useAnnouncements } from '../store/announcements.ts'
import { applyPlan } from '../store/apply.ts'
import type { Session } from '../store/connect.ts'
import { lookedAgain } from '../store/look-again.ts'
import { saveMirror, savePlanBlocks } from '../store/mirrors.ts'
import { storePlannedChanges } from '../store/planned-changes.ts'
import { insertSuspectedPairs } from '../store/suspected-pairs.ts'
import { endRun, heldRuns, setSourceState, type SourceForRun, supersede } from '../store/runs.ts'
import type { Attempt } from './attempt.ts'
import type { ImportRequest } from './contract.ts'
import { hashPlan, mirrorWithIds, packPlan, PlanHash } from './packed-plan.ts'
import { type Plan, PLAN_PARTS } from './plan.ts'
import { makeReport } from './report-of-run.ts'
import { type RunReport, storedReport } from './report.ts'
import type { Run } from './progress.ts'
import { settleWaiting, withWaits } from './settle-waiting.ts'

/** A plan with its verdict, to be applied, held or only looked at. */
export interface Work {
  readonly request: ImportRequest
  readonly run: Run
  readonly runId: number
  readonly source: SourceForRun
  readonly tried: Attempt
  readonly plan: Plan
  readonly verdict: Verdict
  readonly delivery: {
    readonly id: number
    readonly fileName: string
    readonly bytes: number
    readonly sha256: string
  }
}

/** Applies a plan that passes: roster, journal, mirror, counts and run, all in the caller's transaction. */
export async function pass(session: Session, work: Work): Promise<RunReport> {
  const { request, run, runId, source, tried, plan, delivery } = work
  const { siteId, sourceId } = request
  run.enter('apply')
  const hash = new PlanHash()
  const today = dayIn(tried.timeZone, request.now())
  const base = await applyPlan(
    session,
    {
      siteId,
      sourceId,
      runId,
      archiveCourses: tried.archiveCourses,
      today,
    },
    { ...plan, parts: hashed(plan, hash) },
  )
  // What is only shown has not passed by.
  for (const part of ['other_membership', 'adoption'] as const) {
    for (const _ of hash.through(part, plan.parts[part]));
  }
  if (movesMirror(tried, source)) {
    await saveMirror(session, siteId, sourceId, mirrorWithIds(plan.mirror, base))
  }
  const full = tried.collected.deliveryType === 'full'
  if (full) await supersede(session, siteId, sourceId, request.now().toISOString())
  if (full && source.looksAgain) await lookedAgain(session, siteId, sourceId)
  const waits = await settleWaiting(session, {
    siteId,
    sourceId,
    runId,
    at: run.startedAt,
    full,
    before: source.state,
    waiting: tried.waiting,
  })
  const planHash = hash.digest()
  const report = await makeReport(session, request, run, source, tried, {
    runId,
    outcome: 'applied',
    delivery,
    planHash,
    idBase: base,
  })
  const moved = movesMirror(tried, source) ? 1 : 0
  await setSourceState(session, siteId, sourceId, {
    ...withWaits(
      tried.nextState,
      waits,
      tried.waiting && { full, since: run.startedAt, run: runId },
    ),
    ...(isWhole(tried)
      ? {
          whole: {
            sha256: delivery.sha256,
            settings: tried.settings,
            mirrorVersion: source.mirrorVersion + moved,
            dialect: report.delivery.dialect,
            encoding: report.delivery.encoding,
          },
        }
      : {}),
  })
  await endRun(session, siteId, runId, {
    deliveryId: delivery.id,
    state: 'applied',
    finishedAt: report.finishedAt,
    planHash,
    mirrorVersion: source.mirrorVersion,
    report: storedReport(report),
  })
  await insertSuspectedPairs(session, siteId, runId, report.suspectedPairs ?? [])
  await useAnnouncements(session, siteId, announcementsKept(report.findings), runId)
  return report
}

function hashed({ parts }: Plan, hash: PlanHash): Plan['parts'] {
  return Object.fromEntries(
    PLAN_PARTS.map((part) => [part, hash.through(part, parts[part])]),
  ) as unknown as Plan['parts']
}

/** Keeps a plan that waits for a person, with every value it needs. Nothing is written to the roster. */
export async function hold(session: Session, work: Work): Promise<RunReport> {
  const { request, run, runId, source, tried, plan, delivery } = work
  const { siteId, sourceId } = request
  const waiting = await heldRuns(session, siteId, sourceId)
  if (tried.collected.deliveryType === 'full') {
    await supersede(session, siteId, sourceId, request.now().toISOString())
  }
  const state = { ...tried.nextState, archiveCourses: tried.archiveCourses }
  await savePlanBlocks(session, siteId, runId, packPlan(plan, state, tried.variants))
  await storePlannedChanges(session, siteId, runId, plan.parts.change)
  const planHash = hashPlan(plan)
  const report = await makeReport(session, request, run, source, tried, {
    runId,
    outcome: 'held',
    delivery,
    planHash,
  })
  await endRun(session, siteId, runId, {
    deliveryId: delivery.id,
    state: 'held',
    finishedAt: report.finishedAt,
    planHash,
    mirrorVersion: source.mirrorVersion,
    episode: waiting.at(-1)?.episode ?? runId,
    report: storedReport(report),
  })
  await insertSuspectedPairs(session, siteId, runId, report.suspectedPairs ?? [])
  return report
}

/** Applied whole: nothing set aside, left out or delayed, so the same bytes need not be looked at again. */
function isWhole({ plan, problems, comparison, waiting }: Attempt): boolean {
  if (plan === undefined || comparison === undefined || waiting !== undefined) return false
  const { person, group, membership, relation } = plan.tallies
  const aside = person.setAside + group.setAside + membership.setAside + relation.setAside
  const unsettled = comparison.groups.unsettled.size + comparison.persons.withoutUsername.size
  return (
    aside === 0 &&
    unsettled === 0 &&
    comparison.removalsLeftOut.length === 0 &&
    !problems.any('setAside')
  )
}

/** An unchanged delivery of which nothing was read leaves the mirror as it is. */
function movesMirror(
  { collected, comparison, nextState, again }: Attempt,
  { state }: SourceForRun,
): boolean {
  return (
    again.persons.length + again.groups.length > 0 ||
    collected.recordsRead > 0 ||
    nextState.context !== state.context ||
    comparison === undefined ||
    comparison.persons.removedSlots.length > 0 ||
    comparison.groups.removedSlots.length > 0 ||
    comparison.lists.lookedAt.size > 0
  )
}
