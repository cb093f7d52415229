import type { HandReport } from '../correction/contract.ts'
import type { Severity } from '../roster/problem.ts'
import { runJson, shownRun } from '../shown/run.ts'
import { timeText } from '../shown/time.ts'
import { listRuns, type RunDetail, type RunRow } from '../store/history.ts'
import { changeFilter, pageLine, type ChangeOptions } from './change-options.ts'
import { withSite } from './open.ts'
import { bold, printJson, printLines } from './output.ts'
import { changeLines } from './render-changes.ts'
import { handLines } from './render-hand.ts'
import { problemLines } from './render-problems.ts'
import { reportLines } from './render-report.ts'
import { tableLines } from './table.ts'

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
  const cells = rows.map(({ run, kind, startedAt, source, state, fileName, approvals }) => [
    `${run}`,
    timeText(startedAt),
    kind,
    source ?? '',
    state === 'held' && approvals.length > 0 ? `held, ${approvedBy(approvals)}` : state,
    fileName ?? '',
  ])
  return tableLines(columns, cells, bold)
}

export interface RunOptions extends ChangeOptions {
  readonly site: string
  readonly severity?: readonly Severity[]
  readonly json?: boolean
}

export async function runRun(run: number, options: RunOptions): Promise<void> {
  const { limit, offset, severity } = options
  const asked = {
    changes: changeFilter(options),
    limit,
    offset,
    ...(severity && { severities: severity }),
  }
  const shown = await withSite(options.site, ({ config, database, site }) => {
    const { deliveriesFolder } = config
    return shownRun({ database, siteId: site.id, deliveriesFolder }, run, asked)
  })
  if (options.json === true) {
    printJson(runJson(shown))
    return
  }
  const { detail, report, refusedAt, problems, changes, lines } = shown
  const problemPage = pageLine('problems', {
    shown: problems.rows.length,
    total: problems.total ?? 0,
    offset,
  })
  const changePage = pageLine('changes', {
    shown: changes.rows.length,
    total: changes.total ?? 0,
    offset,
  })
  printLines([
    ...(report === undefined ? bareLines(detail) : reportLines(report, refusedAt, { again: true })),
    ...approvalLines(detail),
    ...decisionLines(detail),
    '',
    problemPage,
    ...problemLines(problems.rows),
    '',
    changePage,
    ...changeLines(changes.rows, lines),
  ])
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

function approvedBy(approvals: RunRow['approvals']): string {
  return `approved by ${approvals.map(({ by }) => by).join(', ')}`
}

const MANNER_TEXT = {
  whole: 'the whole plan',
  withoutRemovals: 'without removals',
  asRekey: 'as rekey',
} as const

/** Who would release the plan, where the site wants two. */
export function approvalLines({ approvals, state }: Pick<RunRow, 'approvals' | 'state'>): string[] {
  if (approvals.length === 0) return []
  const lines = approvals.map(
    ({ by, at, manner, consulted }) =>
      `Approved  ${by}, ${timeText(at)}, ${MANNER_TEXT[manner]}, consulted: ${consulted}`,
  )
  const next = 'Another account has to release it in the same way.'
  return ['', ...lines, ...(state === 'held' ? [next] : [])]
}

function decisionLines({ decision }: RunDetail): string[] {
  if (decision === null) return []
  const parts = Object.entries(decision).map(([what, value]) => `${what}: ${String(value)}`)
  return ['', `Decision  ${parts.join(', ')}`]
}
