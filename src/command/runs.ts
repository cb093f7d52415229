import { join } from 'node:path'
import type { HandReport } from '../correction/contract.ts'
import { RollcallError } from '../errors.ts'
import type { SuspectedPair } from '../change/key-churn.ts'
import type { ChangeFilter } from '../import/contract.ts'
import type { Outcome, RunReport } from '../import/report.ts'
import type { LineColumn } from '../import/lines.ts'
import type { Severity } from '../roster/problem.ts'
import type { Session } from '../store/connect.ts'
import { pairsOfRun } from '../store/suspected-pairs.ts'
import { findRun, listRuns, problemsOfRun } from '../store/history.ts'
import type { RunDetail, RunRow, StoredProblem } from '../store/history.ts'
import { changesOfRun, type JournalChange } from '../store/journal.ts'
import { changeFilter, pageLine, type ChangeOptions } from './change-options.ts'
import { withSite } from './open.ts'
import { bold, printJson, printLines } from './output.ts'
import { placesIn, refusalPlace } from './refusal-place.ts'
import { changeJson, changeLines } from './render-changes.ts'
import { handLines } from './render-hand.ts'
import { problemJson, problemLines, type ShownProblem } from './render-problems.ts'
import { reportJson, reportLines } from './render-report.ts'
import { tableLines } from './table.ts'
import { timeText } from './time.ts'

export interface RunsOptions {
  readonly site: string
  readonly source?: string
  readonly limit: number
  readonly offset: number
  readonly json?: boolean
}

export async function runRuns({ site: siteName, json, ...filter }: RunsOptions): Promise<void> {
  const { rows, total } = await withSite(siteName, ({ database, site }) =>
    database.site(site.id, (session) => listRuns(session, site.id, filter)),
  )
  if (json === true) {
    printJson({ total, runs: rows })
    return
  }
  const page = pageLine('runs', { shown: rows.length, total, offset: filter.offset })
  printLines([...runLines(rows), page])
}

export function runLines(rows: readonly RunRow[]): string[] {
  if (rows.length === 0) return []
  const columns = [
    { heading: 'run', align: 'right' as const },
    { heading: 'began' },
    { heading: 'kind' },
    { heading: 'source' },
    { heading: 'ended' },
    { heading: 'delivery' },
  ]
  const cells = rows.map(({ run, kind, startedAt, source, state, fileName }) => [
    `${run}`,
    timeText(startedAt),
    kind,
    source ?? '',
    state,
    fileName ?? '',
  ])
  return tableLines(columns, cells, bold)
}

export interface RunOptions extends ChangeOptions {
  readonly site: string
  readonly severity?: readonly Severity[]
  readonly json?: boolean
}

const SEVERITIES: readonly Severity[] = ['refused', 'setAside', 'warning']

interface Found {
  readonly detail: RunDetail
  readonly file: string | undefined
  readonly pairs: readonly SuspectedPair[]
  readonly problems: { readonly rows: readonly StoredProblem[]; readonly total: number }
  readonly changes: { readonly rows: readonly JournalChange[]; readonly total: number }
}

export async function runRun(run: number, options: RunOptions): Promise<void> {
  const { limit, offset } = options
  const found = await withSite(options.site, ({ config, database, site }) =>
    database.site(site.id, async (session): Promise<Found> => {
      const detail = await findRun(session, site.id, run)
      if (detail === undefined) {
        throw new RollcallError('ERR_NOT_FOUND', `There is no run ${run}`, {
          hint: 'rollcall runs lists them.',
        })
      }
      const severities = options.severity ?? SEVERITIES
      return {
        detail,
        file: detail.path === null ? undefined : join(config.deliveriesFolder, detail.path),
        pairs: await pairsOfRun(session, site.id, run),
        problems: await problemsOfRun(session, site.id, run, { severities, limit, offset }),
        changes: await changesFor(session, site.id, detail, changeFilter(options)),
      }
    }),
  )
  const { detail, file, problems, changes } = found
  const stored = reportOf(detail)
  const report = stored && { ...stored, suspectedPairs: found.pairs }
  const lines = await linesFor(report, file, [...problems.rows, ...changes.rows])
  const shownProblems = problems.rows.map((problem) => placed(problem, lines))
  const refusedAt = report === undefined ? undefined : await refusalPlace(report, file)
  if (options.json === true) {
    printJson({
      ...(report === undefined ? {} : reportJson(report, refusedAt)),
      run,
      state: detail.state,
      decision: detail.decision,
      problemsTotal: problems.total,
      problemDetails: shownProblems.map(problemJson),
      changesTotal: changes.total,
      changes: changes.rows.map((change) => changeJson(change, lines)),
    })
    return
  }
  const problemPage = pageLine('problems', {
    shown: problems.rows.length,
    total: problems.total,
    offset,
  })
  const changePage = pageLine('changes', {
    shown: changes.rows.length,
    total: changes.total,
    offset,
  })
  printLines([
    ...(report === undefined ? bareLines(detail) : reportLines(report, refusedAt, { again: true })),
    ...decisionLines(detail),
    '',
    problemPage,
    ...problemLines(shownProblems),
    '',
    changePage,
    ...changeLines(changes.rows, lines),
  ])
}

/** What a run changed; of a plan that waits, and of the last one that was observed, what it would change, with the values that it would add. */
async function changesFor(
  session: Session,
  siteId: number,
  { run, state }: RunDetail,
  filter: ChangeFilter,
): Promise<Found['changes']> {
  if (state !== 'held' && state !== 'observed') return changesOfRun(session, siteId, run, filter)
  const { heldChanges } = await import('../import/shown-changes.ts')
  const { changes, total } = await heldChanges(session, siteId, run, filter)
  return { rows: changes, total }
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

/** A run by hand keeps a report of its own, one that broke none. */
function bareLines(detail: RunDetail): string[] {
  const { run, report, state } = detail
  const isHand = typeof report === 'object' && report !== null && 'changes' in report
  return isHand ? handLines(report as HandReport, []) : [`Run ${run}: ${state}${errorText(detail)}`]
}

/** A run that broke keeps the code of the error instead of a report. */
function errorText({ report }: RunDetail): string {
  const { error } = (report ?? {}) as { readonly error?: unknown }
  return typeof error === 'string' ? ` (${error})` : ''
}

function decisionLines({ decision }: RunDetail): string[] {
  if (decision === null) return []
  const parts = Object.entries(decision).map(([what, value]) => `${what}: ${String(value)}`)
  return ['', `Decision  ${parts.join(', ')}`]
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
