import type { Collected } from '../collect/run.ts'
import { exitCodeOf, type RunReport } from '../import/report.ts'
import { sourceNamed } from '../store/sites.ts'
import { importNow } from './arrivals.ts'
import { runOf } from './collectors.ts'
import { notice } from './notice.ts'
import { withSite } from './open.ts'
import { printJson, printLines } from './output.ts'
import { reportLines } from './render-report.ts'
import { reportJson } from '../shown/report.ts'
import { retainBeforeImport } from './retain-before-import.ts'

export interface FetchOptions {
  readonly site: string
  readonly again?: boolean
  readonly onlyFetch?: boolean
  readonly json?: boolean
}

/** Fetches what is new and imports it, one delivery after the other. The exit code is that of the worst of them. */
export async function runFetch(name: string, options: FetchOptions): Promise<void> {
  const done = await withSite(options.site, async (opened) => {
    const { database, site } = opened
    const { collectOnce } = await import('../collect/run.ts')
    const source = await sourceNamed(database, site.id, name)
    const say = (step: string, words: string): void => notice(`${step}: ${words}`)
    const again = options.again === true
    const collected = await collectOnce({ ...runOf(opened, source), again, say })
    const reports: RunReport[] = []
    if (options.onlyFetch === true) return { collected, reports }
    if (collected.deliveries.length > 0) await retainBeforeImport(opened)
    for (const { arrivalId } of collected.deliveries) {
      const report = await importNow(opened, arrivalId)
      if (report !== undefined) reports.push(report)
    }
    return { collected, reports }
  })
  print(name, done, options)
  process.exitCode = Math.max(0, ...done.reports.map(exitCodeOf))
}

function print(
  source: string,
  done: { readonly collected: Collected; readonly reports: readonly RunReport[] },
  { json, onlyFetch }: FetchOptions,
): void {
  const { collected, reports } = done
  const { deliveries, unchanged } = collected
  if (json === true) {
    const imports = reports.map((report) => reportJson(report, undefined))
    printJson({ deliveries, unchanged, imports })
    return
  }
  if (deliveries.length === 0) {
    printLines([unchanged > 0 ? 'Nothing new: the file is the same.' : 'Nothing new.'])
    return
  }
  for (const [index, { fileName, bytes }] of deliveries.entries()) {
    printLines([`Fetched ${fileName} (${bytes} bytes) for ${source}`])
    const report = reports[index]
    if (report !== undefined) printLines(reportLines(report, undefined))
  }
  if (onlyFetch === true) printLines(['The service imports what was fetched.'])
}
