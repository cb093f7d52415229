import assert from 'node:assert/strict'
import { test } from 'node:test'
import { siteById, sourceNamed } from '../../src/store/sites.ts'
import { testDatabase } from '../database.ts'
import { makeSite } from '../import/site.ts'
import { startService } from './service.ts'

const { database } = await testDatabase()
const site = await makeSite(database, { limits: 'normal' })
const service = await startService(database, site.deliveriesFolder)
const name = (await siteById(database, site.siteId))?.name ?? ''
const at = `/api/sites/${encodeURIComponent(name)}`
const token = await service.token(site, ['read', 'administer'])
const operator = await service.token(0, ['administer'])

const settings = async (): Promise<object> =>
  (await siteById(database, site.siteId))?.settings ?? {}
const set = (change: object, where = '', by = token): ReturnType<typeof service.call> =>
  service.call(by, 'PATCH', `${at}${where}`, change)

test('a site has its settings as they are given, and keeps the others', async () => {
  const change = {
    parts: { register: true },
    language: 'nb',
    timeZone: 'Europe/Oslo',
    twoPersonRelease: true,
    holidays: ['2027-05-17', '2026-12-24', '2026-12-24'],
    quarantine: 45,
    keepDeliveries: 20,
    limits: { 'persons.removed': { percent: 4 } },
  }
  assert.equal((await set(change)).status, 200)
  assert.equal((await set({ parts: { portal: true }, keepBin: 90 })).status, 200)
  assert.deepEqual(await settings(), {
    ...change,
    parts: { register: true, portal: true },
    holidays: ['2026-12-24', '2027-05-17'],
    keepBin: 90,
  })
  await set({ defaultLimits: ['persons.removed'], holidays: [] })
  const after = await settings()
  assert.ok(!('limits' in after))
  assert.deepEqual((after as { holidays: unknown }).holidays, [])
})

test('a setting that is none, or out of its bounds, changes nothing', async () => {
  const before = await settings()
  for (const change of [
    { timeZone: 'Europe/Nowhere' },
    { holidays: ['2027-02-30'] },
    { parts: { kitchen: true } },
    { language: 'xx' },
    { quarantine: 0 },
    { keepDeliveries: null },
    { defaultLimits: ['persons.lost'] },
  ]) {
    assert.equal((await set(change)).status, 422, JSON.stringify(change))
  }
  assert.deepEqual(await settings(), before)
})

test('two persons for a release are switched off by nobody who would then be the one', async () => {
  const off = { twoPersonRelease: false }
  const { status, body } = await set(off)
  assert.deepEqual([status, body['code']], [403, 'ERR_NOT_ALLOWED'])
  assert.equal((await set(off, '', operator)).status, 200)
})

test('a source is told when its deliveries come, and when they are imported', async () => {
  const source = async (): Promise<object> =>
    (await sourceNamed(database, site.siteId, 'default')).settings
  const began = new Date().toISOString()
  const times = { schedule: ['14:00', '02:30', '14:00'], expect: { at: '02:00', weekdays: [5, 1] } }
  assert.equal((await set(times, '/sources/default')).status, 200)
  const { schedule, expect } = (await source()) as {
    schedule: unknown
    expect: { since: string }
  }
  const { since, ...rest } = expect
  assert.deepEqual(
    [schedule, rest],
    [['02:30', '14:00'], { at: '02:00', graceMinutes: 60, weekdays: [1, 5] }],
  )
  assert.ok(since >= began)
  for (const wrong of [
    { schedule: ['24:00'] },
    { schedule: [] },
    { expect: { at: '2' } },
    { expect: { at: '02:00', weekdays: [8] } },
    { watch: { folder: '/etc' } },
  ]) {
    assert.equal((await set(wrong, '/sources/default')).status, 422, JSON.stringify(wrong))
  }
  assert.equal((await set({ schedule: 'by hand', expect: null }, '/sources/default')).status, 200)
  assert.deepEqual(await source(), { limits: {}, schedule: 'by hand' })
})
