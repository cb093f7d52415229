import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after } from 'node:test'
import type { Mode } from '../../src/change/waiting.ts'
import { DEFAULT_READ_LIMITS } from '../../src/ims/limits.ts'
import type { DryRun, ImportRequest } from '../../src/import/contract.ts'
import { releasePlan } from '../../src/import/decide.ts'
import type { RunReport } from '../../src/import/report.ts'
import { importDelivery, planDelivery } from '../../src/import/run.ts'
import type { Database } from '../../src/store/connect.ts'
import { createSite, setSource, sourceNamed } from '../../src/store/sites.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'rollcall-import-'))
after(() => rmSync(folder, { recursive: true }))

/** As wide as an operator may set them; what is held even so is released. */
const WIDE_LIMITS = {
  'persons.removed': { percent: 25, floor: 50 },
  'persons.updated': { percent: 80, floor: 50 },
  'persons.added': { percent: 100, floor: 500 },
  'persons.removed.school': { percent: 25, floor: 50 },
  'persons.added.school': { percent: 100, floor: 500 },
  'groups.removed': { percent: 60, floor: 50 },
  'groups.updated': { percent: 80, floor: 50 },
  'courses.archived': { percent: 60, floor: 50 },
  'memberships.removed': { percent: 60, floor: 50 },
  'memberships.removed.school': { percent: 60, floor: 50 },
  'memberships.updated': { percent: 80, floor: 50 },
  'persons.removed.week': { percent: 25, floor: 50 },
  'groups.removed.week': { percent: 60, floor: 50 },
  'memberships.removed.week': { percent: 60, floor: 50 },
} as const

/** A site of a test's own, and what can be sent to it. */
export interface TestSite {
  readonly database: Database
  readonly siteId: number
  readonly sourceId: number
  /** Where its deliveries are kept. */
  readonly deliveriesFolder: string
  /** Imports a delivery as it is: a held plan waits. */
  send(delivery: string | Uint8Array): Promise<RunReport>
  /** Imports a delivery and releases its plan if the filter holds it. */
  deliver(delivery: string | Uint8Array): Promise<RunReport>
  /** Releases a plan that waits. */
  release(run: number, withoutRemovals?: boolean): Promise<RunReport>
  /** How a delivery is imported, or with `dryRun` planned. */
  request(delivery: string | Uint8Array, dryRun: boolean): ImportRequest
  /** What importing a delivery would do, with all changes. */
  plan(delivery: string | Uint8Array): Promise<DryRun>
  setRules(rules: string): Promise<void>
  /** Sets what of a plan is applied at once. */
  setMode(mode: Mode, delayStaff?: boolean): Promise<void>
}

const NIGHT = Date.UTC(2026, 8, 1, 2)
let sites = 0

/** @param limits `wide` unless a test is about the safety filter. */
export async function makeSite(
  database: Database,
  { rules, limits = 'wide' }: { readonly rules?: string; readonly limits?: 'wide' | 'normal' } = {},
): Promise<TestSite> {
  const { id: siteId } = await createSite(database, `Site ${process.pid} ${++sites}`)
  const { id: sourceId } = await sourceNamed(database, siteId, 'default')
  const file = path.join(folder, `${siteId}.xml`)
  const deliveriesFolder = path.join(folder, 'deliveries')
  const change = async (settings: Parameters<typeof setSource>[3]): Promise<void> =>
    setSource(database, siteId, await sourceNamed(database, siteId, 'default'), settings)
  await change({
    ...(rules === undefined ? {} : { rules }),
    ...(limits === 'wide' ? { limits: WIDE_LIMITS } : {}),
  })
  const request = (delivery: string | Uint8Array, dryRun: boolean): ImportRequest => {
    writeFileSync(file, delivery)
    return {
      database,
      siteId,
      sourceId,
      file,
      deliveriesFolder,
      limits: DEFAULT_READ_LIMITS,
      sender: 'test',
      channel: 'command line',
      dryRun,
      acceptOlder: true,
      now: () => new Date(NIGHT),
      onProgress: () => {},
    }
  }
  const send = (delivery: string | Uint8Array): Promise<RunReport> =>
    importDelivery(request(delivery, false))
  const release = (run: number, withoutRemovals = false): Promise<RunReport> =>
    releasePlan({
      database,
      siteId,
      run,
      sender: 'test',
      now: () => new Date(NIGHT),
      withoutRemovals,
      consulted: 'head of school',
    })
  return {
    database,
    siteId,
    sourceId,
    deliveriesFolder: path.join(deliveriesFolder, String(siteId)),
    send,
    request,
    release,
    async deliver(delivery) {
      const report = await send(delivery)
      return report.outcome === 'held' ? release(report.run) : report
    },
    plan: (delivery) => planDelivery(request(delivery, true), { limit: 1_000_000, offset: 0 }),
    setRules: (text) => change({ rules: text }),
    setMode: (mode, delayStaff = false) => change({ mode: { mode }, delayStaff }),
  }
}
