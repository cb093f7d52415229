import { ListMirror } from '../change/list-mirror.ts'
import { judge, type Verdict } from '../change/judge.ts'
import type { LimitSettings } from '../change/limits.ts'
import { RecordMirror } from '../change/mirror.ts'
import { type ByteSource, RecordReader, scanDelivery } from '../ims/scan.ts'
import type { Problem } from '../roster/problem.ts'
import type { Rules } from '../rules/contract.ts'
import { parseDateTime } from '../rules/dates.ts'
import type { Session } from '../store/connect.ts'
import { counts } from '../store/counts.ts'
import { loadMirror } from '../store/mirrors.ts'
import type { SourceForRun, SourceState } from '../store/runs.ts'
import { Collector, type Mirror } from './collect.ts'
import { compare, type Comparison } from './compare.ts'
import { contextOf, settingsOf } from './context.ts'
import type { ImportRequest } from './contract.ts'
import { type FileSource, utf8Source } from './file-source.ts'
import { makePlan, type Plan } from './plan.ts'
import { ProblemLog } from './problem-log.ts'
import type { Run } from './run.ts'
import { schoolChanges } from './schools.ts'
import { compileSourceRules } from './source-rules.ts'

/** Bytes of the delivery in memory at a time; a larger record takes more. */
const WINDOW_BYTES = 4 * 1024 * 1024

/** How far ahead of now a delivery's datetime may be and still tell older from newer. */
const AHEAD_MAX_MS = 24 * 60 * 60 * 1000

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
  readonly archiveCourses: boolean
}

/** Index, read, compare, plan and judge. Reads the roster, writes nothing. */
export async function attempt(
  session: Session,
  request: ImportRequest,
  run: Run,
  source: SourceForRun,
  file: FileSource,
): Promise<Attempt> {
  const { siteId, sourceId, limits } = request
  const rules = compileSourceRules(source.rules)
  const problems = new ProblemLog(limits.problemsMax)
  const mirror = unpackMirror(await loadMirror(session, siteId, sourceId))
  const collected = new Collector(
    mirror,
    rules,
    run.hashes,
    problems,
    (so) => contextOf(so, rules) === source.state.context,
  )
  const archiveCourses = source.siteSettings.archiveCourses ?? true
  const settings = settingsOf(source, rules)

  run.enter('index')
  const { source: bytes, transcodedFrom } = utf8Source(file)
  const unreadable = await index(request, run, source, rules, collected, bytes, transcodedFrom)
  const datetime = readDateTime(collected, rules, problems)
  const refusal =
    collected.refusal ??
    unreadable ??
    emptyProblem(collected) ??
    olderProblem(request, source, collected, datetime)
  const nextState = stateAfter(request, source, collected, rules, datetime)
  if (refusal) {
    problems.add(refusal)
    return { collected, problems, refusal, nextState, settings, archiveCourses }
  }

  run.enter('compare')
  const { frameRead } = collected
  if (frameRead === undefined) throw new Error('a delivery that is not refused has a frame')
  const reader = new RecordReader(bytes, frameRead, collected.propertiesRead, limits)
  const base = { session, siteId, sourceId, hashes: run.hashes, problems }
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
  const { relation } = comparison.groups
  const verdict = judge(
    plan.tallies,
    {
      firstOnEmptySite: source.state.context === undefined && before.length === 0,
      missingKinds: comparison.missingKinds,
      removalsLeftOut: comparison.removalsLeftOut,
      ...changed('parentRelation', source.state.parentRelation, relation),
      ...changed('encoding', source.state.encoding, frameRead.encoding),
    },
    (source.settings['limits'] ?? {}) as LimitSettings,
  )
  return {
    collected,
    problems,
    comparison,
    plan,
    verdict,
    nextState: { ...nextState, ...(relation === undefined ? {} : { parentRelation: relation }) },
    settings,
    archiveCourses,
  }
}

/**
 * Goes through the delivery once; gives why it cannot be used. A delivery whose properties already say that it is not
 * wanted is not read further.
 */
async function index(
  request: ImportRequest,
  run: Run,
  source: SourceForRun,
  rules: Rules,
  collected: Collector,
  bytes: ByteSource,
  transcodedFrom: 'utf-16le' | 'utf-16be' | undefined,
): Promise<Problem | undefined> {
  const { limits } = request
  const options = { windowBytes: WINDOW_BYTES, ...(transcodedFrom && { transcodedFrom }) }
  const scan = scanDelivery(bytes, collected, limits, collected, run.hashes, options)
  for (;;) {
    const step = scan.next()
    if (step.done === true) return step.value.problem
    await run.letGo(step.value, collected.recordsRead)
    const { datetime } = collected.propertiesRead ?? {}
    const older =
      datetime === undefined
        ? undefined
        : olderProblem(request, source, collected, parseDateTime(datetime, rules.timeZone))
    if (older ?? collected.refusal) return older
  }
}

function unpackMirror(parts: ReadonlyMap<string, Uint8Array>): Mirror {
  const part = (name: string): Uint8Array => parts.get(name) ?? new Uint8Array()
  return {
    persons: RecordMirror.unpack(part('persons')),
    groups: RecordMirror.unpack(part('groups')),
    lists: ListMirror.unpack(part('lists'), part('states')),
  }
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

function readDateTime(
  { propertiesRead }: Collector,
  rules: Rules,
  problems: ProblemLog,
): number | undefined {
  if (propertiesRead?.datetime === undefined) return undefined
  const datetime = parseDateTime(propertiesRead.datetime, rules.timeZone)
  if (datetime === undefined) {
    const { place, datetime: found } = propertiesRead
    problems.add({ code: 'DATETIME_UNREADABLE', place, found, expected: 'YYYY-MM-DDThh:mm:ss' })
  }
  return datetime
}

function emptyProblem({ seenKinds, deliveryType }: Collector): Problem | undefined {
  if (seenKinds.size > 0 || deliveryType !== 'full') return undefined
  return { code: 'ROSTER_EMPTY', place: 0 }
}

function olderProblem(
  { acceptOlder }: ImportRequest,
  { state }: SourceForRun,
  { propertiesRead }: Collector,
  datetime: number | undefined,
): Problem | undefined {
  if (acceptOlder || datetime === undefined || state.datetime === undefined) return undefined
  if (datetime >= state.datetime) return undefined
  return {
    code: 'OLDER_THAN_ACCEPTED',
    place: propertiesRead?.place ?? 0,
    found: new Date(datetime).toISOString(),
    expected: `${new Date(state.datetime).toISOString()} or later`,
  }
}

function stateAfter(
  { now }: ImportRequest,
  { state }: SourceForRun,
  collected: Collector,
  rules: Rules,
  datetime: number | undefined,
): SourceState {
  const { whole: _, ...kept } = state
  const plausible = datetime !== undefined && datetime <= now().getTime() + AHEAD_MAX_MS
  const { frameRead } = collected
  return {
    ...kept,
    context: contextOf(collected, rules),
    ...(frameRead === undefined ? {} : { encoding: frameRead.encoding }),
    ...(plausible ? { datetime } : {}),
  }
}
