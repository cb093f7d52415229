import { rmSync } from 'node:fs'
import path from 'node:path'
import { auditDue, retainAudit } from '../access/audit.ts'
import type { ReadLimits } from '../ims/limits.ts'
import { forgetSecrets } from '../import/forget-secrets.ts'
import { daysBefore, type Periods, periodsOf } from '../roster/retention.ts'
import { type Database, INSTALLATION } from '../store/connect.ts'
import { forgetPaths } from '../store/deliveries.ts'
import { erasableBefore } from '../store/erasure.ts'
import { forgetJournal, keptFiles, retentionIsDue, runsToForget } from '../store/kept-deliveries.ts'
import { siteSettings } from '../store/periods.ts'
import { purge } from './purge.ts'

export interface RetentionRequest {
  readonly database: Database
  readonly siteId: number
  readonly deliveriesFolder: string
  readonly limits: ReadLimits
  readonly sender: string
  readonly now: () => Date
  /** Says what would go, and takes it back. */
  readonly dryRun: boolean
}

/** What went because the site keeps it no longer, as data. */
export interface RetentionReport {
  readonly outcome: 'applied' | 'planned'
  readonly periods: Periods
  /** Files of the deliveries folder. */
  readonly deliveries: number
  /** Runs whose journal went, and how many rows of each table. */
  readonly runs: number
  readonly rows: { readonly [table: string]: number }
  /** Entries of the audit log. */
  readonly audit: number
  /** Roster ids of persons who were erased from the recycle bin, and the runs that did it. */
  readonly persons: readonly number[]
  readonly purges: readonly number[]
}

/** Applies a site's periods: deletes deliveries and journal, erases whom the recycle bin has had for long enough. */
export async function retain(request: RetentionRequest): Promise<RetentionReport> {
  const { database, siteId, now, dryRun } = request
  const { audit, periods, deliveries, runs, rows } = await database.holdSite(siteId, (held) =>
    held.transaction(async (session) => {
      const periods = periodsOf(await siteSettings(session, siteId))
      const before = daysBefore(now(), periods.keepDeliveries)
      const old = (await keptFiles(session, siteId))
        .filter(
          ({ sentAt, newestOf, waits }) =>
            !waits && newestOf.length === 0 && isBefore(sentAt, before),
        )
        .map((file) => file.path)
      const runs = await runsToForget(session, siteId, daysBefore(now(), periods.keepJournal))
      if (dryRun) {
        const audit = (await auditDue(session, siteId, now()))?.entries ?? 0
        return { audit, periods, deliveries: old.length, runs: runs.length, rows: {} }
      }
      await forgetSecrets(session, request)
      const audit = await retainAudit(session, siteId, now())
      const rows = await forgetJournal(session, siteId, runs)
      // Files go before it is written down: stopped between the two, the next time does both.
      for (const each of old) rmSync(path.join(request.deliveriesFolder, each), { force: true })
      if (old.length > 0) await forgetPaths(session, siteId, old)
      return { audit, periods, deliveries: old.length, runs: runs.length, rows }
    }),
  )
  if (!dryRun) {
    await database.installation((session) => retainAudit(session, INSTALLATION, now()))
  }
  const outcome = dryRun ? 'planned' : 'applied'
  const erased = await emptyBin(request, periods)
  return { outcome, periods, deliveries, runs, rows, audit, ...erased }
}

/** The same once a day, however often it is asked for; costs one statement on the other times. Gives whether it was due. */
export async function retainIfDue(request: Omit<RetentionRequest, 'dryRun'>): Promise<boolean> {
  const { database, siteId, now } = request
  const isDue = await database.site(siteId, (session) =>
    retentionIsDue(session, siteId, now().toISOString()),
  )
  if (isDue) await retain({ ...request, dryRun: false })
  return isDue
}

async function emptyBin(
  request: RetentionRequest,
  { keepBin }: Periods,
): Promise<Pick<RetentionReport, 'persons' | 'purges'>> {
  const { database, siteId, now } = request
  if (keepBin === null) return { persons: [], purges: [] }
  const before = daysBefore(now(), keepBin)
  const due = await database.site(siteId, (session) => erasableBefore(session, siteId, before))
  if (due.length === 0) return { persons: [], purges: [] }
  const { runs } = await purge({
    ...request,
    who: { olderThanDays: keepBin },
    atOnce: false,
    reason: `the recycle bin keeps persons for ${keepBin} days`,
  })
  const erasing = runs.filter(({ report }) => (report.erasure?.persons.length ?? 0) > 0)
  return {
    persons: erasing.flatMap(({ report }) => report.erasure?.persons ?? []),
    purges: erasing.map(({ report }) => report.run),
  }
}

function isBefore(time: string, before: string): boolean {
  return Date.parse(time) < Date.parse(before)
}
