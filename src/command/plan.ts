import { exitCodeOf, type RunReport } from '../import/report.ts'
import { sourceNamed } from '../store/sites.ts'
import { changeFilter, pageLine, type ChangeOptions } from './change-options.ts'
import { EXIT } from './failures.ts'
import { type ImportOptions } from './import.ts'
import { withSite } from './open.ts'
import { printJson, printLines } from './output.ts'
import { openProgress } from './progress.ts'
import { placesIn, refusalPlace } from '../shown/places.ts'
import { changeJson } from '../shown/changes.ts'
import { changeLines } from './render-changes.ts'
import { reportJson, verdictOf } from '../shown/report.ts'
import { reportLines } from './render-report.ts'

export type PlanOptions = ImportOptions & ChangeOptions

export async function runPlan(file: string, options: PlanOptions): Promise<void> {
  const { report, changes, changesTotal } = await withSite(
    options.site,
    async ({ config, database, site, sender }) => {
      const source = await sourceNamed(database, site.id, options.source)
      const { planDelivery } = await import('../import/run.ts')
      const progress = await openProgress()
      try {
        const request = {
          database,
          siteId: site.id,
          sourceId: source.id,
          file,
          deliveriesFolder: config.deliveriesFolder,
          limits: config.limits,
          sender,
          channel: 'command line' as const,
          dryRun: true,
          acceptOlder: options.acceptOlder === true,
          now: () => new Date(),
          onProgress: progress.show.bind(progress),
        }
        return await planDelivery(request, changeFilter(options))
      } finally {
        progress.stop()
      }
    },
  )
  const places = changes.flatMap(({ place }) => (place === undefined ? [] : [place]))
  const lines = await placesIn(file, report.delivery.encoding, places)
  const refusedAt = await refusalPlace(report, file)
  if (options.json === true) {
    const shown = changes.map((change) => changeJson(change, lines))
    printJson({ ...reportJson(report, refusedAt), changesTotal, changes: shown })
  } else {
    const page = pageLine('changes', {
      shown: changes.length,
      total: changesTotal,
      offset: options.offset,
    })
    const list = report.refusal ? [] : ['', page, ...changeLines(changes, lines)]
    printLines([...reportLines(report, refusedAt), ...list])
  }
  process.exitCode = exitCodeOfPlan(report)
}

/** Of a dry run: 3 where an import would be held. */
export function exitCodeOfPlan(report: RunReport): number {
  return verdictOf(report) === 'hold' ? EXIT.held : exitCodeOf(report)
}
