/** A site of a test's own, delivery by delivery, and what is in its roster then. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after } from 'node:test'
import type { LimitSettings } from '../../src/change/limits.ts'
import { after as comesTo, type Tally } from '../../src/change/tally.ts'
import type { DelaySettings } from '../../src/change/waiting.ts'
import { DEFAULT_READ_LIMITS } from '../../src/ims/limits.ts'
import type { ChangeFilter, Channel, DryRun, ImportRequest } from '../../src/import/contract.ts'
import {
  type Preview,
  previewRelease,
  rejectPlan,
  type Release,
  releasePlan,
} from '../../src/import/decide.ts'
import type { RunReport } from '../../src/import/report.ts'
import type { LetThroughRequest } from '../../src/import/let-through.ts'
import { letThroughRequest } from '../../src/import/rerun.ts'
import { endPauseNow, type Resumed } from '../../src/import/resume.ts'
import { importDelivery, planDelivery } from '../../src/import/run.ts'
import { ROLES } from '../../src/roster/membership.ts'
import type { Database } from '../../src/store/connect.ts'
import { counts, countRoster } from '../../src/store/counts.ts'
import {
  createSite,
  createSource,
  setObserve,
  setSite,
  setSource,
  sourceNamed,
} from '../../src/store/sites.ts'
import { listWaiting } from '../../src/store/waiting.ts'
import { testDatabase } from '../database.ts'
import { type DeliverySpec, deliveryText } from './deliveries.ts'

export interface NightsOptions {
  /** Text of a rules file. */
  readonly rules?: string
  readonly archiveCourses?: boolean
  /** Limits of the source, beyond their bounds if a test wants that. */
  readonly limits?: LimitSettings
  /** The source's mode. */
  readonly delay?: DelaySettings
  /** How its deliveries come; by the command line unless said. */
  readonly channel?: Channel
}

export interface StoredPerson {
  readonly id: number
  readonly key: string
  readonly state: string
  readonly profile: string
  readonly username: string | null
  readonly protected: boolean
  readonly fields: { readonly [field: string]: string }
  readonly own: { readonly [field: string]: string }
}

export interface StoredCourse {
  readonly id: number
  readonly key: string
  readonly state: string
  readonly title: string
  readonly code: string | null
  /** Key of its group; null once it is detached. */
  readonly group: string | null
  /** `P1 learner` each: the manual members that it kept, those in the recycle bin with `(inactive)`. */
  readonly members: readonly string[]
}

const folder = mkdtempSync(path.join(tmpdir(), 'rollcall-nights-'))
after(() => rmSync(folder, { recursive: true }))

let opened: Promise<Database> | undefined
let sites = 0

/** A new site with one source, in the database of the test file. */
export async function nights(options: NightsOptions = {}): Promise<Nights> {
  const database = await (opened ??= testDatabase().then((made) => made.database))
  const { id } = await createSite(database, `site ${++sites}`)
  const made = new Nights(database, id)
  await made.set(options)
  return made
}

/** Opens the database for the tests of a file: at the top level of it, so that it lives as long as the file. */
export async function openNights(): Promise<void> {
  await (opened ??= testDatabase().then((made) => made.database))
}

export class Nights {
  readonly database: Database
  readonly siteId: number
  readonly sourceId: number
  readonly #source: string
  #night = 0
  #channel: Channel = 'command line'

  constructor(database: Database, siteId: number, sourceId = 1, source = 'default') {
    this.database = database
    this.siteId = siteId
    this.sourceId = sourceId
    this.#source = source
  }

  /** The same site through another source of its own. */
  async source(name: string, options: NightsOptions = {}): Promise<Nights> {
    const { id } = await createSource(this.database, this.siteId, name)
    const made = new Nights(this.database, this.siteId, id, name)
    await made.set(options)
    return made
  }

  async set({ rules, archiveCourses, limits, delay, channel }: NightsOptions): Promise<void> {
    if (channel !== undefined) this.#channel = channel
    const source = await sourceNamed(this.database, this.siteId, this.#source)
    if (rules !== undefined) await setSource(this.database, this.siteId, source, { rules })
    if (archiveCourses !== undefined) {
      await setSite(this.database, this.siteId, { archiveCourses })
    }
    if (delay !== undefined) {
      const { delayStaff = false, ...mode } = delay
      const now = await sourceNamed(this.database, this.siteId, this.#source)
      await setSource(this.database, this.siteId, now, { mode, delayStaff })
    }
    if (limits !== undefined) {
      await this.database.site(this.siteId, (session) =>
        session.execute(
          `update sources set settings = settings || $3 where site_id = $1 and source_id = $2`,
          [this.siteId, this.sourceId, JSON.stringify({ limits })],
        ),
      )
    }
  }

  /** Imports a delivery, and sees to it that the counts table agrees with the roster. */
  async import(delivery: DeliverySpec | string | Uint8Array): Promise<RunReport> {
    const report = await importDelivery(this.#request(delivery))
    await this.checkCounts(report)
    return report
  }

  /** Imports a delivery that must be applied. */
  async apply(delivery: DeliverySpec | string | Uint8Array): Promise<RunReport> {
    const report = await this.import(delivery)
    assert.deepEqual(
      [report.outcome, report.findings.filter(({ holds }) => holds)],
      ['applied', []],
    )
    return report
  }

  /** Imports a delivery, and releases its plan if it is held. */
  async accept(delivery: DeliverySpec | string | Uint8Array): Promise<RunReport> {
    const report = await this.import(delivery)
    return report.outcome === 'held' ? this.release(report.run) : report
  }

  /** Imports a delivery that is held; gives the report, whose `run` is the plan. */
  async hold(delivery: DeliverySpec | string | Uint8Array): Promise<RunReport> {
    const before = await this.everything()
    const report = await this.import(delivery)
    assert.equal(report.outcome, 'held')
    assert.deepEqual(await this.everything(), before)
    return report
  }

  plan(
    delivery: DeliverySpec | string | Uint8Array,
    filter: Partial<ChangeFilter> = {},
  ): Promise<DryRun> {
    return planDelivery(this.#request(delivery), { limit: 1000, offset: 0, ...filter })
  }

  /** Lets some of what waits through. */
  async letThrough(what: LetThroughRequest): Promise<RunReport> {
    const report = await importDelivery(await this.letThroughRequest(what, false))
    await this.checkCounts(report)
    return report
  }

  letThroughRequest(what: LetThroughRequest, dryRun: boolean): Promise<ImportRequest> {
    return letThroughRequest({ ...this.#request(''), dryRun }, what)
  }

  /** `remove person P1` for each change that waits, longest first. */
  async waiting(): Promise<string[]> {
    const { rows } = await this.database.site(this.siteId, (session) =>
      listWaiting(session, this.siteId, { sourceId: this.sourceId, limit: 1000, offset: 0 }),
    )
    return rows.map(({ action, kind, key, otherKey }) =>
      [action, kind, ...(otherKey === null ? [key] : [otherKey, 'in', key])].join(' '),
    )
  }

  async release(run: number, withoutRemovals = false): Promise<RunReport> {
    const report = await releasePlan(this.#releaseOf(run, withoutRemovals, false))
    await this.checkCounts(report)
    return report
  }

  /** Releases a plan with its suspected new keys as new keys of the same records. */
  async releaseAsRekey(run: number, withoutRemovals = false): Promise<RunReport> {
    const report = await releasePlan(this.#releaseOf(run, withoutRemovals, true))
    await this.checkCounts(report)
    return report
  }

  /** What a release would do; nothing may have moved after it. */
  async previewRelease(
    run: number,
    { withoutRemovals = false, asRekey = false } = {},
  ): Promise<Preview> {
    const before = await this.everything()
    const filter = { limit: 1000, offset: 0 }
    const preview = await previewRelease(this.#releaseOf(run, withoutRemovals, asRekey), filter)
    assert.deepEqual(await this.everything(), before)
    return preview
  }

  #releaseOf(run: number, withoutRemovals: boolean, asRekey: boolean): Release {
    const kept = { deliveriesFolder: path.join(folder, 'deliveries'), limits: DEFAULT_READ_LIMITS }
    return {
      database: this.database,
      siteId: this.siteId,
      run,
      withoutRemovals,
      ...(asRekey ? { asRekey: kept } : {}),
      consulted: 'registrar',
      sender: 'test',
      kept: this.#kept,
      now: () => this.#now(),
    }
  }

  reject(run: number): Promise<RunReport> {
    const { database, siteId } = this
    return rejectPlan({
      database,
      siteId,
      run,
      reason: 'a test',
      sender: 'test',
      kept: this.#kept,
      now: () => this.#now(),
    })
  }

  /** Sees to it that the counts table agrees with the roster, and the report of an applied run with both. */
  async checkCounts({ outcome, tallies, queue }: RunReport): Promise<void> {
    const rows = await this.database.site(this.siteId, async (session) => {
      const counted = await counts(session, this.siteId, this.sourceId)
      const there = await countRoster(session, this.siteId, this.sourceId)
      assert.deepEqual(counted, there, 'the counts table and the roster')
      return there
    })
    // What waited behind it has moved the roster on.
    if ((outcome !== 'applied' && outcome !== 'released') || queue !== undefined) return
    const expected = new Map(
      rows.map(({ kind, profile, school, n }) => [`${kind} ${profile} ${school}`, n]),
    )
    const reported = new Map<string, number>()
    const report = (what: string, tally: Tally): void => {
      if (comesTo(tally) !== 0) reported.set(what, comesTo(tally))
    }
    for (const kind of ['person', 'group', 'membership', 'relation', 'course'] as const) {
      report(`${kind}  -1`, tallies[kind])
    }
    for (const [profile, tally] of Object.entries(tallies.profiles))
      report(`person ${profile} -1`, tally)
    for (const { school, persons, groups, memberships } of tallies.schools) {
      report(`person  ${school}`, persons)
      report(`group  ${school}`, groups)
      report(`membership  ${school}`, memberships)
    }
    assert.deepEqual(lines(reported), lines(expected), 'the report and the roster')
  }

  query<R>(text: string, values: readonly unknown[] = []): Promise<R[]> {
    return this.database.site(this.siteId, (session) =>
      session.query<R>(text, [this.siteId, ...values]),
    )
  }

  async person(key: string): Promise<StoredPerson | undefined> {
    const [person] = await this.query<StoredPerson>(
      `select person_id as id, key, state, profile, username, protected, sent -> 'fields' as fields, own
       from persons where site_id = $1 and key = $2`,
      [key],
    )
    return person
  }

  /** Keys of the persons who are there, or in the recycle bin. */
  async persons(state: 'active' | 'binned' = 'active'): Promise<string[]> {
    const rows = await this.query<{ key: string }>(
      'select key from persons where site_id = $1 and state = $2 order by key',
      [state],
    )
    return rows.map(({ key }) => key)
  }

  /** `G2 < G1` for each group that is there, with the parent under which it is shown. */
  async tree(): Promise<string[]> {
    const rows = await this.query<{ key: string; parent: string | null }>(
      `select g.key, p.key as parent from groups g
       left join groups p on p.site_id = g.site_id and p.group_id = g.parent_id and p.state = 'active'
       where g.site_id = $1 and g.state = 'active' order by g.key`,
    )
    return rows.map(({ key, parent }) => `${key} < ${parent ?? 'site'}`)
  }

  async schoolOf(group: string): Promise<string | null | undefined> {
    const [row] = await this.query<{ school: string | null }>(
      `select s.key as school from groups g
       left join groups s on s.site_id = g.site_id and s.group_id = g.school_id
       where g.site_id = $1 and g.key = $2 and g.state = 'active'`,
      [group],
    )
    return row?.school
  }

  /** `G1 P1 learner` for each membership that holds now; `(inactive)` behind one of status 0. */
  async memberships(): Promise<string[]> {
    const rows = await this.query<{ group: string; person: string; role: number; active: boolean }>(
      `select g.key as group, p.key as person, m.role, m.active from memberships m
       join groups g on g.site_id = m.site_id and g.group_id = m.group_id
       join persons p on p.site_id = m.site_id and p.person_id = m.person_id
       where m.site_id = $1 and m.to_run is null order by g.key, p.key`,
    )
    return rows.map(
      ({ group, person, role, active }) =>
        `${group} ${person} ${ROLES[role]}${active ? '' : ' (inactive)'}`,
    )
  }

  /** `P1 guardian P2 by person` each: P2 is the guardian of P1, and P1 says so. */
  async relations(): Promise<string[]> {
    const rows = await this.query<{ one: string; kind: string; other: string; by: number }>(
      `select p.key as one, r.kind, o.key as other, r.said_by as by from relations r
       join persons p on p.site_id = r.site_id and p.person_id = r.person_id
       join persons o on o.site_id = r.site_id and o.person_id = r.other_id
       where r.site_id = $1 order by 1, 2, 3`,
    )
    const saidBy = ['', 'person', 'other', 'both']
    return rows.map(({ one, kind, other, by }) => `${one} ${kind} ${other} by ${saidBy[by]}`)
  }

  courses(): Promise<StoredCourse[]> {
    return this.query<StoredCourse>(
      `select c.course_id as id, c.key, c.state, c.title, c.code, g.key as group,
         array(select p.key || ' ' || (array['${ROLES.join("','")}'])[m.role + 1]
             || case p.state when 'active' then '' else ' (inactive)' end
           from course_members m join persons p on p.site_id = m.site_id and p.person_id = m.person_id
           where m.site_id = c.site_id and m.course_id = c.course_id order by 1) as members
       from courses c left join groups g on g.site_id = c.site_id and g.group_id = c.group_id
       where c.site_id = $1 order by c.course_id`,
    )
  }

  /** Codes of the problems of a run, with the keys that they name. */
  async problems(run: number): Promise<string[]> {
    const rows = await this.query<{ code: string; key: string | null }>(
      `select code, key from problems where site_id = $1 and run_id = $2
         and severity in ('warning', 'setAside') order by code, key nulls first`,
      [run],
    )
    return rows.map(({ code, key }) => (key === null ? code : `${code} ${key}`))
  }

  /** The journal of a run, without memberships: `update person P1`. */
  async journal(run: number): Promise<string[]> {
    const rows = await this.query<{ line: string }>(
      `select action || ' ' || kind || ' ' || coalesce(key, '') as line from changes
       where site_id = $1 and run_id = $2 order by seq`,
      [run],
    )
    return rows.map(({ line }) => line)
  }

  /** Where a delivery is kept. */
  kept(name: string): string {
    return path.join(folder, 'deliveries', name)
  }

  /** The whole roster, to see whether anything moved. */
  async everything(): Promise<unknown> {
    const tables = ['persons', 'groups', 'memberships', 'relations', 'courses', 'course_members']
    const rows = tables.map((table) =>
      this.query(`select * from ${table} t where site_id = $1 order by t::text`),
    )
    return Promise.all(rows)
  }

  /** Keeps what comes from now on, up to and with a day. */
  async pause(until?: string): Promise<void> {
    const source = await sourceNamed(this.database, this.siteId, this.#source)
    const pause = until === undefined ? {} : { until }
    await setSource(this.database, this.siteId, source, { pause })
  }

  resume(dryRun = false): Promise<Resumed> {
    const { file: _, acceptOlder: __, ...request } = this.#request('')
    return endPauseNow({ ...request, dryRun })
  }

  observe(on: boolean): Promise<void> {
    return setObserve(this.database, this.siteId, this.sourceId, on)
  }

  /** State of each run of the source, in order. */
  async states(): Promise<string[]> {
    const rows = await this.query<{ state: string }>(
      'select state from runs where site_id = $1 and source_id = $2 order by run_id',
      [this.sourceId],
    )
    return rows.map(({ state }) => state)
  }

  get #kept(): { readonly deliveriesFolder: string; readonly limits: ImportRequest['limits'] } {
    return { deliveriesFolder: path.join(folder, 'deliveries'), limits: DEFAULT_READ_LIMITS }
  }

  #now(): Date {
    return new Date(Date.UTC(2026, 7, 31 + this.#night, 2))
  }

  #request(delivery: DeliverySpec | string | Uint8Array): ImportRequest {
    this.#night++
    const file = path.join(
      folder,
      `site-${this.siteId}-source-${this.sourceId}-night-${this.#night}.xml`,
    )
    const datetime = new Date(this.#now().getTime() - 60_000).toISOString().slice(0, 19)
    writeFileSync(
      file,
      typeof delivery === 'string' || delivery instanceof Uint8Array
        ? delivery
        : deliveryText({ datetime, ...delivery }),
    )
    return {
      database: this.database,
      siteId: this.siteId,
      sourceId: this.sourceId,
      file,
      deliveriesFolder: path.join(folder, 'deliveries'),
      limits: DEFAULT_READ_LIMITS,
      sender: 'test',
      channel: this.#channel,
      dryRun: false,
      acceptOlder: false,
      now: () => this.#now(),
      onProgress: () => {},
    }
  }
}

function lines(numbers: ReadonlyMap<string, number>): string[] {
  return [...numbers].map(([what, n]) => `${what}: ${n}`).toSorted()
}
