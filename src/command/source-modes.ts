import { endPauseNow, type Resumed } from '../import/resume.ts'
import { queueSteps } from '../import/queue.ts'
import { setObserve, setSource, sourceNamed, type Source } from '../store/sites.ts'
import { withSite } from './open.ts'
import { bold, printJson, printLines } from './output.ts'
import { queueLines } from './render-report.ts'
import { type ShownSource, sourceJson } from '../shown/source.ts'
import { sourceLines, type SourceOptions } from './sources.ts'
import { oneLine } from './table.ts'

export async function runSourcesPause(
  name: string,
  options: SourceOptions & { readonly until?: string },
): Promise<void> {
  const { until } = options
  await changeAndShow(name, options, (source, { database, siteId }) =>
    setSource(database, siteId, source, { pause: until === undefined ? {} : { until } }),
  )
}

export async function runSourcesObserve(name: string, options: SourceOptions): Promise<void> {
  await changeAndShow(name, options, ({ id }, { database, siteId }) =>
    setObserve(database, siteId, id, true),
  )
}

export async function runSourcesLive(name: string, options: SourceOptions): Promise<void> {
  await changeAndShow(name, options, ({ id }, { database, siteId }) =>
    setObserve(database, siteId, id, false),
  )
}

export async function runSourcesResume(
  name: string,
  options: SourceOptions & { readonly dryRun?: boolean },
): Promise<void> {
  const { resumed, ...shown } = await withSite(
    options.site,
    async ({ config, database, site, sender }) => {
      const { id: sourceId } = await sourceNamed(database, site.id, name)
      const { deliveriesFolder, limits } = config
      const request = {
        database,
        siteId: site.id,
        sourceId,
        deliveriesFolder,
        limits,
        sender,
        channel: 'command line' as const,
        dryRun: options.dryRun === true,
        now: () => new Date(),
        onProgress: () => {},
      }
      const resumed = await endPauseNow(request)
      return { resumed, site, source: await sourceNamed(database, site.id, name) }
    },
  )
  if (options.json === true) {
    const { next, older, reports } = resumed
    const queue = queueSteps(reports)
    printJson({
      ...sourceJson(shown),
      next: next.map(delivery),
      older: older.map(delivery),
      queue,
    })
  } else printLines(resumedLines(resumed, shown, options.dryRun === true))
}

type Waiting = Resumed['next'][number]

function delivery({ id, fileName, type }: Waiting): { readonly [key: string]: unknown } {
  return { run: id, fileName, type }
}

function resumedLines(
  { next, older, reports }: Resumed,
  shown: ShownSource,
  dryRun: boolean,
): string[] {
  const line = ({ id, fileName, type }: Waiting): string =>
    `  run ${id}  ${type}  ${oneLine(fileName)}`
  if (!dryRun) {
    return [
      ...sourceLines(shown),
      ...(reports.length > 0 ? ['', ...queueLines(queueSteps(reports))] : []),
    ]
  }
  return [
    bold('Would be imported, in this order'),
    ...next.map(line),
    ...(older.length === 0
      ? []
      : [bold('Would not be: a newer full delivery takes their place'), ...older.map(line)]),
  ]
}

async function changeAndShow(
  name: string,
  options: SourceOptions,
  change: (
    source: Source,
    where: { readonly database: Parameters<typeof sourceNamed>[0]; readonly siteId: number },
  ) => Promise<void>,
): Promise<void> {
  const shown = await withSite(options.site, async ({ database, site }) => {
    await change(await sourceNamed(database, site.id, name), { database, siteId: site.id })
    return { site, source: await sourceNamed(database, site.id, name) }
  })
  if (options.json === true) printJson(sourceJson(shown))
  else printLines(sourceLines(shown))
}
