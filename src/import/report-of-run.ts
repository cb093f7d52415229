import { emptyTally, type Tallies } from '../change/tally.ts'
import { countWaiting } from '../change/waiting.ts'
import type { Session } from '../store/connect.ts'
import { counts } from '../store/counts.ts'
import { groupTitles } from '../store/lookups.ts'
import type { SourceForRun } from '../store/runs.ts'
import type { Attempt } from './attempt.ts'
import type { ImportRequest } from './contract.ts'
import { countChurn } from './judge-plan.ts'
import type { Outcome, RunReport } from './report.ts'
import type { Run } from './progress.ts'
import { listedPairs } from './suspects.ts'
import { tallyCounted } from './tally-counted.ts'
import { tallyNothing } from './tally-up.ts'

interface Ending {
  readonly runId: number
  readonly outcome: Outcome
  readonly delivery: {
    readonly id: number
    readonly fileName: string
    readonly bytes: number
    readonly sha256: string
  }
  readonly planHash?: string
  /** Makes the ids of what the plan added from their references. */
  readonly idBase?: number
}

/** What a run did or would do, as data. */
export async function makeReport(
  session: Session,
  request: ImportRequest,
  run: Run,
  source: SourceForRun,
  tried: Attempt,
  ending: Ending,
): Promise<RunReport> {
  run.enter('report')
  const { collected, plan, verdict, problems, refusal } = tried
  const { frameRead, propertiesRead } = collected
  const real = (school: number): number =>
    school < 0 && ending.idBase !== undefined ? ending.idBase - school : school
  const planned = plan === undefined ? noTallies() : withSchools(plan.tallies, real)
  // What a run does where several sources meet is counted, once it is done.
  const isAdopted = (plan?.rows.adoption ?? 0) > 0
  const isCounted = (source.hasOthers || isAdopted) && ending.outcome === 'applied'
  const tallies = isCounted
    ? tallyCounted(planned, await counts(session, request.siteId, request.sourceId))
    : planned
  const findings = (verdict?.findings ?? []).map((finding) =>
    finding.school === undefined ? finding : { ...finding, school: real(finding.school) },
  )
  const schoolNames: { [school: string]: string } = {}
  for (const [id, placed] of tried.comparison?.groups.placed ?? []) {
    if (placed.kind === 'school') schoolNames[real(id)] = placed.title
  }
  for (const { id, kind, title } of tried.comparison?.groups.removed ?? []) {
    if (kind === 'school') schoolNames[id] = title
  }
  return {
    run: ending.runId,
    outcome: ending.outcome,
    site: source.siteName,
    source: source.name,
    delivery: {
      ...ending.delivery,
      type: collected.deliveryType,
      dialect: frameRead?.dialect ?? 'unknown',
      encoding: frameRead?.encoding ?? 'utf-8',
      ...(propertiesRead?.datasource === undefined
        ? {}
        : { datasource: propertiesRead.datasource }),
      ...(propertiesRead?.datetime === undefined ? {} : { datetime: propertiesRead.datetime }),
    },
    startedAt: run.startedAt,
    finishedAt: request.now().toISOString(),
    ...(ending.planHash === undefined ? {} : { planHash: ending.planHash }),
    findings,
    ...suspectedOf(tried),
    tallies,
    ...needsFullOf(source, tried, ending.outcome),
    ...(tried.waiting === undefined ? {} : { waiting: countWaiting(tried.waiting) }),
    ...(request.letThrough === undefined
      ? {}
      : { letThrough: { ...request.letThrough, by: request.sender } }),
    problems: problems.counts,
    bytesRead: tried.bytesRead,
    recordsRead: collected.recordsRead,
    statements: session.statements,
    steps: run.steps,
    ...(refusal === undefined ? {} : { refusal }),
    schoolNames: await withNamesOf(session, request, tallies, schoolNames),
  }
}

/** Once a full delivery was applied, nothing is missing any more. */
function needsFullOf(
  { state }: SourceForRun,
  { nextState }: Attempt,
  outcome: Outcome,
): Pick<RunReport, 'needsFull'> {
  const { needsFull } = outcome === 'applied' ? nextState : state
  return needsFull === undefined ? {} : { needsFull }
}

function suspectedOf({
  collected,
  comparison,
}: Attempt): Pick<RunReport, 'keyChurn' | 'suspectedPairs'> {
  if (comparison === undefined) return {}
  const { suspected } = comparison
  const keyChurn = countChurn(suspected)
  const any = Object.values(keyChurn).some(({ pairs, ambiguous }) => pairs + ambiguous > 0)
  return any ? { keyChurn, suspectedPairs: listedPairs(collected, suspected) } : {}
}

/** Adds the names of schools that the comparison did not come by. */
async function withNamesOf(
  session: Session,
  { siteId }: ImportRequest,
  { schools }: Tallies,
  known: { readonly [school: string]: string },
): Promise<{ readonly [school: string]: string }> {
  const unnamed = schools.flatMap(({ school }) =>
    school > 0 && !(school in known) ? [school] : [],
  )
  return unnamed.length === 0
    ? known
    : { ...known, ...(await groupTitles(session, siteId, unnamed)) }
}

/** The report of a delivery that is the very same as the last one, which was applied whole. */
export async function sameReport(
  session: Session,
  request: ImportRequest,
  run: Run,
  source: SourceForRun,
  { runId, delivery }: Pick<Ending, 'runId' | 'delivery'>,
): Promise<RunReport> {
  run.enter('report')
  const before = await counts(session, request.siteId, request.sourceId)
  const tallies = tallyNothing(before)
  const schools = tallies.schools.map(({ school }) => school)
  return {
    run: runId,
    outcome: 'same',
    site: source.siteName,
    source: source.name,
    delivery: {
      ...delivery,
      type: 'full',
      dialect: source.state.whole?.dialect ?? 'unknown',
      encoding: source.state.whole?.encoding ?? 'utf-8',
    },
    startedAt: run.startedAt,
    finishedAt: request.now().toISOString(),
    findings: [],
    tallies,
    problems: {},
    bytesRead: delivery.bytes,
    recordsRead: 0,
    statements: session.statements,
    steps: run.steps,
    schoolNames: await groupTitles(session, request.siteId, schools),
  }
}

function withSchools(tallies: Tallies, real: (school: number) => number): Tallies {
  return {
    ...tallies,
    schools: tallies.schools.map((tally) => ({ ...tally, school: real(tally.school) })),
  }
}

function noTallies(): Tallies {
  return {
    person: emptyTally(),
    group: emptyTally(),
    membership: emptyTally(),
    relation: emptyTally(),
    course: emptyTally(),
    profiles: {},
    schools: [],
  }
}
