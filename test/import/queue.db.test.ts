import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { describe, test } from 'node:test'
import type { RunReport } from '../../src/import/report.ts'
import { heldChanges } from '../../src/import/shown-changes.ts'
import { sourceNamed } from '../../src/store/sites.ts'
import type { DeliverySpec, ListSpec, MemberSpec } from './deliveries.ts'
import { nights, openNights, type Nights } from './nights.ts'

await openNights()

/** Any removal of a membership is held, nothing else is. */
const OPEN = { percent: 100, floor: 1000 }
const HELD = {
  'persons.removed': OPEN,
  'persons.removed.school': OPEN,
  'persons.updated': OPEN,
  'memberships.updated': OPEN,
  'memberships.removed.school': OPEN,
  'memberships.removed': { percent: 1, floor: 0 },
}
const members = (...keys: readonly (string | MemberSpec)[]): readonly ListSpec[] => [
  { group: 'G1', members: keys },
]
const FULL: DeliverySpec = {
  persons: ['P1', 'P2', 'P3'],
  groups: ['G1'],
  lists: members('P1', 'P2'),
}
const leaves = (key: string): DeliverySpec => ({
  type: 'delta',
  lists: members({ key, recstatus: 3 }),
})
const joins = (key: string): DeliverySpec => ({ type: 'delta', lists: members(key) })
const called = (name: string): DeliverySpec => ({ type: 'delta', persons: [{ key: 'P1', name }] })

async function started(): Promise<Nights> {
  const site = await nights({ limits: HELD })
  await site.apply(FULL)
  return site
}

async function sourceOf(site: Nights): ReturnType<typeof sourceNamed> {
  return sourceNamed(site.database, site.siteId, 'default')
}

const outcomes = ({ queue }: RunReport): unknown => queue?.map(({ outcome }) => outcome)

describe('deliveries that say only what changed', () => {
  test('wait behind one that is held, and follow in order when it is released', async () => {
    const site = await started()
    const held = await site.hold(leaves('P2'))
    const first = await site.import(called('First'))
    assert.equal(first.outcome, 'queued')
    await site.import(called('Second'))
    await site.import(joins('P3'))
    assert.equal((await sourceOf(site)).queued, 3)
    const report = await site.release(held.run)
    assert.deepEqual(outcomes(report), ['applied', 'applied', 'applied'])
    assert.equal((await site.person('P1'))?.fields['name'], 'Second')
    assert.deepEqual(await site.memberships(), ['G1 P1 learner', 'G1 P3 learner'])
    assert.deepEqual(await site.states(), ['applied', 'released', 'applied', 'applied', 'applied'])
    assert.equal((await sourceOf(site)).needsFull, null)
  })

  test('stop again at the next one that is held', async () => {
    const site = await started()
    const held = await site.hold(leaves('P2'))
    await site.import(leaves('P1'))
    await site.import(called('Later'))
    const report = await site.release(held.run)
    assert.deepEqual(outcomes(report), ['held'])
    assert.notEqual((await site.person('P1'))?.fields['name'], 'Later')
    await site.release(held.run + 1)
    assert.equal((await site.person('P1'))?.fields['name'], 'Later')
    assert.deepEqual(await site.memberships(), [])
  })

  test('go on after one that was rejected, and the source needs a full delivery until one is applied', async () => {
    const site = await started()
    const held = await site.hold(leaves('P2'))
    await site.import(joins('P3'))
    const rejected = await site.reject(held.run)
    assert.deepEqual(outcomes(rejected), ['applied'])
    assert.equal(rejected.needsFull?.run, held.run)
    const later = await site.apply(called('Later'))
    assert.equal(later.needsFull?.run, held.run)
    assert.equal((await sourceOf(site)).needsFull?.run, held.run)
    const full = await site.apply({
      ...FULL,
      persons: [{ key: 'P1', name: 'Later' }, 'P2', 'P3'],
      lists: members('P1', 'P2', 'P3'),
    })
    assert.equal(full.needsFull, undefined)
    assert.equal((await sourceOf(site)).needsFull, null)
  })

  test('that one of them is missed is put right by the next full one', async () => {
    const site = await started()
    await site.set({ limits: { ...HELD, 'memberships.removed': OPEN } })
    // The delta that says P2 left never comes.
    await site.apply(called('Later'))
    assert.deepEqual(await site.persons(), ['P1', 'P2', 'P3'])
    await site.apply({
      persons: [{ key: 'P1', name: 'Later' }, 'P3'],
      groups: ['G1'],
      lists: members('P1'),
    })
    assert.deepEqual(await site.persons(), ['P1', 'P3'])
    assert.deepEqual(await site.memberships(), ['G1 P1 learner'])
  })

  test('a full one waits in the same line, and is no longer in the way of the one that is held', async () => {
    const site = await started()
    const held = await site.hold(leaves('P2'))
    const full = await site.import({ ...FULL, lists: members('P1', 'P3') })
    assert.equal(full.outcome, 'queued')
    const report = await site.release(held.run)
    assert.deepEqual(outcomes(report), ['applied'])
    assert.deepEqual(await site.memberships(), ['G1 P1 learner', 'G1 P3 learner'])
  })

  test('wait behind a full one that is held; a newer full one takes its place and comes last', async () => {
    const site = await started()
    await site.hold({ ...FULL, lists: members('P1') })
    assert.equal((await site.import(joins('P3'))).outcome, 'queued')
    const last = await site.import({ ...FULL, lists: members('P1', 'P2', 'P3') })
    assert.equal(last.outcome, 'applied')
    assert.deepEqual(await site.states(), ['applied', 'superseded', 'applied', 'applied'])
    assert.equal((await site.memberships()).length, 3)
  })

  test('a line that broke off goes on with the next delivery, in order', async () => {
    const site = await started()
    const held = await site.hold(leaves('P2'))
    await site.import(called('First'))
    // As a crash between the decision and the line leaves it.
    await site.query(`update runs set state = 'rejected' where site_id = $1 and run_id = $2`, [
      held.run,
    ])
    await site.query('delete from plan_blocks where site_id = $1')
    const next = await site.import(called('Second'))
    assert.equal(next.outcome, 'applied')
    assert.deepEqual(await site.states(), ['applied', 'rejected', 'applied', 'applied'])
    assert.equal((await site.person('P1'))?.fields['name'], 'Second')
  })

  test('one whose bytes are gone is passed over, and a full one is needed', async () => {
    const site = await started()
    const held = await site.hold(leaves('P2'))
    const lost = await site.import(called('Lost'))
    await site.import(joins('P3'))
    rmSync(site.kept(`${site.siteId}/${lost.delivery.sha256}.xml.zst`))
    const report = await site.release(held.run)
    assert.deepEqual(outcomes(report), ['failed', 'applied'])
    assert.equal((await sourceOf(site)).needsFull?.run, lost.run)
  })

  test('under a mode what waits of one needs a full delivery', async () => {
    const site = await nights({ limits: { ...HELD, 'memberships.removed': OPEN } })
    await site.apply(FULL)
    await site.set({ delay: { mode: 'additions-and-updates' } })
    const report = await site.apply(leaves('P2'))
    assert.deepEqual(await site.waiting(), ['remove membership P2 in G1'])
    assert.equal((await sourceOf(site)).needsFull?.run, report.run)
    await assert.rejects(site.letThrough({ key: 'P2' }), { code: 'ERR_DELIVERY_GONE' })
    await site.set({ delay: { mode: 'everything' } })
    await site.apply({ ...FULL, lists: members('P1') })
    assert.deepEqual(await site.memberships(), ['G1 P1 learner'])
    assert.deepEqual(await site.waiting(), [])
  })
})

describe('a pause', () => {
  test('keeps what comes; on resume the newest full one is imported, and every other in order', async () => {
    const site = await started()
    await site.set({ limits: { ...HELD, 'memberships.removed': OPEN } })
    await site.pause()
    const before = await site.everything()
    const reports = [
      await site.import(called('Before')),
      await site.import({ ...FULL, lists: members('P1') }),
      await site.import({ ...FULL, lists: members('P2') }),
      await site.import(joins('P3')),
    ]
    assert.deepEqual(
      reports.map(({ outcome }) => outcome),
      ['paused', 'paused', 'paused', 'paused'],
    )
    assert.deepEqual(await site.everything(), before)
    const dry = await site.resume(true)
    assert.deepEqual([dry.next.length, dry.older.length, dry.reports.length], [3, 1, 0])
    assert.equal((await sourceOf(site)).paused, 4)
    const { reports: done } = await site.resume()
    assert.deepEqual(
      done.map(({ run, outcome }) => [run, outcome]),
      [reports[0], reports[2], reports[3]].map((report) => [report?.run, 'applied']),
    )
    assert.deepEqual(await site.memberships(), ['G1 P2 learner', 'G1 P3 learner'])
    assert.deepEqual(await site.states(), [
      'applied',
      'applied',
      'superseded',
      'applied',
      'applied',
    ])
    assert.equal((await site.apply(called('After'))).outcome, 'applied')
  })

  test('ends behind its last day with the first delivery after it', async () => {
    const site = await started()
    await site.pause('2026-09-03')
    assert.equal((await site.import(called('Second'))).outcome, 'paused')
    assert.equal((await site.import(joins('P3'))).outcome, 'paused')
    const after = await site.import(called('Fourth'))
    assert.equal(after.outcome, 'applied')
    assert.equal((await site.person('P1'))?.fields['name'], 'Fourth')
    assert.ok((await site.memberships()).includes('G1 P3 learner'))
    assert.equal((await sourceOf(site)).settings.pause, undefined)
  })

  test('refuses at once what cannot be used', async () => {
    const site = await started()
    await site.pause()
    assert.equal((await site.import('<enterprise>')).outcome, 'refused')
  })
})

describe('a source that is observed', () => {
  test('plans, judges and reports, and neither applies nor holds', async () => {
    const site = await nights({ limits: HELD })
    await site.observe(true)
    const first = await site.import(FULL)
    const second = await site.import({ ...FULL, persons: ['P1', 'P2', 'P3', 'P4'] })
    assert.deepEqual([first.outcome, second.outcome], ['observed', 'observed'])
    assert.deepEqual([first.tallies.person.added, second.tallies.person.added], [3, 4])
    assert.deepEqual(await site.persons(), [])
    const changesOf = (run: number): Promise<{ readonly total: number | undefined }> =>
      site.database.site(site.siteId, (session) =>
        heldChanges(session, site.siteId, run, { limit: 0, offset: 0 }),
      )
    assert.equal((await changesOf(second.run)).total, second.tallies.person.added + 1 + 2)
    assert.equal((await changesOf(first.run)).total, 0)
  })

  test('going live, its next delivery is held for review, and then nothing is', async () => {
    const site = await nights({ limits: HELD })
    await site.observe(true)
    await site.import(FULL)
    await site.observe(false)
    assert.equal((await sourceOf(site)).reviewNext, true)
    const held = await site.hold(FULL)
    assert.ok(held.findings.some(({ code, holds }) => code === 'FIRST_DELIVERY' && holds))
    await site.reject(held.run)
    const again = await site.hold(FULL)
    await site.release(again.run)
    assert.deepEqual(await site.persons(), ['P1', 'P2', 'P3'])
    assert.equal((await sourceOf(site)).reviewNext, false)
    await site.apply({ ...FULL, persons: ['P1', 'P2', 'P3', 'P4'] })
  })
})
