import { effectiveLimits, type EffectiveLimits, type LimitPreset } from '../change/limits.ts'
import type { Mode } from '../change/waiting.ts'
import type { AdoptedBy } from '../roster/adoption.ts'
import { RollcallError } from '../errors.ts'
import { compileSourceRules } from '../import/source-rules.ts'
import { weekdaysText } from './arguments.ts'
import {
  createSource,
  type ExpectSettings,
  listSources,
  setSite,
  setSource,
  type Site,
  sourceNamed,
  type Source,
  type SourceChange,
} from '../store/sites.ts'
import { EVERY_DAY, GRACE_MINUTES } from '../store/settings.ts'
import { type ShownSource, sourceJson } from '../shown/source.ts'
import { readRulesFile } from './check.ts'
import { limitChange, limitLines, type LimitOptions } from './limits.ts'
import { withSite } from './open.ts'
import { watchChange, watchLines } from './watch.ts'
import { bold, printJson, printLines } from './output.ts'
import { tableLines } from './table.ts'
import { timeText } from '../shown/time.ts'

export interface SourceOptions {
  readonly site: string
  readonly json?: boolean
}

export interface SourceSetOptions extends SourceOptions, LimitOptions {
  readonly rules?: string
  readonly defaultRules?: boolean
  readonly preset?: LimitPreset | 'site'
  readonly archive?: boolean
  readonly mode?: Mode
  readonly until?: string
  readonly delayStaff?: boolean
  readonly adopt?: readonly AdoptedBy[]
  readonly schedule?: 'on-arrival' | 'by-hand' | readonly string[]
  readonly expect?: string | null
  readonly grace?: number
  readonly weekdays?: readonly number[]
  /** False: none any more. */
  readonly watch?: string | false
  readonly watchNames?: string
  readonly watchQuiet?: number
  readonly watchFlag?: string
}

export async function runSourcesList({ site: siteName, json }: SourceOptions): Promise<void> {
  const { site, sources } = await withSite(siteName, async ({ database, site }) => ({
    site,
    sources: await listSources(database, site.id),
  }))
  if (json === true) {
    printJson({ sources: sources.map((source) => sourceJson({ site, source })) })
    return
  }
  const columns = [
    { heading: 'source' },
    { heading: 'since' },
    { heading: 'rules' },
    { heading: 'deliveries', align: 'right' as const },
    { heading: '' },
  ]
  const rows = sources.map((source) => [
    source.name,
    timeText(source.createdAt),
    source.rules === null ? 'built-in' : 'own',
    `${source.deliveries}`,
    stateWords(source).join('; '),
  ])
  printLines(tableLines(columns, rows, bold))
}

export async function runSourcesCreate(name: string, options: SourceOptions): Promise<void> {
  const shown = await withSite(options.site, async ({ database, site }) => ({
    site,
    source: await createSource(database, site.id, name),
  }))
  print(shown, options)
}

export async function runSourcesShow(name: string, options: SourceOptions): Promise<void> {
  const shown = await withSite(options.site, async ({ database, site }) => ({
    site,
    source: await sourceNamed(database, site.id, name),
  }))
  print(shown, options)
}

export async function runSourcesSet(name: string, options: SourceSetOptions): Promise<void> {
  const change = sourceChange(options)
  const shown = await withSite(options.site, async ({ config, database, site }) => {
    const { archive } = options
    const source = await sourceNamed(database, site.id, name)
    const when = whenChange(options, source.settings.expect, new Date())
    const watch = watchChange(source.settings.watch, options, config)
    const more = watch === undefined ? when : { ...when, watch }
    await setSource(database, site.id, source, { ...change, ...more })
    if (archive !== undefined) await setSite(database, site.id, { archiveCourses: archive })
    return { site, source: await sourceNamed(database, site.id, name) }
  })
  print(shown, options)
}

/** What the options ask for. Rules are compiled first: wrong ones are refused before anything is opened. */
export function sourceChange(options: SourceSetOptions): SourceChange {
  if (options.rules !== undefined && options.defaultRules === true) {
    throw new RollcallError('ERR_USAGE', 'Give --rules or --default-rules, not both')
  }
  let rules: string | null | undefined
  if (options.defaultRules === true) rules = null
  if (options.rules !== undefined) {
    rules = readRulesFile(options.rules)
    compileSourceRules(rules, options.rules)
  }
  const { mode, until, delayStaff } = options
  if (until !== undefined && (mode === undefined || mode === 'everything')) {
    throw new RollcallError(
      'ERR_USAGE',
      'Give --until together with a --mode that delays something',
    )
  }
  const { preset } = options
  return {
    ...limitChange(options),
    ...(preset === undefined ? {} : { preset: preset === 'site' ? null : preset }),
    ...(rules === undefined ? {} : { rules }),
    ...(mode === undefined ? {} : { mode: { mode, ...(until === undefined ? {} : { until }) } }),
    ...(delayStaff === undefined ? {} : { delayStaff }),
    ...(options.adopt === undefined ? {} : { adopt: options.adopt }),
  }
}

/** What the options ask for about when deliveries come and are imported. What is not said stays as it was. */
export function whenChange(
  { schedule, expect, grace, weekdays }: SourceSetOptions,
  before: ExpectSettings | undefined,
  now: Date,
): Pick<SourceChange, 'schedule' | 'expect'> {
  const when =
    schedule === undefined
      ? {}
      : { schedule: typeof schedule === 'string' ? SCHEDULES[schedule] : schedule }
  if (expect === undefined && grace === undefined && weekdays === undefined) return when
  if (expect === null) return { ...when, expect: null }
  const at = expect ?? before?.at
  if (at === undefined) {
    throw new RollcallError('ERR_USAGE', 'Give --grace and --weekdays together with --expect')
  }
  return {
    ...when,
    expect: {
      at,
      graceMinutes: grace ?? before?.graceMinutes ?? GRACE_MINUTES,
      weekdays: weekdays ?? before?.weekdays ?? EVERY_DAY,
      since: now.toISOString(),
    },
  }
}

const SCHEDULES = { 'on-arrival': 'on arrival', 'by-hand': 'by hand' } as const

function print(shown: ShownSource, { json }: SourceOptions): void {
  if (json === true) printJson(sourceJson(shown))
  else printLines(sourceLines(shown))
}

function effectiveOf(site: Site, source: Source): EffectiveLimits {
  return effectiveLimits(site.settings, source.settings)
}

/** What is out of the ordinary about a source, for the list and for its own page. */
function stateWords(source: Source): string[] {
  const { settings, needsFull, reviewNext, held, queued, paused } = source
  const { delay, pause, observe, schedule, expect } = settings
  const until = (day: string | undefined): string => (day === undefined ? '' : ` until ${day}`)
  const count = (n: number, what: string): string[] => (n === 0 ? [] : [`${n} ${what}`])
  return [
    ...(needsFull === null ? [] : [`needs a full delivery since run ${needsFull.run}`]),
    ...(observe === true ? ['observed'] : []),
    ...(reviewNext ? ['its next delivery is held for review'] : []),
    ...(pause === undefined ? [] : [`paused${until(pause.until)}`]),
    ...(delay === undefined || delay.mode === 'everything'
      ? []
      : [`${delay.mode}${until(delay.until)}`]),
    ...(delay?.delayStaff === true ? ['staff who leave wait, too'] : []),
    ...(schedule === undefined ? [] : [`imported ${scheduleText(schedule)}`]),
    ...(expect === undefined ? [] : [expectText(expect)]),
    ...count(held, 'held'),
    ...count(queued, 'queued'),
    ...count(paused, 'kept during the pause'),
  ]
}

function scheduleText(schedule: 'by hand' | readonly string[]): string {
  return typeof schedule === 'string' ? schedule : `at ${schedule.join(', ')}`
}

function expectText({ at, graceMinutes, weekdays }: ExpectSettings): string {
  const days = weekdays.length === EVERY_DAY.length ? '' : ` on ${weekdaysText(weekdays)}`
  return `expected by ${at}${days}, told after ${graceMinutes} minutes`
}

export function sourceLines({ site, source }: ShownSource): string[] {
  const { id, name, createdAt, deliveries, rules } = source
  return [
    `${bold(name)} (source ${id}, since ${timeText(createdAt)}, ${deliveries} deliveries)`,
    ...stateWords(source),
    ...watchLines(source.settings.watch),
    '',
    ...limitLines(effectiveOf(site, source)),
    '',
    ...(rules === null ? ['Rules: the built-in ones'] : ['Rules', rules.trimEnd()]),
  ]
}
