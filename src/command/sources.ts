import { LIMIT_NAMES, LIMITS, limitOf, type Limit } from '../change/limits.ts'
import type { Mode } from '../change/waiting.ts'
import { ADOPTED_BY, type AdoptedBy } from '../roster/adoption.ts'
import { RollcallError } from '../errors.ts'
import { compileSourceRules } from '../import/source-rules.ts'
import {
  createSource,
  listSources,
  setSite,
  setSource,
  sourceNamed,
  type Source,
  type SourceChange,
} from '../store/sites.ts'
import { readRulesFile } from './check.ts'
import { withSite } from './open.ts'
import { bold, printJson, printLines } from './output.ts'
import { tableLines } from './table.ts'
import { timeText } from './time.ts'

export interface SourceOptions {
  readonly site: string
  readonly json?: boolean
}

type Numbers = { readonly [name: string]: number }

export interface SourceSetOptions extends SourceOptions {
  readonly rules?: string
  readonly defaultRules?: boolean
  readonly limit?: Numbers
  readonly floor?: Numbers
  readonly defaultLimit?: readonly string[]
  readonly archive?: boolean
  readonly mode?: Mode
  readonly until?: string
  readonly delayStaff?: boolean
  readonly adopt?: readonly AdoptedBy[]
}

export async function runSourcesList({ site: siteName, json }: SourceOptions): Promise<void> {
  const sources = await withSite(siteName, ({ database, site }) => listSources(database, site.id))
  if (json === true) {
    printJson({ sources: sources.map(sourceJson) })
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
  const source = await withSite(options.site, ({ database, site }) =>
    createSource(database, site.id, name),
  )
  print(source, options)
}

export async function runSourcesShow(name: string, options: SourceOptions): Promise<void> {
  const source = await withSite(options.site, ({ database, site }) =>
    sourceNamed(database, site.id, name),
  )
  print(source, options)
}

export async function runSourcesSet(name: string, options: SourceSetOptions): Promise<void> {
  const change = sourceChange(options)
  const source = await withSite(options.site, async ({ database, site }) => {
    const { archive } = options
    await setSource(database, site.id, await sourceNamed(database, site.id, name), change)
    if (archive !== undefined) await setSite(database, site.id, { archiveCourses: archive })
    return sourceNamed(database, site.id, name)
  })
  print(source, options)
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
  const limits: { [name: string]: Partial<Limit> } = {}
  for (const [name, percent] of Object.entries(options.limit ?? {})) limits[name] = { percent }
  for (const [name, floor] of Object.entries(options.floor ?? {})) {
    limits[name] = { ...limits[name], floor }
  }
  return {
    limits,
    defaultLimits: options.defaultLimit ?? [],
    ...(rules === undefined ? {} : { rules }),
    ...(mode === undefined ? {} : { mode: { mode, ...(until === undefined ? {} : { until }) } }),
    ...(delayStaff === undefined ? {} : { delayStaff }),
    ...(options.adopt === undefined ? {} : { adopt: options.adopt }),
  }
}

function print(source: Source, { json }: SourceOptions): void {
  if (json === true) printJson(sourceJson(source))
  else printLines(sourceLines(source))
}

/** What is out of the ordinary about a source, for the list and for its own page. */
function stateWords(source: Source): string[] {
  const { settings, needsFull, reviewNext, held, queued, paused } = source
  const { delay, pause, observe } = settings
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
    ...count(held, 'held'),
    ...count(queued, 'queued'),
    ...count(paused, 'kept during the pause'),
  ]
}

export function sourceJson({ settings, ...source }: Source): { readonly [key: string]: unknown } {
  const limits = LIMIT_NAMES.map((name) => [name, limitOf(name, settings.limits ?? {})] as const)
  const shown = limits.map(([name, { percent, floor }]) => [name, { percent, floor }] as const)
  const { mode = 'everything', until = null, delayStaff = false } = settings.delay ?? {}
  const { pause, observe = false } = settings
  const paused = pause === undefined ? null : { until: pause.until ?? null }
  const modes = { mode, until, delayStaff, pause: paused, observe }
  const adopt = settings.adopt ?? ADOPTED_BY
  return { ...source, ...modes, adopt, limits: Object.fromEntries(shown) }
}

export function sourceLines(source: Source): string[] {
  const { id, name, createdAt, deliveries, rules, settings } = source
  const own = settings.limits ?? {}
  const columns = [
    { heading: 'limit' },
    { heading: 'percent', align: 'right' as const },
    { heading: 'floor', align: 'right' as const },
    { heading: 'percent may be' },
    { heading: 'floor may be' },
    { heading: '' },
  ]
  const rows = LIMIT_NAMES.map((limit) => {
    const { percent, floor } = limitOf(limit, own)
    const { percentMin, percentMax, floorMax } = LIMITS[limit]
    const bounds = [`${percentMin} to ${percentMax}`, `0 to ${floorMax}`]
    return [limit, `${percent}`, `${floor}`, ...bounds, own[limit] === undefined ? '' : 'set']
  })
  return [
    `${bold(name)} (source ${id}, since ${timeText(createdAt)}, ${deliveries} deliveries)`,
    ...stateWords(source),
    '',
    ...tableLines(columns, rows, bold),
    '',
    ...(rules === null ? ['Rules: the built-in ones'] : ['Rules', rules.trimEnd()]),
  ]
}
