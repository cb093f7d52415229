import {
  changedLimits,
  limitChangeFaults,
  type LimitChange,
  type LimitChoice,
} from '../change/limits.ts'
import type { DelaySettings, PauseSettings } from '../change/waiting.ts'
import type { AdoptedBy } from '../roster/adoption.ts'
import { RollcallError } from '../errors.ts'
import { periodFaults, type PeriodSettings } from '../roster/retention.ts'
import { type Database, INSTALLATION, type Session } from './connect.ts'
import { LOCK_CLASS } from './migrate.ts'
import { checkedName, notFound, taken } from './names.ts'
import { goOnAt } from './place.ts'
import type { ExpectSettings, SiteSettings, SourceSettings } from './settings.ts'

export type { ExpectSettings, SiteSettings, SourceSettings } from './settings.ts'

/** The site and source that are there from the start, so that a delivery can be imported without setting any up. */
export const DEFAULT_NAME = 'default'
const DEFAULT_ID = 1
/** First key of the locks that those wait for who give the next number: to a site (0), or to a source of the site. */
const NUMBER_LOCK_CLASS = LOCK_CLASS + 2

export interface Site {
  readonly id: number
  readonly name: string
  readonly settings: SiteSettings
  readonly createdAt: string
}

export interface Source {
  readonly id: number
  readonly name: string
  /** The rules file as it was set; null for the default rules. */
  readonly rules: string | null
  readonly settings: SourceSettings
  readonly createdAt: string
  /** Whether any delivery has come in yet. */
  readonly deliveries: number
  /** A delivery that said only what changed was not used: since when, and which run it was. */
  readonly needsFull: { readonly since: string; readonly run: number } | null
  /** The next delivery is held for review, whatever it says. */
  readonly reviewNext: boolean
  /** Deliveries that wait: plans that are held, deliveries behind them, and what came during a pause. */
  readonly held: number
  readonly queued: number
  readonly paused: number
}

const SITE_COLUMNS = 'site_id as id, name, settings, created_at as "createdAt"'

export async function listSites(database: Database): Promise<Site[]> {
  const list = (): Promise<Site[]> =>
    database.operator((session) =>
      session.query<Site>(`select ${SITE_COLUMNS} from sites order by site_id`),
    )
  const sites = await list()
  if (sites.some(({ id }) => id === DEFAULT_ID)) return sites
  await settleDefault(database)
  return list()
}

/**
 * The site of this name; the default one is made on first use.
 * @throws RollcallError ERR_NOT_FOUND with the names that there are.
 */
export async function siteNamed(database: Database, name: string): Promise<Site> {
  const find = (): Promise<Site[]> =>
    database.operator((session) =>
      session.query<Site>(`select ${SITE_COLUMNS} from sites where name = $1`, [name]),
    )
  let [site] = await find()
  if (site === undefined && name === DEFAULT_NAME) {
    await settleDefault(database)
    ;[site] = await find()
  }
  if (site !== undefined) return site
  const names = (await listSites(database)).map((each) => each.name)
  throw notFound('site', name, names, 'rollcall sites create NAME')
}

export async function siteById(database: Database, siteId: number): Promise<Site | undefined> {
  const [site] = await database.operator((session) =>
    session.query<Site>(`select ${SITE_COLUMNS} from sites where site_id = $1`, [siteId]),
  )
  return site
}

/** Makes a site with a source of its own, both ready for deliveries, or neither. */
export async function createSite(database: Database, name: string): Promise<Site> {
  await settleDefault(database)
  const checked = checkedName(name)
  const site = await database.operator(async (session) => {
    await lockNumbers(session, INSTALLATION)
    const [made] = await session.query<Site>(
      `insert into sites (site_id, name)
       select coalesce(max(site_id), 0) + 1, $1 from sites
       on conflict (name) do nothing returning ${SITE_COLUMNS}`,
      [checked],
    )
    if (made !== undefined) await insertFirstSource(session, made.id)
    return made
  })
  if (site === undefined) throw taken('site', name)
  return site
}

/** What to change about a site; limits are those that its sources start from. */
export type SiteChange = LimitChange &
  PeriodSettings &
  Pick<
    SiteSettings,
    'archiveCourses' | 'holidays' | 'parts' | 'language' | 'timeZone' | 'twoPersonRelease'
  >

/**
 * Changes what holds for a whole site.
 * @throws RollcallError ERR_SETTING_OUT_OF_BOUNDS naming each limit or period at fault; nothing is changed then.
 */
export async function setSite(
  database: Database,
  siteId: number,
  change: SiteChange,
): Promise<void> {
  checkLimits(change)
  await database.operator(async (session) => {
    const [site] = await session.query<Site>(
      `select ${SITE_COLUMNS} from sites where site_id = $1 for update`,
      [siteId],
    )
    const { limits: _1, defaultLimits: _2, preset: _3, ...given } = change
    const before = site?.settings ?? {}
    const { limits: _4, preset: _5, ...others } = before
    const settings: SiteSettings = {
      ...others,
      ...given,
      ...(given.parts === undefined ? {} : { parts: { ...before.parts, ...given.parts } }),
      ...withoutNothing(changedLimits(before, change)),
    }
    const faults = periodFaults(settings)
    if (faults.length > 0) {
      throw new RollcallError('ERR_SETTING_OUT_OF_BOUNDS', faults.join('\n'), {
        hint: 'docs/personal-data.md has the periods with their bounds. Nothing was changed.',
      })
    }
    await session.execute('update sites set settings = $2 where site_id = $1', [
      siteId,
      JSON.stringify(settings),
    ])
  })
}

function withoutNothing({ limits, ...choice }: LimitChoice): LimitChoice {
  return limits === undefined || Object.keys(limits).length === 0 ? choice : { limits, ...choice }
}

function checkLimits(change: LimitChange): void {
  const faults = limitChangeFaults(change)
  if (faults.length === 0) return
  throw new RollcallError('ERR_SETTING_OUT_OF_BOUNDS', faults.join('\n'), {
    hint: 'docs/safety-filter.md has the bounds. Nothing was changed.',
  })
}

const SOURCE_COLUMNS = `source_id as id, name, rules, settings, created_at as "createdAt",
  (select count(*)::int from deliveries d
    where d.site_id = sources.site_id and d.source_id = sources.source_id) as deliveries,
  state->'needsFull' as "needsFull", coalesce((state->>'reviewNext')::boolean, false) as "reviewNext",
  ${runsIn('held')}, ${runsIn('queued')}, ${runsIn('paused')}`

function runsIn(state: string): string {
  return `(select count(*)::int from runs r where r.site_id = sources.site_id and r.source_id = sources.source_id
    and r.state = '${state}') as ${state}`
}

export function listSources(database: Database, siteId: number): Promise<Source[]> {
  return database.site(siteId, (session) =>
    session.query<Source>(
      `select ${SOURCE_COLUMNS} from sources where site_id = $1 order by source_id`,
      [siteId],
    ),
  )
}

/** @throws RollcallError ERR_NOT_FOUND with the names that there are. */
export async function sourceNamed(
  database: Database,
  siteId: number,
  name: string,
): Promise<Source> {
  const [source] = await database.site(siteId, (session) =>
    session.query<Source>(
      `select ${SOURCE_COLUMNS} from sources where site_id = $1 and name = $2`,
      [siteId, name],
    ),
  )
  if (source !== undefined) return source
  const names = (await listSources(database, siteId)).map((each) => each.name)
  throw notFound('source', name, names, 'rollcall sources create NAME')
}

export async function createSource(
  database: Database,
  siteId: number,
  name: string,
): Promise<Source> {
  const made = await database.site(siteId, (session) =>
    insertSource(session, siteId, checkedName(name)),
  )
  if (made === 0) throw taken('source', name)
  return sourceNamed(database, siteId, name)
}

/** Waits for others who give numbers. It comes first and by itself: what they have committed is seen by the statement after it. */
async function lockNumbers(session: Session, siteId: number): Promise<void> {
  await session.execute('select pg_advisory_xact_lock($1, $2)', [NUMBER_LOCK_CLASS, siteId])
}

async function insertSource(session: Session, siteId: number, name: string): Promise<number> {
  await lockNumbers(session, siteId)
  return session.execute(
    `insert into sources (site_id, source_id, name)
     select $1, coalesce(max(source_id), 0) + 1, $2 from sources where site_id = $1
     on conflict do nothing`,
    [siteId, name],
  )
}

/** What to change about a source: its rules' text (null for the default rules), and limits by name. */
export interface SourceChange extends LimitChange {
  readonly rules?: string | null
  /** A mode takes the place of the one before, its end date too. */
  readonly mode?: Pick<DelaySettings, 'mode' | 'until'>
  readonly delayStaff?: boolean
  readonly pause?: PauseSettings
  readonly adopt?: readonly AdoptedBy[]
  readonly schedule?: 'on arrival' | 'by hand' | readonly string[]
  /** Null: nothing is expected any more. */
  readonly expect?: ExpectSettings | null
  /** Null: no folder is watched any more. */
  readonly watch?: SourceSettings['watch'] | null
}

/**
 * Changes a source. Limits are checked against their bounds here; rules must have been compiled before.
 * @throws RollcallError ERR_SETTING_OUT_OF_BOUNDS naming each limit at fault; nothing is changed then.
 */
export async function setSource(
  database: Database,
  siteId: number,
  source: Source,
  change: SourceChange,
): Promise<void> {
  checkLimits(change)
  const {
    preset: _,
    delay: before,
    schedule: at,
    expect: by,
    watch: folder,
    ...others
  } = source.settings
  const delay = delayAfter(before, change)
  const { schedule = at, expect = by, watch = folder } = change
  const settings: SourceSettings = {
    ...others,
    ...(schedule === undefined || schedule === 'on arrival' ? {} : { schedule }),
    ...(expect === undefined || expect === null ? {} : { expect }),
    ...changedLimits(source.settings, change),
    ...(delay === undefined ? {} : { delay }),
    ...(change.pause === undefined ? {} : { pause: change.pause }),
    ...(change.adopt === undefined ? {} : { adopt: change.adopt }),
    ...(watch === undefined || watch === null ? {} : { watch }),
  }
  const rules = change.rules === undefined ? source.rules : change.rules
  await database.site(siteId, (session) =>
    session.execute(
      'update sources set rules = $3, settings = $4 where site_id = $1 and source_id = $2',
      [siteId, source.id, rules, JSON.stringify(settings)],
    ),
  )
}

/** Ends a pause. What did not come before that is not missing. */
export async function endPause(
  session: Session,
  siteId: number,
  sourceId: number,
  now: string,
): Promise<void> {
  await session.execute(
    `update sources set settings = (settings - 'pause') || case when settings ? 'expect'
       then jsonb_build_object('expect', settings->'expect' || jsonb_build_object('since', $3::text)) else '{}' end
     where site_id = $1 and source_id = $2`,
    [siteId, sourceId, now],
  )
}

/** From now on a source is only looked at, or no longer: then its next delivery is held for review. */
export async function setObserve(
  database: Database,
  siteId: number,
  sourceId: number,
  observe: boolean,
): Promise<void> {
  await database.site(siteId, (session) =>
    session.execute(
      observe
        ? `update sources set settings = settings || '{"observe": true}' where site_id = $1 and source_id = $2`
        : `update sources set settings = settings - 'observe', state = state || '{"reviewNext": true}'
           where site_id = $1 and source_id = $2 and settings ? 'observe'`,
      [siteId, sourceId],
    ),
  )
}

function delayAfter(
  before: DelaySettings | undefined,
  { mode, delayStaff = before?.delayStaff === true }: SourceChange,
): DelaySettings | undefined {
  const { mode: now = 'everything', until } = mode ?? before ?? {}
  if (now === 'everything' && !delayStaff) return undefined
  return {
    mode: now,
    ...(until === undefined ? {} : { until }),
    ...(delayStaff ? { delayStaff } : {}),
  }
}

/** The source of a site that was made in the same transaction, which is the operator's: from here on it is of that site. */
async function insertFirstSource(session: Session, siteId: number): Promise<void> {
  await goOnAt(session, siteId)
  await insertSource(session, siteId, DEFAULT_NAME)
}

async function settleDefault(database: Database): Promise<void> {
  await database.operator(async (session) => {
    const made = await session.execute(
      'insert into sites (site_id, name) values ($1, $2) on conflict do nothing',
      [DEFAULT_ID, DEFAULT_NAME],
    )
    if (made > 0) await insertFirstSource(session, DEFAULT_ID)
  })
}
