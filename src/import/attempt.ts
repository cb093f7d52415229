import type { Verdict } from '../change/judge.ts'
import { delayOn, type WaitingChange, withoutRemovals } from '../change/waiting.ts'
import { RecordReader } from '../ims/scan.ts'
import { ADOPTED_BY, type AdoptedBy } from '../roster/adoption.ts'
import type { Problem } from '../roster/problem.ts'
import { dayIn } from '../rules/dates.ts'
import type { Session } from '../store/connect.ts'
import type { LookAgain } from '../store/look-again.ts'
import { counts, siteIsEmpty } from '../store/counts.ts'
import type { SourceForRun, SourceState } from '../store/runs.ts'
import { type Collector, copyMirror, type Mirror } from './collect.ts'
import { compare, type Comparison } from './compare.ts'
import { settingsOf } from './context.ts'
import type { ImportRequest } from './contract.ts'
import { judgePlan } from './judge-plan.ts'
import { collisionProblem, keysCollide } from './keys-collide.ts'
import { whoIsLetThrough } from './let-through.ts'
import type { Variant, Variants } from './packed-plan.ts'
import { nextMirror } from './next-mirror.ts'
import { type Plan, type PlanContents, planContents } from './plan.ts'
import type { ProblemLog } from './problem-log.ts'
import type { Run } from './progress.ts'
import type { DeliveryRead } from './read-delivery.ts'
import { repeatsOf } from './repeats.ts'
import { schoolChanges } from './schools.ts'
import { tallyUp } from './tally-up.ts'
import { type Withheld, withhold } from './withhold.ts'
import { withoutPairs } from './without-pairs.ts'

/** What a delivery would do, and whether it may: everything before the first write. */
export interface Attempt {
  readonly collected: Collector
  readonly problems: ProblemLog
  /** Why the delivery as a whole is not used. */
  readonly refusal?: Problem
  readonly comparison?: Comparison
  /** All of it where it is held or only looked at; else what is applied. */
  readonly plan?: Plan
  readonly verdict?: Verdict
  /** What waits, under the source's mode, for another night. */
  readonly waiting?: readonly WaitingChange[]
  /** Of a plan that is held: the plans that take its place when it is released. */
  readonly variants: Variants
  /** The source's state once the plan is applied, without what only a whole application sets. */
  readonly nextState: SourceState
  readonly settings: string
  /** The source's, in which days begin and end. */
  readonly timeZone: string
  readonly archiveCourses: boolean
  /** Of the delivery as it was read, unpacked. */
  readonly bytesRead: number
  /** What other runs have left to look at. */
  readonly again: LookAgain
}

interface AttemptOptions {
  readonly prepare?: (collected: Collector) => void
  readonly asHeld?: boolean
}

/**
 * Compare, plan and judge. Reads the roster, writes nothing.
 * @param options Of a plan that is made again for its release: what was collected is prepared before it is compared, and
 *   there are variants as of a held one.
 */
export async function attempt(
  session: Session,
  request: ImportRequest,
  run: Run,
  source: SourceForRun,
  delivery: DeliveryRead,
  { prepare, asHeld = false }: AttemptOptions = {},
): Promise<Attempt> {
  const { siteId, sourceId, limits } = request
  const { rules, problems, mirror, collected, bytes, refusal, nextState } = delivery
  const { frameRead } = collected
  const known = unplanned(source, delivery)
  const { archiveCourses, timeZone } = known
  if (refusal !== undefined || frameRead === undefined) {
    return known
  }

  run.enter('compare')
  prepare?.(collected)
  const refuse = (collision: Problem): Attempt => {
    problems.add(collision)
    return { ...known, refusal: collision }
  }
  const collision = await keysCollide(session, siteId, mirror, run.hashes)
  if (collision !== undefined) return refuse(collision)
  const reader = new RecordReader(bytes, frameRead, collected.propertiesRead, limits)
  const isEmpty = await siteIsEmpty(session, siteId)
  const base = {
    session,
    siteId,
    sourceId,
    hashes: run.hashes,
    problems,
    today: run.startedAt.slice(0, 10),
    siteIsEmpty: isEmpty,
    hasOthers: source.hasOthers,
    hasAliases: source.hasAliases,
    hasClaims: source.hasClaims,
    adopt: adoptOf(source),
    again: delivery.again,
  }
  const comparison = await compare(
    base,
    collected,
    mirror,
    rules,
    source.state.parentRelation,
    (place, length) => reader.membership(place, length),
  )
  // Comparing has met the names of other sources' records.
  const another = collisionProblem(run.hashes)
  if (another !== undefined) return refuse(another)
  run.hashes.forget()
  const before = await counts(session, siteId, sourceId)
  const today = dayIn(timeZone, request.now())
  const mode = delayOn(today, source.settings.delay)
  const delay =
    request.letThrough === undefined
      ? mode
      : {
          ...mode,
          through: await whoIsLetThrough(base, collected, comparison, request.letThrough),
        }
  const withheld = await withhold(base, collected, comparison, delay)
  const contentsOf = async (of: Comparison): Promise<PlanContents> =>
    planContents(collected, mirror, of, await schoolsOf(base, of), before, {
      archiveCourses,
      clearAbsentFields: rules.absentField === 'clear',
      sourceName: source.name,
    })
  const whole = await contentsOf(comparison)

  run.enter('judge')
  const repeats = await repeatsOf(session, siteId, sourceId, whole)
  const { relation } = comparison.groups
  const verdict = await judgePlan(session, request, source, {
    comparison,
    tallies: whole.tallies,
    async countAgain(other) {
      const without = withoutPairs(other)
      return tallyUp(collected, mirror, without, await schoolsOf(base, without), before).tallies
    },
    siteIsEmpty: isEmpty,
    known: {
      ...(source.state.reviewNext === true ? { review: true } : {}),
      ...(repeats === undefined ? {} : { repeats }),
      ...changed('parentRelation', source.state.parentRelation, relation),
      ...changed('encoding', source.state.encoding, frameRead.encoding),
    },
  })
  const stateOf = (of: Comparison): SourceState =>
    relation === undefined || of.waiting?.reparented === true
      ? nextState
      : { ...nextState, parentRelation: relation }
  const variantOf = async (of: Withheld): Promise<Variant> => ({
    plan: {
      ...(await contentsOf(of.comparison)),
      // The plan that is held is made of the mirror itself.
      mirror: nextMirror(collected, copyMirror(mirror), of.comparison),
    },
    waiting: of.changes,
    state: stateOf(of.comparison),
  })
  const waiting = withheld === undefined ? {} : { waiting: withheld.changes }
  // A dry run shows all, what waits too; one of letting something through shows what that does.
  const showsRest = request.dryRun && request.letThrough !== undefined
  const applies = !request.dryRun && verdict.decision === 'pass'
  if (withheld !== undefined && (applies || showsRest)) {
    const { comparison: left } = withheld
    const plan = lastPlan(await contentsOf(left), collected, mirror, left)
    return { ...known, ...waiting, comparison: left, plan, verdict, nextState: stateOf(left) }
  }
  const variants: { delayed?: Variant; withoutRemovals?: Variant } = {}
  if (asHeld || (verdict.decision === 'hold' && !request.dryRun)) {
    const kept = await withhold(base, collected, comparison, withoutRemovals(mode))
    if (withheld !== undefined) variants.delayed = await variantOf(withheld)
    if (kept !== undefined) variants.withoutRemovals = await variantOf(kept)
  }
  return {
    ...known,
    ...waiting,
    comparison,
    variants,
    plan: lastPlan(whole, collected, mirror, comparison),
    verdict,
    nextState: stateOf(comparison),
  }
}

/** The plan that nothing else is made after: what only tells what is known is let go of, which is 200 MB at a million persons. */
function lastPlan(
  contents: PlanContents,
  collected: Collector,
  mirror: Mirror,
  comparison: Comparison,
): Plan {
  const plan = { ...contents, mirror: nextMirror(collected, mirror, comparison) }
  collected.persons.forgetHashes()
  collected.groups.forgetHashes()
  for (const known of [mirror.persons, mirror.groups, mirror.lists, comparison.lists.mirror]) {
    known.clear()
  }
  return plan
}

/** A delivery that was read, and nothing more. */
export function unplanned(
  source: SourceForRun,
  { collected, problems, nextState, rules, bytesRead, refusal, again }: DeliveryRead,
): Attempt {
  return {
    collected,
    problems,
    nextState,
    settings: settingsOf(source, rules),
    timeZone: rules.timeZone,
    archiveCourses: source.siteSettings.archiveCourses ?? true,
    bytesRead,
    variants: {},
    again,
    ...(refusal === undefined ? {} : { refusal }),
  }
}

type Schools = Awaited<ReturnType<typeof schoolChanges>>

function schoolsOf(
  base: Parameters<typeof schoolChanges>[0],
  comparison: Comparison,
): Promise<Schools> {
  const { added, writes } = comparison.persons
  const restored = writes.flatMap(({ id, action, adoptedBy }) =>
    action === 'restore' || adoptedBy !== undefined ? [id] : [],
  )
  return schoolChanges(base, comparison, added.values(), restored)
}

function changed<N extends string>(
  name: N,
  before: string | number | undefined,
  now: string | number | undefined,
): { readonly [name in N]?: { readonly before: string; readonly now: string } } {
  if (before === undefined || now === undefined || before === now) return {}
  return { [name]: { before: String(before), now: String(now) } } as {
    readonly [name in N]: { readonly before: string; readonly now: string }
  }
}

/** Nothing was ever accepted from a source whose encoding nobody knows. */
function adoptOf({ state, settings }: SourceForRun): ReadonlySet<AdoptedBy> {
  return new Set(state.encoding === undefined ? (settings.adopt ?? ADOPTED_BY) : [])
}
