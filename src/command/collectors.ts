import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { presetNamed } from '../collect/presets.ts'
import { readPrograms } from '../collect/programs.ts'
import { reachOverApi } from '../collect/reach.ts'
import type { CollectorRun } from '../collect/run.ts'
import { setCollector } from '../collect/set.ts'
import { type Kind, KINDS } from '../collect/settings.ts'
import {
  collectorJson,
  collectorsOfSite,
  removeCollector,
  shownCollector,
} from '../collect/shown.ts'
import { testTrusting } from '../collect/trust.ts'
import { RollcallError } from '../errors.ts'
import type { StoredCollector } from '../store/collectors.ts'
import { sealing } from '../store/sealed.ts'
import { type Site, type Source, sourceNamed } from '../store/sites.ts'
import { timeText } from '../shown/time.ts'
import { type Opened, withSite } from './open.ts'
import { bold, printJson, printLines } from './output.ts'
import { tableLines } from './table.ts'

export interface CollectorOptions {
  readonly site: string
  readonly json?: boolean
}

export interface CollectorSetOptions extends CollectorOptions {
  readonly preset?: string
  readonly kind?: string
  readonly set?: { readonly [name: string]: string }
  readonly unset?: readonly string[]
  readonly file?: { readonly [name: string]: string }
  readonly secret?: { readonly [name: string]: string }
  readonly at?: readonly string[]
  readonly every?: number
  readonly byHand?: boolean
}

export interface CollectorTestOptions extends CollectorOptions {
  readonly trustHostKey?: boolean
}

export interface PresetOptions {
  readonly json?: boolean
}

/** Bytes of a file that holds a secret or a certificate. */
const TEXT_BYTES_MAX = 64 * 1024

export async function runCollectorsList({ site: name, json }: CollectorOptions): Promise<void> {
  const rows = await withSite(name, ({ database, site }) => collectorsOfSite(database, site.id))
  if (json === true) {
    printJson({ collectors: rows.map(collectorJson) })
    return
  }
  if (rows.length === 0) {
    printLines(['There are no collectors.'])
    return
  }
  const columns = ['source', 'kind', 'runs', 'last well', ''].map((heading) => ({ heading }))
  const cells = rows.map(({ collector, source }) => [
    source,
    collector.kind,
    scheduleText(collector.schedule),
    collector.succeededAt === null ? '' : timeText(collector.succeededAt),
    collector.error === null ? '' : `${collector.error}, ${collector.failures} attempts`,
  ])
  printLines(tableLines(columns, cells, bold))
}

export async function runCollectorsSet(name: string, options: CollectorSetOptions): Promise<void> {
  const kind = kindOf(options.kind)
  const { at, every, byHand } = options
  const schedule =
    byHand === true
      ? { schedule: null }
      : at === undefined && every === undefined
        ? {}
        : {
            schedule: {
              ...(at === undefined ? {} : { at }),
              ...(every === undefined ? {} : { everyMinutes: every }),
            },
          }
  const texts = mapped(options.file ?? {}, textIn)
  const secrets = mapped(options.secret ?? {}, textIn)
  const { shown, set } = await withSite(options.site, async (opened) => {
    const { config, database, site } = opened
    const source = await sourceNamed(database, site.id, name)
    const sealed = sealing(config)
    const change = {
      ...(kind === undefined ? {} : { kind }),
      ...(options.preset === undefined ? {} : { preset: options.preset }),
      set: { ...options.set, ...texts },
      ...(options.unset === undefined ? {} : { unset: options.unset }),
      secrets,
      ...schedule,
    }
    const set = await setCollector(database, sealed, site.id, source.id, change, new Date())
    return { shown: await shownCollector(database, sealed, site.id, source), set }
  })
  const { source, collector } = shown
  if (options.json === true) {
    printJson({ ...collectorJson(shown), secrets: shown.secrets, ...set })
    return
  }
  const preset = options.preset === undefined ? undefined : presetNamed(options.preset)
  const from = new Map(preset?.fill.map((each) => [each.name, each.from]))
  printLines([
    `The collector of ${source} is set (${collector.kind})`,
    ...(set.forgotten
      ? ['It talks to somebody else now: the secrets that it had are forgotten']
      : []),
    ...(set.missing.length === 0 ? [] : ['', 'Still to be filled in']),
    ...set.missing.map((each) => `  ${each}${from.has(each) ? `: ${from.get(each)}` : ''}`),
    ...(preset === undefined ? [] : ['', `More on it: rollcall collectors presets ${preset.name}`]),
    ...(set.missing.length === 0 ? [`To try it: rollcall collectors test ${source}`] : []),
  ])
}

export async function runCollectorsShow(name: string, options: CollectorOptions): Promise<void> {
  const shown = await withSite(options.site, async ({ config, database, site }) =>
    shownCollector(database, sealing(config), site.id, await sourceNamed(database, site.id, name)),
  )
  const { source, collector, files, secrets } = shown
  if (options.json === true) {
    printJson({ ...collectorJson(shown), secrets, files })
    return
  }
  const { kind, preset, settings, schedule, triedAt, succeededAt, error, failures } = collector
  const time = (at: string | null): string => (at === null ? 'never' : timeText(at))
  printLines([
    `${bold(source)} (${kind}${preset === null ? '' : `, preset ${preset}`})`,
    `runs ${scheduleText(schedule)}; tried ${time(triedAt)}, went well ${time(succeededAt)}`,
    ...(collector.isConfined ? ['set over the API: reaches no private network'] : []),
    ...(error === null ? [] : [`fails with ${error}, ${failures} attempts`]),
    '',
    ...Object.entries(settings).map(([key, value]) => `  ${key} = ${shownValue(value)}`),
    ...secrets.map((secret) => `  ${secret} (secret, set)`),
    '',
    ...(files.length === 0 ? ['Nothing was fetched yet.'] : ['Fetched last']),
    ...files.map((file) => `  ${timeText(file.fetchedAt)}  ${file.name}, ${file.bytes} bytes`),
  ])
}

export async function runCollectorsRemove(name: string, options: CollectorOptions): Promise<void> {
  await withSite(options.site, async ({ database, site }) => {
    await removeCollector(database, site.id, await sourceNamed(database, site.id, name))
  })
  if (options.json === true) printJson({ removed: name })
  else printLines([`The collector of ${name} is removed`])
}

export async function runCollectorsTest(
  name: string,
  options: CollectorTestOptions,
): Promise<void> {
  const steps: { readonly step: string; readonly words: string }[] = []
  await withSite(options.site, async (opened) => {
    const source = await sourceNamed(opened.database, opened.site.id, name)
    const run: CollectorRun = {
      ...runOf(opened, source),
      say(step, words) {
        steps.push({ step, words })
        if (options.json !== true) printLines([`${step.padEnd(8)}  ${words}`])
      },
    }
    await testTrusting(run, { trust: options.trustHostKey === true, overApi: false })
  })
  if (options.json === true) printJson({ works: true, steps })
  else printLines(['It works. Nothing was delivered.'])
}

/** What a run needs of what is opened. */
export function runOf(
  { config, database, site }: Pick<Opened, 'config' | 'database'> & { readonly site: Site },
  source: Source,
): CollectorRun {
  return {
    database,
    site,
    source,
    deliveriesFolder: config.deliveriesFolder,
    sealing: sealing(config),
    programs: readPrograms(config.programsFile),
    reachOverApi: reachOverApi(config.mayReachPrivate),
    now: () => new Date(),
    wait: (ms) => sleep(ms),
  }
}

function kindOf(text: string | undefined): Kind | undefined {
  const kind = KINDS.find((each) => each === text)
  if (text === undefined || kind !== undefined) return kind
  throw new RollcallError('ERR_USAGE', `There is no kind ${text}`, {
    hint: `There are: ${KINDS.join(', ')}.`,
  })
}

function mapped(
  names: { readonly [name: string]: string },
  to: (text: string) => string,
): { readonly [name: string]: string } {
  return Object.fromEntries(Object.entries(names).map(([name, text]) => [name, to(text)]))
}

/** The text of a small file, `-` for standard input; without the line end that editors put there. */
function textIn(file: string): string {
  let text: string
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (cause) {
    throw new RollcallError('ERR_FILE_UNREADABLE', `${file} cannot be read`, { cause })
  }
  if (text.length > TEXT_BYTES_MAX) {
    throw new RollcallError('ERR_FILE_UNREADABLE', `${file} is longer than ${TEXT_BYTES_MAX} bytes`)
  }
  return text.includes('-----BEGIN') ? text : text.replace(/\r?\n$/, '')
}

function scheduleText(schedule: StoredCollector['schedule']): string {
  if (schedule === null) return 'by hand'
  const { at, everyMinutes } = schedule as { at?: string[]; everyMinutes?: number }
  return at === undefined ? `every ${everyMinutes} minutes` : `at ${at.join(', ')}`
}

function shownValue(value: unknown): string {
  const text = Array.isArray(value) ? value.join(', ') : String(value)
  return text.includes('\n') ? `${text.slice(0, text.indexOf('\n'))} …` : text
}
