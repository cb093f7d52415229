import { AUDIT_KEPT_YEARS } from '../access/audit.ts'
import { type ErasureReport, type HandReport } from '../correction/contract.ts'
import { purge, type PurgeResult } from '../erasure/purge.ts'
import { retain, type RetentionReport } from '../erasure/retention.ts'
import { RollcallError } from '../errors.ts'
import type { DeadRows } from '../store/vacuum.ts'
import { type HandOptions, LEFT_SOMETHING } from './by-hand.ts'
import { withSite } from './open.ts'
import { bold, printJson, printLines } from './output.ts'
import { handJson } from '../shown/hand.ts'
import { handLines } from './render-hand.ts'
import { retentionRequest } from './retain-before-import.ts'

export interface PurgeOptions extends HandOptions {
  readonly allOlderThan?: number
  readonly now?: boolean
  readonly reason?: string
}

export async function runBinPurge(name: string | undefined, options: PurgeOptions): Promise<void> {
  const { allOlderThan, now = false, reason } = options
  if ((name === undefined) === (allOlderThan === undefined)) {
    throw new RollcallError('ERR_USAGE', 'Give a key, or --all-older-than with a number of days')
  }
  if (now && (name === undefined || reason === undefined)) {
    throw new RollcallError('ERR_USAGE', '--now is for one person, and needs --reason')
  }
  const who = name === undefined ? { olderThanDays: allOlderThan ?? 0 } : { name }
  const result = await withSite(options.site, ({ database, site, config, sender }) =>
    purge({
      database,
      siteId: site.id,
      sender,
      now: () => new Date(),
      dryRun: options.dryRun === true,
      deliveriesFolder: config.deliveriesFolder,
      limits: config.limits,
      who,
      atOnce: now,
      ...(reason === undefined ? {} : { reason }),
    }),
  )
  if (options.json === true) printJson(purgeJson(result))
  else printLines(purgeLines(result))
  if (result.runs.some(({ report }) => report.left.length > 0)) process.exitCode = LEFT_SOMETHING
}

/** The reports of all runs that it took, and what became of what was deleted. */
function purgeJson({ runs, deadRows }: PurgeResult): { readonly [key: string]: unknown } {
  return {
    runs: runs.map(({ report, changes }) => handJson(report, changes)),
    ...(deadRows === undefined ? {} : { deadRows }),
  }
}

function purgeLines({ runs, deadRows }: PurgeResult): string[] {
  const lines = runs.flatMap(({ report, changes }) => [
    ...handLines(report, changes),
    ...erasureLines(report),
  ])
  return deadRows === undefined ? lines : [...lines, DEAD_ROWS[deadRows]]
}

function erasureLines({ erasure, outcome }: HandReport): string[] {
  if (erasure === undefined || erasure.persons.length === 0) return []
  const will = outcome === 'planned'
  const lines = [
    '',
    `${will ? 'Deliveries to delete' : 'Deliveries deleted'}: ${erasure.deliveriesDeleted}`,
  ]
  const add = (text: string, values: readonly (number | string)[]): void => {
    if (values.length > 0) lines.push(`${text}: ${values.join(', ')}`)
  }
  add('Deliveries that are still needed, and have them', erasure.deliveriesKept)
  add('Held plans rejected', erasure.plansRejected)
  if (erasure.othersNamedThem > 0) {
    lines.push(`Persons in whose relations they stood: ${erasure.othersNamedThem}`)
  }
  add('Still named in', remainingOf(erasure))
  return lines
}

function remainingOf({ remains }: ErasureReport): string[] {
  return remains.map(({ table, column, rows }) => `${table}.${column} (${rows})`)
}

const DEAD_ROWS: { readonly [dead in DeadRows]: string } = {
  rewritten: 'The tables were written anew: nothing of them is left in the files of the database.',
  vacuumed:
    'The tables were vacuumed: nothing finds them; PostgreSQL writes over their bytes in time.',
  left: 'Autovacuum clears the tables; docs/personal-data.md tells how to do it at once.',
}

export interface RetentionOptions {
  readonly site: string
  readonly dryRun?: boolean
  readonly json?: boolean
}

export async function runRetention(options: RetentionOptions): Promise<void> {
  const dryRun = options.dryRun === true
  const report = await withSite(options.site, (opened) =>
    retain({ ...retentionRequest(opened), dryRun }),
  )
  if (options.json === true) printJson({ ...report })
  else printLines(retentionLines(report))
}

function retentionLines(report: RetentionReport): string[] {
  const { outcome, periods, deliveries, runs, persons, purges, audit } = report
  const { keepDeliveries, keepJournal, keepBin } = periods
  const bin = keepBin === null ? 'for good' : `${keepBin} days`
  return [
    bold(outcome === 'planned' ? 'What would be deleted; nothing was changed' : 'Deleted'),
    `  deliveries   ${deliveries} (kept ${keepDeliveries} days)`,
    `  journal      of ${runs} runs (kept ${keepJournal} days)`,
    `  audit log    ${audit} entries (kept ${AUDIT_KEPT_YEARS} years)`,
    `  recycle bin  ${persons.length} persons (kept ${bin})`,
    ...(purges.length === 0 || outcome === 'planned'
      ? []
      : [`  erased by run ${purges.join(', ')}`]),
  ]
}
