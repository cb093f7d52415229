import { type Ahead, readAhead } from '../import/ahead.ts'
import type { Step } from '../import/contract.ts'
import { exitCodeOf, type RunReport } from '../import/report.ts'
import { sourceNamed } from '../store/sites.ts'
import { EXIT } from './failures.ts'
import { withSite } from './open.ts'
import { printJson, printLines } from './output.ts'
import { openProgress, type ProgressDisplay } from './progress.ts'
import { refusalPlace } from '../shown/places.ts'
import { retainBeforeImport } from './retain-before-import.ts'
import { reportJson } from '../shown/report.ts'
import { reportLines } from './render-report.ts'

export interface ImportOptions {
  readonly site: string
  readonly source: string
  readonly acceptOlder?: boolean
  readonly json?: boolean
}

export async function runImport(file: string, options: ImportOptions): Promise<void> {
  // The file is read, and the program loaded, while the database starts: together half a second for 470 MB.
  const ahead = readAhead(file)
  try {
    await importAhead(file, options, ahead, import('../import/run.ts'))
  } finally {
    await ahead?.copier.end()
  }
}

async function importAhead(
  file: string,
  options: ImportOptions,
  ahead: Ahead | undefined,
  loading: Promise<typeof import('../import/run.ts')>,
): Promise<void> {
  const report = await withSite(options.site, async (opened) => {
    const { config, database, site, sender } = opened
    const source = await sourceNamed(database, site.id, options.source)
    const { importDelivery } = await loading
    await retainBeforeImport(opened)
    const progress = await openProgress()
    const ignore = endOnInterrupt(progress)
    try {
      return await importDelivery(
        {
          database,
          siteId: site.id,
          sourceId: source.id,
          file,
          deliveriesFolder: config.deliveriesFolder,
          limits: config.limits,
          sender,
          channel: 'command line',
          dryRun: false,
          acceptOlder: options.acceptOlder === true,
          now: () => new Date(),
          onProgress: (state) => progress.show(state),
        },
        ahead,
      )
    } finally {
      progress.stop()
      ignore()
    }
  })
  await printReport(report, file, options.json === true)
  process.exitCode = exitCodeOf(report)
}

export async function printReport(report: RunReport, file: string, json: boolean): Promise<void> {
  const place = await refusalPlace(report, file)
  if (json) printJson(reportJson(report, place))
  else printLines(reportLines(report, place))
}

/**
 * Ctrl-C ends the program at once: the connection breaks, and the database rolls back what was not committed.
 * Gives what takes the handler away again.
 */
function endOnInterrupt(progress: ProgressDisplay): () => void {
  const end = (): void => {
    progress.stop()
    process.stderr.write(`rollcall: interrupted; ${interruptionText(progress.step)}\n`)
    process.exit(EXIT.interrupted)
  }
  process.once('SIGINT', end)
  process.once('SIGTERM', end)
  return () => {
    process.off('SIGINT', end)
    process.off('SIGTERM', end)
  }
}

export function interruptionText(step: Step | undefined): string {
  return step === 'report'
    ? 'the run had ended already, see rollcall runs'
    : 'the roster is as it was before'
}
