import { effectiveLimits, type LimitPreset } from '../change/limits.ts'
import { PARTS, partIsOn } from '../roster/parts.ts'
import { type PeriodName, PERIODS, type PeriodSettings, periodsOf } from '../roster/retention.ts'
import {
  createSite,
  listSites,
  listSources,
  setSite,
  siteNamed,
  type Site,
} from '../store/sites.ts'
import type { SiteSettings } from '../store/settings.ts'
import { holidaysText } from './arguments.ts'
import { limitChange, limitLines, type LimitOptions } from './limits.ts'
import { withDatabase, withSite, type Opened } from './open.ts'
import { bold, printJson, printLines } from './output.ts'
import { tableLines } from './table.ts'
import { timeText } from '../shown/time.ts'

export interface SiteOptions {
  readonly json?: boolean
}

export interface SiteSetOptions extends SiteOptions, PeriodSettings, LimitOptions {
  readonly archiveCourses?: boolean
  readonly holidays?: readonly string[]
  readonly preset?: LimitPreset
  readonly receive?: boolean
  readonly register?: boolean
  readonly portal?: boolean
  readonly language?: NonNullable<SiteSettings['language']>
  readonly timeZone?: string
  readonly twoPersonRelease?: boolean
}

export async function runSitesList({ json }: SiteOptions): Promise<void> {
  const sites = await withDatabase(({ database }) => listSites(database))
  if (json === true) {
    printJson({ sites })
    return
  }
  const columns = ['site', 'since', 'parts', 'archive courses'].map((heading) => ({ heading }))
  const rows = sites.map((site) => [
    site.name,
    timeText(site.createdAt),
    PARTS.filter((part) => partIsOn(site.settings, part)).join(', '),
    archiveText(site),
  ])
  printLines(tableLines(columns, rows, bold))
}

export async function runSitesCreate(name: string, options: SiteOptions): Promise<void> {
  await withDatabase(async ({ database }) =>
    print(database, await createSite(database, name), options),
  )
}

export async function runSitesShow(name: string, options: SiteOptions): Promise<void> {
  await withDatabase(async ({ database }) =>
    print(database, await siteNamed(database, name), options),
  )
}

export async function runSitesSet(name: string, options: SiteSetOptions): Promise<void> {
  await withSite(name, async ({ database, site }) => {
    const { preset } = options
    const periods = Object.fromEntries(
      (Object.keys(PERIODS) as PeriodName[]).flatMap((period) =>
        options[period] === undefined ? [] : [[period, options[period]]],
      ),
    )
    await setSite(database, site.id, {
      ...limitChange(options),
      ...(preset === undefined ? {} : { preset }),
      ...given(options, ['archiveCourses', 'holidays', 'language', 'timeZone', 'twoPersonRelease']),
      ...(PARTS.some((part) => options[part] !== undefined)
        ? { parts: given(options, PARTS) }
        : {}),
      ...periods,
    })
    await print(database, await siteNamed(database, name), options)
  })
}

/** Those of some options that were given. */
function given<K extends keyof SiteSetOptions>(
  options: SiteSetOptions,
  names: readonly K[],
): Pick<SiteSetOptions, K> {
  const set = names.filter((name) => options[name] !== undefined)
  return Object.fromEntries(set.map((name) => [name, options[name]])) as Pick<SiteSetOptions, K>
}

async function print(
  database: Opened['database'],
  site: Site,
  { json }: SiteOptions,
): Promise<void> {
  const sources = (await listSources(database, site.id)).map(({ name }) => name)
  if (json === true) {
    printJson({ ...site, sources, limits: effectiveLimits(site.settings, {}) })
    return
  }
  printLines([
    `${bold(site.name)} (site ${site.id}, since ${timeText(site.createdAt)})`,
    `  parts            ${PARTS.filter((part) => partIsOn(site.settings, part)).join(', ') || 'none'}`,
    `  language         ${site.settings.language ?? 'not set'}`,
    `  time zone        ${site.settings.timeZone ?? 'that of its first source'}`,
    `  release needs    ${site.settings.twoPersonRelease === true ? 'two persons' : 'one person'}`,
    `  archive courses  ${archiveText(site)}`,
    ...periodLines(site),
    `  holidays         ${holidaysText(site.settings.holidays ?? []) || 'none'}`,
    `  sources          ${sources.join(', ')}`,
    `  limits           preset ${site.settings.preset ?? 'school'}; a source starts from these`,
    '',
    ...limitLines(effectiveLimits(site.settings, {})),
  ])
}

function periodLines({ settings }: Site): string[] {
  const periods = periodsOf(settings)
  return (Object.keys(PERIODS) as PeriodName[]).map((period) => {
    const days = periods[period]
    const name = PERIODS[period].name.replace('-', ' ')
    return `  ${name.padEnd(15)}  ${days === null ? 'off' : `${days} days`}`
  })
}

function archiveText({ settings }: Site): string {
  return settings.archiveCourses === false ? 'off' : 'on'
}
