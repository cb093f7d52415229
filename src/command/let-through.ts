import { RollcallError } from '../errors.ts'
import { exitCodeOf } from '../import/report.ts'
import type { LetThroughRequest } from '../import/let-through.ts'
import { sourceNamed } from '../store/sites.ts'
import { printReport } from './import.ts'
import { withSite } from './open.ts'
import { printJson, printLines } from './output.ts'
import { exitCodeOfPlan } from './plan.ts'
import { changeJson } from '../shown/changes.ts'
import { changeLines } from './render-changes.ts'
import { reportJson } from '../shown/report.ts'
import { reportLines } from './render-report.ts'

export interface LetThroughOptions {
  readonly site: string
  readonly source: string
  readonly key?: string
  readonly school?: string
  readonly profile?: string
  readonly dryRun?: boolean
  readonly json?: boolean
}

/** Changes that a dry run lists at most. */
const CHANGES_MAX = 1000

export async function runLetThrough(options: LetThroughOptions): Promise<void> {
  const letThrough = requested(options)
  const dryRun = options.dryRun === true
  await withSite(options.site, async ({ config, database, site, sender }) => {
    const { importDelivery, planDelivery } = await import('../import/run.ts')
    const { letThroughRequest } = await import('../import/rerun.ts')
    const request = await letThroughRequest(
      {
        database,
        siteId: site.id,
        sourceId: (await sourceNamed(database, site.id, options.source)).id,
        deliveriesFolder: config.deliveriesFolder,
        limits: config.limits,
        sender,
        channel: 'command line',
        dryRun,
        acceptOlder: true,
        now: () => new Date(),
        onProgress: () => {},
      },
      letThrough,
    )
    if (!dryRun) {
      const report = await importDelivery(request)
      await printReport(report, request.file, options.json === true)
      process.exitCode = exitCodeOf(report)
      return
    }
    const page = { limit: CHANGES_MAX, offset: 0 }
    const { report, changes, changesTotal } = await planDelivery(request, page)
    if (options.json === true) {
      const shown = changes.map((change) => changeJson(change))
      printJson({ ...reportJson(report), changesTotal, changes: shown })
    } else printLines([...reportLines(report), '', ...changeLines(changes)])
    process.exitCode = exitCodeOfPlan(report)
  })
}

function requested({ key, school, profile }: LetThroughOptions): LetThroughRequest {
  const asked = [
    ...(key === undefined ? [] : [{ key }]),
    ...(school === undefined ? [] : [{ school }]),
    ...(profile === undefined ? [] : [{ profile }]),
  ]
  const [only] = asked
  if (only !== undefined && asked.length === 1) return only
  throw new RollcallError('ERR_USAGE', 'Give one of --key, --school and --profile')
}
