import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { DEFAULT_READ_LIMITS } from '../../src/ims/limits.ts'
import { importDelivery } from '../../src/import/run.ts'
import type { RunReport } from '../../src/import/report.ts'
import { retentionIsDue } from '../../src/store/kept-deliveries.ts'
import { createSite } from '../../src/store/sites.ts'
import { testDatabase } from '../database.ts'
import { deliveryText, type DeliverySpec } from './deliveries.ts'
import { assertSound } from './invariants.ts'

const { database } = await testDatabase()
const folder = mkdtempSync(path.join(os.tmpdir(), 'rollcall-clock-'))
after(() => rmSync(folder, { recursive: true }))

const HOUR_MS = 3_600_000
const TONIGHT = Date.UTC(2026, 8, 2, 2)
const MONDAY: DeliverySpec = { persons: ['P1', 'P2'], groups: [{ key: 'S1', type: 'School' }] }
const TUESDAY: DeliverySpec = { persons: ['P1', 'P3'], groups: [{ key: 'S1', type: 'School' }] }

/** Imports at what the clock says: the first number when the run begins, and so on; the last one to its end. */
async function importAt(
  siteId: number,
  spec: DeliverySpec,
  clock: readonly number[],
  disturb: () => void = () => {},
): Promise<RunReport> {
  const file = path.join(folder, 'delivery.xml')
  writeFileSync(file, deliveryText(spec))
  let asked = 0
  return importDelivery({
    database,
    siteId,
    sourceId: 1,
    file,
    deliveriesFolder: folder,
    limits: DEFAULT_READ_LIMITS,
    sender: 'test',
    channel: 'command line',
    dryRun: false,
    acceptOlder: false,
    now: () => new Date(clock[Math.min(asked++, clock.length - 1)] ?? 0),
    onProgress: ({ step }) => {
      if (step === 'compare') disturb()
    },
  })
}

const activeKeys = (siteId: number): Promise<string> =>
  database.site(siteId, async (session) => {
    const rows = await session.query<{ key: string }>(
      `select key from persons where site_id = $1 and state = 'active' order by key`,
      [siteId],
    )
    return rows.map(({ key }) => key).join(' ')
  })

test('a clock that was set back a year between two runs changes nothing of what they do', async () => {
  const { id: siteId } = await createSite(database, 'set back between')
  await importAt(siteId, MONDAY, [TONIGHT])
  const { outcome } = await importAt(siteId, TUESDAY, [TONIGHT - 365 * 24 * HOUR_MS])
  assert.equal(outcome, 'applied')
  assert.equal(await activeKeys(siteId), 'P1 P3')
  await assertSound({ database, siteId, sourceId: 1 })
})

test('a clock that is set back during a run changes nothing of what it does', async () => {
  const { id: siteId } = await createSite(database, 'set back during')
  await importAt(siteId, MONDAY, [TONIGHT])
  const { outcome } = await importAt(siteId, TUESDAY, [TONIGHT, TONIGHT - 48 * HOUR_MS])
  assert.equal(outcome, 'applied')
  assert.equal(await activeKeys(siteId), 'P1 P3')
  await assertSound({ database, siteId, sourceId: 1 })
})

test('periods of retention are applied once a day, also after a clock that was a year ahead', async () => {
  const { id: siteId } = await createSite(database, 'ahead')
  const isDueAt = (hours: number): Promise<boolean> =>
    database.site(siteId, (session) =>
      retentionIsDue(session, siteId, new Date(TONIGHT + hours * HOUR_MS).toISOString()),
    )
  assert.equal(await isDueAt(365 * 24), true)
  assert.equal(await isDueAt(0), true)
  assert.equal(await isDueAt(1), false)
  assert.equal(await isDueAt(24), true)
})

test('a delivery whose run broke off after its bytes were kept is removed by the next run', async () => {
  const { id: siteId } = await createSite(database, 'broke off')
  const kept = (): string[] => readdirSync(path.join(folder, String(siteId))).toSorted()
  await importAt(siteId, MONDAY, [TONIGHT])
  const before = kept()
  await assert.rejects(
    importAt(siteId, TUESDAY, [TONIGHT], () => {
      throw new Error('broken off')
    }),
  )
  assert.equal(kept().length, before.length + 2, 'the delivery, and the note that nobody has it')
  await importAt(siteId, MONDAY, [TONIGHT])
  assert.deepEqual(kept(), before)
})
