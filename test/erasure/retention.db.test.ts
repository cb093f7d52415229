import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import test from 'node:test'
import { undoRun } from '../../src/correction/undo.ts'
import { addMember } from '../../src/correction/members.ts'
import { restorePerson } from '../../src/correction/put-away.ts'
import { retain, type RetentionReport } from '../../src/erasure/retention.ts'
import { DEFAULT_READ_LIMITS } from '../../src/ims/limits.ts'
import { type PeriodSettings } from '../../src/roster/retention.ts'
import { retentionIsDue } from '../../src/store/kept-deliveries.ts'
import { setSite } from '../../src/store/sites.ts'
import { byTest } from '../correction/by-hand.ts'
import { type DeliverySpec, deliveryText, keys } from '../import/deliveries.ts'
import { assertSound } from '../import/invariants.ts'
import { type Nights, nights, openNights } from '../import/nights.ts'

await openNights()

const people = (extra: readonly string[], title = '7A'): DeliverySpec => ({
  persons: [...keys('P', 30), ...extra],
  groups: [{ key: 'G1', title }],
  lists: [{ group: 'G1', members: [...keys('P', 3), ...extra] }],
})

/** Nights of a site come a day apart, from the first of September 2026. */
const FIRST = Date.UTC(2026, 8, 1, 2)
const DAY = 24 * 60 * 60 * 1000

function retaining(site: Nights, day: number, dryRun = false): Promise<RetentionReport> {
  const { database, siteId } = site
  return retain({
    database,
    siteId,
    deliveriesFolder: site.kept(''),
    limits: DEFAULT_READ_LIMITS,
    sender: 'test',
    now: () => new Date(FIRST + day * DAY),
    dryRun,
  })
}

const kept = (site: Nights): number => readdirSync(site.kept(String(site.siteId))).length

test('a delivery goes after its period, but not the newest accepted one, nor one that waits', async () => {
  const site = await nights()
  await site.apply(people(['A1']))
  await site.apply(people(['A1'], '7B'))
  await site.hold({ persons: keys('P', 3) })
  assert.equal((await retaining(site, 29)).deliveries, 0)
  assert.deepEqual([(await retaining(site, 200, true)).deliveries, kept(site)], [1, 3])
  assert.deepEqual([(await retaining(site, 200)).deliveries, kept(site)], [1, 2])
  const rows = await site.query<{ path: string | null; sha256: string }>(
    'select path, sha256 from deliveries where site_id = $1 order by delivery_id',
  )
  assert.deepEqual(
    rows.map(({ path, sha256 }) => [path === null || !existsSync(site.kept(path)), sha256.length]),
    [
      [true, 64],
      [false, 64],
      [false, 64],
    ],
  )
})

test('bytes that were sent again are as old as when they came last', async () => {
  const site = await nights()
  const [one, two] = [deliveryText(people(['A1'])), deliveryText(people(['A1'], '7B'))]
  for (const night of [one, two, one]) await site.apply(night)
  await site.apply(people(['A1'], '7C'))
  assert.deepEqual([(await retaining(site, 31.5)).deliveries, kept(site)], [1, 2])
})

test('the journal goes after its period with the memberships that ended, runs and reports stay', async () => {
  const site = await nights()
  await setSite(site.database, site.siteId, { keepJournal: 30 })
  const first = await site.apply(people(['A1']))
  await addMember({ ...byTest(site), group: 'G1', person: 'P9', role: 'teacher' })
  await site.apply(people(['A1'], '7B'))
  await site.apply(people([], '7B'))
  const report = await retaining(site, 32)
  assert.equal(report.runs, 3)
  await assertSound(site)
  assert.deepEqual(await site.journal(first.run), [])
  const [row] = await site.query<{ report: { tallies: { person: { added: number } } } }>(
    'select report from runs where site_id = $1 and run_id = $2',
    [first.run],
  )
  assert.equal(row?.report.tallies.person.added, 31)
  await assert.rejects(undoRun({ ...byTest(site), run: first.run }), {
    code: 'ERR_NOT_UNDOABLE',
    message: `The journal of run ${first.run} was deleted: it is older than the site keeps it`,
  })

  assert.equal((await retaining(site, 100)).rows['memberships'], 0, 'he may come back to them')
  const again = await site.apply(people(['A1'], '7B'))
  assert.equal(again.tallies.person.added, 1)
  assert.ok((await site.memberships()).includes('G1 A1 learner'))
  assert.equal((await retaining(site, 200)).rows['memberships'], 0)
  assert.ok((await site.memberships()).includes('G1 P9 teacher'))
})

test('who comes back from the recycle bin after the journal has gone is a member by hand again', async () => {
  const site = await nights()
  await setSite(site.database, site.siteId, { keepJournal: 30 })
  await site.apply({ ...people(['A1']), groups: [{ key: 'G1' }, { key: 'G2' }] })
  await addMember({ ...byTest(site), group: 'G2', person: 'A1', role: 'guest' })
  await site.apply({ ...people([]), groups: [{ key: 'G1' }, { key: 'G2' }] })
  await retaining(site, 400)
  await restorePerson({ ...byTest(site), name: 'A1' })
  assert.ok((await site.memberships()).includes('G2 A1 guest'))
})

test('the recycle bin keeps persons for good, or for as long as the site says', async () => {
  const site = await nights()
  await site.apply(people(['A1', 'A2']))
  await site.apply(people(['A2']))
  await site.apply(people([]))
  assert.deepEqual((await retaining(site, 3000)).persons, [])
  await setSite(site.database, site.siteId, { keepBin: 40 })
  assert.deepEqual((await retaining(site, 41.5, true)).persons.length, 1)
  const { persons, purges } = await retaining(site, 41.5)
  assert.deepEqual([persons.length, purges.length], [1, 1])
  assert.deepEqual(await site.persons('binned'), ['A2'])
  assert.deepEqual((await retaining(site, 41.6)).purges, [])
  await assertSound(site)
})

test('once a day is enough', async () => {
  const site = await nights()
  const due = (hours: number): Promise<boolean> =>
    site.database.site(site.siteId, (session) =>
      retentionIsDue(session, site.siteId, new Date(FIRST + (hours * DAY) / 24).toISOString()),
    )
  assert.deepEqual(
    [await due(0), await due(1), await due(23.9), await due(24)],
    [true, false, true, false],
  )
})

test('periods out of bounds are refused, all of them named, and nothing is changed', async () => {
  const site = await nights()
  const set = (settings: PeriodSettings): Promise<void> =>
    setSite(site.database, site.siteId, settings)
  await assert.rejects(set({ keepDeliveries: 0, keepJournal: 29, quarantine: 366 }), {
    code: 'ERR_SETTING_OUT_OF_BOUNDS',
    message:
      'keep-deliveries: 0 is not a whole number of days from 1 to 365\n' +
      'keep-journal: 29 is not a whole number of days from 30 to 3650\n' +
      'quarantine: 366 is not a whole number of days from 1 to 365',
  })
  await assert.rejects(set({ keepBin: 29 }), /keep-bin: 29 days are fewer than the quarantine/)
  await set({ quarantine: 10 })
  await set({ keepBin: 29 })
  await assert.rejects(set({ quarantine: 60 }), /fewer than the quarantine of 60 days/)
  await set({ keepBin: null })
  await set({ quarantine: 60 })
})
