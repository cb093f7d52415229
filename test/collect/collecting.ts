/** A site whose source has a collector, and how a test runs it. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after } from 'node:test'
import {
  type Collected,
  type CollectorRun,
  collectOnce,
  testCollector,
} from '../../src/collect/run.ts'
import type { Programs } from '../../src/collect/programs.ts'
import { publicOnly } from '../../src/collect/reach.ts'
import { type CollectorSet, type CollectorSetting, setCollector } from '../../src/collect/set.ts'
import { arrivingFolder, importArrival } from '../../src/import/arrivals.ts'
import type { RunReport } from '../../src/import/report.ts'
import { DEFAULT_READ_LIMITS } from '../../src/ims/limits.ts'
import { type Arrival, waitingArrivals } from '../../src/store/arrivals.ts'
import { collectorOf, type StoredCollector } from '../../src/store/collectors.ts'
import type { Database } from '../../src/store/connect.ts'
import { type StoredEvent, untoldEvents } from '../../src/store/events.ts'
import { type Sealing, sealing } from '../../src/store/sealed.ts'
import { sourceNamed } from '../../src/store/sites.ts'
import { makeSite } from '../import/site.ts'

export const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-collect-'))
fs.chmodSync(folder, 0o711)
after(() => fs.rmSync(folder, { recursive: true, force: true }))

export interface Collecting {
  readonly siteId: number
  readonly sealing: Sealing
  /** Everything that was said, step by step, of the last run or test. */
  readonly said: string[]
  set(change: CollectorSetting): Promise<CollectorSet>
  stored(): Promise<StoredCollector | undefined>
  fetch(more?: Partial<CollectorRun>): Promise<Collected>
  test(more?: Partial<CollectorRun>): Promise<void>
  run(more?: Partial<CollectorRun>): Promise<CollectorRun>
  waiting(): Promise<Arrival[]>
  /** Text of the deliveries that wait, in order. */
  texts(): Promise<string[]>
  events(): Promise<StoredEvent[]>
  import(arrivalId: number): Promise<RunReport | undefined>
  /** Names in the folder in which deliveries come together. */
  arriving(): string[]
}

export async function collecting(
  database: Database,
  options: { readonly rules?: string; readonly programs?: Programs } = {},
): Promise<Collecting> {
  const site = await makeSite(database, options)
  const { siteId, sourceId, deliveriesFolder } = site
  const sealed = sealing({ key: undefined, keyFile: path.join(folder, 'key') })
  const said: string[] = []
  const now = (): Date => new Date()
  const run = async (more: Partial<CollectorRun> = {}): Promise<CollectorRun> => {
    said.length = 0
    return {
      database,
      site: { id: siteId, name: 'School' },
      source: await sourceNamed(database, siteId, 'default'),
      deliveriesFolder,
      sealing: sealed,
      programs: options.programs ?? new Map(),
      reachOverApi: publicOnly,
      now,
      wait: () => Promise.resolve(),
      say: (step, words) => void said.push(`${step}: ${words}`),
      ...more,
    }
  }
  const waiting = (): Promise<Arrival[]> =>
    database.site(siteId, (session) => waitingArrivals(session, siteId))
  return {
    siteId,
    sealing: sealed,
    said,
    set: (change) => setCollector(database, sealed, siteId, sourceId, change, now()),
    stored: () => database.site(siteId, (session) => collectorOf(session, siteId, sourceId)),
    fetch: async (more) => collectOnce(await run(more)),
    test: async (more) => testCollector(await run(more)),
    run,
    waiting,
    texts: async () =>
      (await waiting()).map((arrival) =>
        fs.readFileSync(path.join(deliveriesFolder, arrival.path), 'utf8'),
      ),
    events: () => database.site(siteId, (session) => untoldEvents(session, siteId, 100)),
    import: (arrivalId) =>
      importArrival({
        database,
        siteId,
        arrivalId,
        deliveriesFolder,
        limits: DEFAULT_READ_LIMITS,
        now,
        onProgress() {},
      }),
    arriving: () => fs.readdirSync(arrivingFolder(deliveriesFolder, siteId)),
  }
}
