import { chooseArrivals, discardArrival } from '../import/arrivals-by-hand.ts'
import { importArrival } from '../import/arrivals.ts'
import { exitCodeOf, type RunReport } from '../import/report.ts'
import { arrivalJson } from '../shown/arrival.ts'
import { reportJson } from '../shown/report.ts'
import { timeText } from '../shown/time.ts'
import { type Arrival, openArrivals } from '../store/arrivals.ts'
import { listSources, sourceNamed } from '../store/sites.ts'
import { type Opened, withSite } from './open.ts'
import { bold, printJson, printLines } from './output.ts'
import { openProgress } from './progress.ts'
import { reportLines } from './render-report.ts'
import { retainBeforeImport } from './retain-before-import.ts'
import { tableLines } from './table.ts'

export interface ArrivalOptions {
  readonly site: string
  readonly json?: boolean
}

export async function runArrivalsList({ site: name, json }: ArrivalOptions): Promise<void> {
  const { arrivals, sources } = await withSite(name, async ({ database, site }) => ({
    arrivals: await database.site(site.id, (session) => openArrivals(session, site.id)),
    sources: await listSources(database, site.id),
  }))
  const nameOf = ({ sourceId }: Arrival): string =>
    sources.find(({ id }) => id === sourceId)?.name ?? ''
  if (json === true) {
    printJson({ arrivals: arrivals.map((arrival) => arrivalJson(arrival, nameOf(arrival))) })
    return
  }
  const columns = [
    { heading: 'arrival', align: 'right' as const },
    { heading: 'source' },
    { heading: 'came' },
    { heading: 'by' },
    { heading: 'bytes', align: 'right' as const },
    { heading: '' },
  ]
  const rows = arrivals.map((arrival) => [
    `${arrival.id}`,
    nameOf(arrival),
    timeText(arrival.arrivedAt),
    arrival.channel,
    `${arrival.bytes}`,
    stateText(arrival),
  ])
  printLines(rows.length === 0 ? ['Nothing waits.'] : tableLines(columns, rows, bold))
}

/** What waits is imported now, in order of arrival; of one source with a number only up to that. */
export async function runArrivalsRun(
  id: number | undefined,
  options: ArrivalOptions & { readonly source?: string },
): Promise<void> {
  const reports = await withSite(options.site, async (opened) => {
    const { database, site } = opened
    const sourceId =
      options.source === undefined
        ? undefined
        : (await sourceNamed(database, site.id, options.source)).id
    const waiting = await chooseArrivals(database, site.id, {
      ...(id === undefined ? {} : { arrival: id }),
      ...(sourceId === undefined ? {} : { sourceId }),
    })
    if (waiting.length > 0) await retainBeforeImport(opened)
    const done: RunReport[] = []
    for (const arrival of waiting) {
      const report = await importNow(opened, arrival.id)
      if (report !== undefined) done.push(report)
    }
    return done
  })
  if (options.json === true) {
    printJson({ imports: reports.map((report) => reportJson(report, undefined)) })
  } else if (reports.length === 0) printLines(['Nothing waits.'])
  else for (const report of reports) printLines(reportLines(report, undefined))
  process.exitCode = Math.max(0, ...reports.map(exitCodeOf))
}

export async function runArrivalsDiscard(id: number, options: ArrivalOptions): Promise<void> {
  await withSite(options.site, ({ config, database, site }) =>
    discardArrival({
      database,
      siteId: site.id,
      arrivalId: id,
      deliveriesFolder: config.deliveriesFolder,
      now: () => new Date(),
    }),
  )
  if (options.json === true) printJson({ discarded: id })
  else printLines([`Arrival ${id} was thrown away, with its bytes.`])
}

/** The run of one arrival, with its progress shown. */
export async function importNow(
  { config, database, site }: Opened & { readonly site: { readonly id: number } },
  arrivalId: number,
): Promise<RunReport | undefined> {
  const progress = await openProgress()
  try {
    return await importArrival({
      database,
      siteId: site.id,
      arrivalId,
      deliveriesFolder: config.deliveriesFolder,
      limits: config.limits,
      now: () => new Date(),
      onProgress: (state) => progress.show(state),
    })
  } finally {
    progress.stop()
  }
}

function stateText({ givenUpAt, error, attempts, retryAt }: Arrival): string {
  if (givenUpAt !== null) return `given up (${error ?? 'ERR_INTERNAL'})`
  if (attempts > 0 && retryAt !== null) {
    return `broke off ${attempts} times (${error ?? 'ERR_INTERNAL'}), next ${timeText(retryAt)}`
  }
  return 'waits'
}
