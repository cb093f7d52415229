import { judge, type Verdict } from '../change/judge.ts'
import { RecordReader } from '../ims/scan.ts'
import type { Problem } from '../roster/problem.ts'
import type { Session } from '../store/connect.ts'
import { counts, siteIsEmpty } from '../store/counts.ts'
import type { SourceForRun, SourceState } from '../store/runs.ts'
import type { Collector } from './collect.ts'
import { compare, type Comparison } from './compare.ts'
import { settingsOf } from './context.ts'
import type { ImportRequest } from './contract.ts'
import { makePlan, type Plan } from './plan.ts'
import type { ProblemLog } from './problem-log.ts'
import type { Run } from './progress.ts'
import type { DeliveryRead } from './read-delivery.ts'
import { repeatsOf } from './repeats.ts'
import { schoolChanges } from './schools.ts'

/** What a delivery would do, and whether it may: everything before the first write. */
export interface Attempt {
  readonly collected: Collector
  readonly problems: ProblemLog
  /** Why the delivery as a whole is not used. */
  readonly refusal?: Problem
  readonly comparison?: Comparison
  readonly plan?: Plan
  readonly verdict?: Verdict
  /** The source's state once the plan is applied, without what only a whole application sets. */
  readonly nextState: SourceState
  readonly settings: string
  /** The source's, in which days begin and end. */
  readonly timeZone: string
  readonly archiveCourses: boolean
  /** Of the delivery as it was read, unpacked. */
  readonly bytesRead: number
}

/** Compare, plan and judge. Reads the roster, writes nothing. */
export async function attempt(
  session: Session,
  request: ImportRequest,
  run: Run,
  source: SourceForRun,
  delivery: DeliveryRead,
): Promise<Attempt> {
  const { siteId, sourceId, limits } = request
  const { rules, problems, mirror, collected, bytes, refusal, nextState } = delivery
  const { frameRead } = collected
  const archiveCourses = source.siteSettings.archiveCourses ?? true
  const settings = settingsOf(source, rules)
  const { timeZone } = rules
  const known = {
    collected,
    problems,
    nextState,
    settings,
    timeZone,
    archiveCourses,
    bytesRead: delivery.bytesRead,
  }
  if (refusal !== undefined || frameRead === undefined) {
    return { ...known, ...(refusal ? { refusal } : {}) }
  }

  run.enter('compare')
  const reader = new RecordReader(bytes, frameRead, collected.propertiesRead, limits)
  const isEmpty = await siteIsEmpty(session, siteId)
  const base = {
    session,
    siteId,
    sourceId,
    hashes: run.hashes,
    problems,
    siteIsEmpty: isEmpty,
  }
  const comparison = await compare(
    base,
    collected,
    mirror,
    rules,
    source.state.parentRelation,
    (place, length) => reader.membership(place, length),
  )
  const before = await counts(session, siteId, sourceId)
  const restored = comparison.persons.writes.filter(({ action }) => action === 'restore')
  const schools = await schoolChanges(
    base,
    comparison,
    comparison.persons.added.values(),
    restored.map(({ id }) => id),
  )
  const plan = makePlan(collected, mirror, comparison, schools, before, {
    archiveCourses,
    clearAbsentFields: rules.absentField === 'clear',
  })

  run.enter('judge')
  const repeats = await repeatsOf(session, siteId, sourceId, plan)
  const { relation } = comparison.groups
  const verdict = judge(
    plan.tallies,
    {
      firstOnEmptySite: source.state.context === undefined && isEmpty,
      missingKinds: comparison.missingKinds,
      removalsLeftOut: comparison.removalsLeftOut,
      ...(repeats === undefined ? {} : { repeats }),
      ...changed('parentRelation', source.state.parentRelation, relation),
      ...changed('encoding', source.state.encoding, frameRead.encoding),
    },
    source.settings['limits'] ?? {},
  )
  const relationNow = relation === undefined ? {} : { parentRelation: relation }
  return { ...known, comparison, plan, verdict, nextState: { ...nextState, ...relationNow } }
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
