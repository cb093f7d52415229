import assert from 'node:assert/strict'
import test from 'node:test'
import { counts, countRoster } from '../../../src/store/counts.ts'
import { type DeliverySpec, deliveryText } from '../deliveries.ts'
import { type Nights, nights, openNights } from '../nights.ts'
import { UNJUDGED } from './unjudged.ts'

await openNights()

/** A site with two sources; delivering to one releases what is held, and leaves the numbers of both right. */
async function twoSources(): Promise<{
  readonly site: Nights
  readonly deliver: (source: 1 | 2, delivery: DeliverySpec) => Promise<readonly string[]>
}> {
  const site = await nights({ limits: UNJUDGED })
  const second = await site.source('second')
  return {
    site,
    async deliver(source, delivery) {
      const to = source === 1 ? site : second
      const report = await to.import(deliveryText(delivery))
      if (report.outcome === 'held') await to.release(report.run)
      await site.database.site(site.siteId, async (session) => {
        for (const id of [1, 2]) {
          const counted = await countRoster(session, site.siteId, id)
          assert.deepEqual(await counts(session, site.siteId, id), counted, `source ${id}`)
        }
      })
      return site.problems(report.run)
    },
  }
}

test('a second source neither takes from the first what it does not send, nor what it sends too', async () => {
  const { site, deliver } = await twoSources()
  await deliver(1, {
    persons: ['P1'],
    groups: ['G1'],
    lists: [{ group: 'G1', members: ['P1'] }],
  })
  const second = {
    persons: ['Q1', 'P1'],
    groups: ['H1', 'G1'],
    lists: [
      { group: 'H1', members: ['Q1'] },
      { group: 'G1', members: ['Q1'] },
    ],
  }
  assert.deepEqual(await deliver(2, second), [])
  assert.deepEqual(await site.memberships(), ['G1 P1 learner', 'G1 Q1 learner', 'H1 Q1 learner'])
  await deliver(2, { persons: ['Q1'], groups: ['H1'] })
  assert.deepEqual(await site.persons(), ['P1', 'Q1'])
  assert.deepEqual(await site.memberships(), ['G1 P1 learner'])
})

test('a school that leaves with one source lets go of the groups of another, and the numbers of both hold', async () => {
  const { site, deliver } = await twoSources()
  const members = (...keys: string[]): DeliverySpec => ({
    persons: keys,
    groups: [{ key: 'H1', parent: 'S1' }],
    lists: [{ group: 'H1', members: keys }],
  })
  await deliver(1, { persons: ['P1'], groups: [{ key: 'S1', type: 'School' }, 'G1'] })
  await deliver(2, members('Q1', 'Q2'))
  assert.equal(await site.schoolOf('H1'), 'S1')
  await deliver(1, { persons: ['P1'], groups: ['G1'] })
  assert.equal(await site.schoolOf('H1'), null)
  await deliver(2, members('Q1'))
  assert.deepEqual(await site.memberships(), ['H1 Q1 learner'])
})

test('a group is not given the key of another source’s group', async () => {
  const { site, deliver } = await twoSources()
  await deliver(1, { groups: ['G1', 'G2'] })
  await deliver(2, { groups: ['H1', 'H2'] })
  assert.deepEqual(await deliver(1, { groups: ['G2', { key: 'H1', old: 'G1' }] }), [
    'REKEY_CONFLICT',
  ])
  assert.deepEqual(await site.tree(), ['G1 < site', 'G2 < site', 'H1 < site', 'H2 < site'])
})
