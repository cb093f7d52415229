import assert from 'node:assert/strict'
import { test } from 'node:test'
import { insertAnnouncement, listAnnouncements } from '../../src/store/announcements.ts'
import { forgetInJudgement } from '../../src/store/erasure-traces.ts'
import { pairsOfRun } from '../../src/store/suspected-pairs.ts'
import { type DeliverySpec, keys } from '../import/deliveries.ts'
import { nights, openNights } from '../import/nights.ts'

await openNights()

test('suspected pairs of somebody erased go, and a reason that quotes him is emptied', async () => {
  const site = await nights()
  const born = { name: 'Anna Berg', birthDate: '2012-03-04' }
  const one = { name: 'Bo Lund', birthDate: '2012-03-05' }
  const night = (prefix: string): DeliverySpec => ({
    persons: [...keys('P', 300), { ...born, key: `${prefix}1` }, { ...one, key: `${prefix}2` }],
    groups: ['G1'],
  })
  await site.apply(night('A'))
  const { run } = await site.apply(night('B'))
  await site.database.site(site.siteId, async (session) => {
    assert.equal((await pairsOfRun(session, site.siteId, run)).length, 2)
    for (const reason of ['Anna Berg moves', 'a school moves']) {
      await insertAnnouncement(session, site.siteId, {
        sourceId: site.sourceId,
        schools: null,
        ceilings: { 'persons.removed': 3 },
        reason,
        madeBy: 'test',
        madeAt: '2026-09-01T00:00:00Z',
        until: '2026-09-03T00:00:00Z',
      })
    }
    const traces = { values: ['Anna Berg'], inText: 'Anna Berg', inJson: 'Anna Berg' }
    await forgetInJudgement(session, site.siteId, ['A1'], traces)
    const pairs = await pairsOfRun(session, site.siteId, run)
    assert.deepEqual(
      pairs.map(({ oldKey, newKey }) => [oldKey, newKey]),
      [['A2', 'B2']],
    )
    const reasons = (await listAnnouncements(session, site.siteId)).map(({ reason }) => reason)
    assert.deepEqual(reasons, ['a school moves', '(erased)'])
  })
})
