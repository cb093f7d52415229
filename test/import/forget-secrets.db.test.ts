import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { retain } from '../../src/erasure/retention.ts'
import { SECRET_DAYS_MAX } from '../../src/import/forget-secrets.ts'
import { importDelivery } from '../../src/import/run.ts'
import { DEFAULT_READ_LIMITS } from '../../src/ims/limits.ts'
import { nights, openNights } from './nights.ts'

await openNights()
const folder = mkdtempSync(path.join(tmpdir(), 'rollcall-secrets-'))
after(() => rmSync(folder, { recursive: true }))

const delivery = (userid: string): string =>
  `<enterprise><properties><datasource>s</datasource></properties><person><sourcedid><source>s</source>
   <id>P1</id></sourcedid>${userid}<name><fn>Mild Bark</fn></name></person></enterprise>`
const SECRET = delivery('<userid password="a word">mild</userid>')
const PLAIN = delivery('<userid>mild</userid>')

async function site(): Promise<{
  readonly import: (text: string, day: number) => Promise<void>
  readonly retain: (day: number) => Promise<unknown>
  readonly kept: () => number
}> {
  const { database, siteId, sourceId } = await nights()
  const deliveriesFolder = path.join(folder, String(siteId))
  const file = path.join(folder, 'tonight.xml')
  return {
    import: async (text, day) => {
      writeFileSync(file, text)
      await importDelivery({
        database,
        siteId,
        sourceId,
        deliveriesFolder,
        file,
        sender: 'test',
        channel: 'command line',
        limits: DEFAULT_READ_LIMITS,
        acceptOlder: false,
        dryRun: false,
        now: () => new Date(Date.UTC(2026, 8, day, 2)),
        onProgress: () => {},
      })
    },
    retain: (day) =>
      retain({
        database,
        siteId,
        deliveriesFolder,
        limits: DEFAULT_READ_LIMITS,
        sender: 'test',
        dryRun: false,
        now: () => new Date(Date.UTC(2026, 8, day, 2)),
      }),
    kept: () => readdirSync(path.join(deliveriesFolder, String(siteId))).length,
  }
}

test('a delivery with passwords is kept for a week, and deleted by the first import after it', async () => {
  const { import: run, kept } = await site()
  await run(SECRET, 1)
  await run(PLAIN, 1 + SECRET_DAYS_MAX)
  assert.equal(kept(), 2)
  await run(PLAIN, 2 + SECRET_DAYS_MAX)
  assert.equal(kept(), 1)
})

test('where no import comes, the daily retention deletes it', async () => {
  const { import: run, retain: retainOn, kept } = await site()
  await run(SECRET, 1)
  await retainOn(1 + SECRET_DAYS_MAX)
  assert.equal(kept(), 1)
  await retainOn(2 + SECRET_DAYS_MAX)
  assert.equal(kept(), 0)
})

test('a delivery without passwords is kept', async () => {
  const { import: run, kept } = await site()
  await run(PLAIN, 1)
  await run(SECRET, 29)
  assert.equal(kept(), 2)
})

test('a delivery with passwords that is sent again after it was deleted is kept for a week again', async () => {
  const { import: run, kept } = await site()
  await run(SECRET, 1)
  await run(SECRET, 20)
  assert.equal(kept(), 1)
  await run(PLAIN, 21)
  assert.equal(kept(), 2)
})
