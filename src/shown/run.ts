import { join } from 'node:path'
import type { SuspectedPair } from '../change/key-churn.ts'
import { RollcallError } from '../errors.ts'
import type { ChangeFilter } from '../import/contract.ts'
import type { LineColumn } from '../import/lines.ts'
import type { Outcome, RunReport } from '../import/report.ts'
import type { Severity } from '../roster/problem.ts'
import type { Session } from '../store/connect.ts'
import { findRun, problemsOfRun, type RunDetail, type StoredProblem } from '../store/history.ts'
import { changesOfRun, type ChangesPage, type JournalChange } from '../store/journal.ts'
import type { Cursor } from '../store/roster-queries.ts'
import { pairsOfRun } from '../store/suspected-pairs.ts'
import { changeJson } from './changes.ts'
import type { Where } from './history.ts'
import { placesIn, refusalPlace } from './places.ts'
import { problemJson, type ShownProblem } from './problems.ts'
import { reportJson } from './report.ts'

/** A run again: its report, and a page of its problems and of its changes, with the lines they stand on. */
export interface ShownRun {
  readonly detail: RunDetail
  /** Undefined for a run that has none (yet), and for runs by hand. */
  readonly report: RunReport | undefined
  readonly refusedAt: LineColumn | undefined
  readonly problems: ChangesPage<ShownProblem>
  readonly changes: ChangesPage<JournalChange>
  readonly lines: ReadonlyMap<number, LineColumn>
}

export interface RunPage {
  readonly changes: ChangeFilter
  /** Of problems; notices are left out unless asked for. */
  readonly severities?: readonly Severity[]
  readonly limit: number
  readonly offset: number
  /** Behind a place of one of the two lists, only that one is listed. */
  readonly problemsAfter?: Cursor
}

const SEVERITIES: readonly Severity[] = ['refused', 'setAside', 'warning']

/** @throws RollcallError ERR_NOT_FOUND */
export async function shownRun(
  { database, siteId, deliveriesFolder }: Where,
  run: number,
  { changes: filter, severities = SEVERITIES, limit, offset, problemsAfter }: RunPage,
): Promise<ShownRun> {
  const found = await database.site(siteId, async (session): Promise<Found> => {
    const detail = await findRun(session, siteId, run)
    if (detail === undefined) {
      throw new RollcallError('ERR_NOT_FOUND', `There is no run ${run}`, {
        hint: 'rollcall runs lists them.',
      })
    }
    return {
      detail,
      pairs: await pairsOfRun(session, siteId, run),
      problems:
        filter.after !== undefined && problemsAfter === undefined
          ? NOT_LISTED
          : await problemsOfRun(session, siteId, run, {
              severities,
              limit,
              offset,
              ...(problemsAfter === undefined ? {} : { after: problemsAfter }),
            }),
      changes:
        problemsAfter !== undefined && filter.after === undefined
          ? NOT_LISTED
          : await changesFor(session, siteId, detail, filter),
    }
  })
  const { detail, pairs, problems, changes } = found
  const file = detail.path === null ? undefined : join(deliveriesFolder, detail.path)
  const stored = reportOf(detail)
  const report = stored && { ...stored, suspectedPairs: pairs }
  const lines = await linesFor(report, file, [...problems.rows, ...changes.rows])
  const placedProblems = problems.rows.map((problem) => placed(problem, lines))
  return {
    detail,
    report,
    refusedAt: report === undefined ? undefined : await refusalPlace(report, file),
    problems: { ...problems, rows: placedProblems },
    changes,
    lines,
  }
}

/** The same as data. */
export function runJson({ detail, report, refusedAt, problems, changes, lines }: ShownRun): {
  readonly [key: string]: unknown
} {
  return {
    ...(report === undefined ? {} : reportJson(report, refusedAt)),
    run: detail.run,
    state: detail.state,
    decision: detail.decision,
    approvals: detail.approvals,
    ...(problems.total === undefined ? {} : { problemsTotal: problems.total }),
    problemDetails: problems.rows.map(problemJson),
    ...(changes.total === undefined ? {} : { changesTotal: changes.total }),
    changes: changes.rows.map((change) => changeJson(change, lines)),
  }
}

interface Found {
  readonly detail: RunDetail
  readonly pairs: readonly SuspectedPair[]
  readonly problems: ChangesPage<StoredProblem>
  readonly changes: ChangesPage<JournalChange>
}

const NOT_LISTED = { rows: [], total: undefined } as const

/** What a run changed; of a plan that waits, and of the last one that was observed, what it would change, with the values that it would add. */
async function changesFor(
  session: Session,
  siteId: number,
  { run, state }: RunDetail,
  filter: ChangeFilter,
): Promise<Found['changes']> {
  if (state !== 'held' && state !== 'observed') return changesOfRun(session, siteId, run, filter)
  const { heldChanges } = await import('../import/shown-changes.ts')
  const { changes, ...page } = await heldChanges(session, siteId, run, filter)
  return { ...page, rows: changes }
}

/** The report as it was stored, with what has become of the plan since. Undefined for a run that has none (yet). */
export function reportOf({
  report,
  state,
}: Pick<RunDetail, 'report' | 'state'>): RunReport | undefined {
  if (typeof report !== 'object' || report === null || !('tallies' in report)) return undefined
  const stored = report as RunReport
  const decided: readonly string[] = ['released', 'rejected', 'superseded', 'failed']
  return decided.includes(state) ? { ...stored, outcome: state as Outcome } : stored
}

/** The plan of a held run keeps memberships packed: they are counted in the report, not listed. */
async function linesFor(
  report: RunReport | undefined,
  file: string | undefined,
  placed: readonly { readonly place?: number }[],
): Promise<ReadonlyMap<number, LineColumn>> {
  if (report === undefined || file === undefined) return new Map()
  const places = placed.flatMap(({ place }) => (place === undefined ? [] : [place]))
  return placesIn(file, report.delivery.encoding, places)
}

function placed(problem: StoredProblem, lines: ReadonlyMap<number, LineColumn>): ShownProblem {
  const at = lines.get(problem.place)
  return at === undefined ? problem : { ...problem, at }
}
