import { rmSync } from 'node:fs'
import path from 'node:path'
import { RollcallError } from '../errors.ts'
import { importArrival } from '../import/arrivals.ts'
import { exitCodeOf, type RunReport } from '../import/report.ts'
import { reportJson } from '../shown/report.ts'
import { timeText } from '../shown/time.ts'
import { type Arrival, arrivalById, discard, openArrivals, tryAgain } from '../store/arrivals.ts'
import type { Session } from '../store/connect.ts'
import { missedDelivery } from '../store/queue.ts'
import { listSources, sourceNamed, type Source } from '../store/sites.ts'
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
    const source = await chosenSource(opened, options.source)
    const waiting = await database.site(site.id, async (session) => {
      const open = await openArrivals(session, site.id)
      const chosen = choose(open, id, source)
      for (const arrival of chosen) await tryAgain(session, site.id, arrival.id)
      return chosen
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
  await withSite(options.site, async ({ config, database, site }) => {
    const now = new Date().toISOString()
    // While nobody imports it.
    await database.holdSite(site.id, async (held) => {
      const arrival = await held.transaction((session) => discarded(session, site.id, id, now))
      rmSync(path.join(config.deliveriesFolder, arrival.path), { force: true })
    })
  })
  if (options.json === true) printJson({ discarded: id })
  else printLines([`Arrival ${id} was thrown away, with its bytes.`])
}

async function discarded(
  session: Session,
  siteId: number,
  id: number,
  now: string,
): Promise<Arrival> {
  const arrival = await arrivalById(session, siteId, id)
  if (arrival !== undefined && (await discard(session, siteId, id, now))) {
    await missedDelivery(session, siteId, arrival.sourceId, now)
    return arrival
  }
  throw notWaiting(id)
}

function choose(
  open: readonly Arrival[],
  id: number | undefined,
  source: Source | undefined,
): readonly Arrival[] {
  const last = id === undefined ? undefined : open.find((arrival) => arrival.id === id)
  if (id !== undefined && last === undefined) throw notWaiting(id)
  const sourceId = last?.sourceId ?? source?.id
  return (
    open
      .filter((arrival) => sourceId === undefined || arrival.sourceId === sourceId)
      .filter((arrival) => last === undefined || arrival.id <= last.id)
      // What was given up is imported only where it is named.
      .filter((arrival) => arrival.givenUpAt === null || arrival === last)
  )
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

function chosenSource(
  { database, site }: Opened & { readonly site: { readonly id: number } },
  name: string | undefined,
): Promise<Source | undefined> {
  return name === undefined ? Promise.resolve(undefined) : sourceNamed(database, site.id, name)
}

function notWaiting(id: number): RollcallError {
  return new RollcallError('ERR_NOT_FOUND', `No arrival ${id} waits on this site`, {
    hint: 'rollcall arrivals list shows those that do.',
  })
}

function stateText({ givenUpAt, error, attempts, retryAt }: Arrival): string {
  if (givenUpAt !== null) return `given up (${error ?? 'ERR_INTERNAL'})`
  if (attempts > 0 && retryAt !== null) {
    return `broke off ${attempts} times (${error ?? 'ERR_INTERNAL'}), next ${timeText(retryAt)}`
  }
  return 'waits'
}

function arrivalJson(
  { id, channel, sender, fileName, bytes, arrivedAt, ...of }: Arrival,
  source: string,
): { readonly [key: string]: unknown } {
  const { attempts, error, givenUpAt, retryAt } = of
  return {
    id,
    source,
    channel,
    sender,
    fileName,
    bytes,
    arrivedAt,
    attempts,
    error,
    givenUpAt,
    retryAt,
  }
}
