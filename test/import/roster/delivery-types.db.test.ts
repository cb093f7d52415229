import assert from 'node:assert/strict'
import test from 'node:test'
import type { DeliverySpec } from '../deliveries.ts'
import { nights, openNights } from '../nights.ts'

await openNights()

const full: DeliverySpec = {
  persons: ['P1', 'P2', 'P3'],
  groups: [
    { key: 'S1', type: 'School' },
    { key: 'A1', parent: 'S1' },
    { key: 'A2', parent: 'S1' },
  ],
  lists: [
    { group: 'A1', members: ['P1', 'P2', 'P3'] },
    { group: 'A2', members: ['P2'] },
  ],
}
const ALL = ['A1 P1 learner', 'A1 P2 learner', 'A1 P3 learner', 'A2 P2 learner']
const TYPES = ['delta', 'event'] as const

test('in a delta or event delivery absence means nothing', async () => {
  for (const type of TYPES) {
    const site = await nights()
    await site.apply(full)
    const report = await site.apply({
      type,
      persons: [{ key: 'P1', name: 'New' }, 'P4'],
      lists: [{ group: 'A1', members: ['P4'] }],
    })
    assert.equal(report.delivery.type, type)
    const { person, group, membership } = report.tallies
    assert.deepEqual([person.added, person.updated, person.removed], [1, 1, 0])
    assert.deepEqual([group.removed, membership.added, membership.removed], [0, 1, 0])
    assert.deepEqual(await site.memberships(), [...ALL.slice(0, 3), 'A1 P4 learner', ALL[3]])
  }
})

test('recstatus 3 removes a person with his memberships, a group with its own, and a single membership', async () => {
  for (const type of TYPES) {
    const site = await nights()
    await site.apply(full)
    const report = await site.apply({
      type,
      persons: [{ key: 'P2', recstatus: 3 }],
      groups: [{ key: 'A2', recstatus: 3 }],
      lists: [{ group: 'A1', members: [{ key: 'P1', recstatus: 3 }] }],
    })
    const { person, group, membership } = report.tallies
    assert.deepEqual([person.removed, group.removed, membership.removed], [1, 1, 3])
    assert.deepEqual(await site.persons('binned'), ['P2'])
    assert.deepEqual(await site.tree(), ['A1 < S1', 'S1 < site'])
    assert.deepEqual(await site.memberships(), ['A1 P3 learner'])
  }
})

test('in a full delivery recstatus has no effect', async () => {
  const site = await nights()
  await site.apply(full)
  const persons = ['P1', 'P2', { key: 'P3', recstatus: 3 as const }]
  const report = await site.apply({ ...full, persons })
  assert.deepEqual([report.tallies.person.removed, await site.persons()], [0, ['P1', 'P2', 'P3']])
})

test('what is to be deleted and is not there is a warning', async () => {
  const site = await nights()
  await site.apply(full)
  const report = await site.apply({ type: 'delta', persons: [{ key: 'P9', recstatus: 3 }] })
  assert.deepEqual(
    [await site.problems(report.run), await site.persons()],
    [['DELTA_UNKNOWN P9'], ['P1', 'P2', 'P3']],
  )
})

test('a full delivery afterwards puts everything right that a delta touched', async () => {
  const site = await nights()
  await site.apply(full)
  await site.apply({
    type: 'delta',
    persons: [{ key: 'P1', name: 'New' }, 'P4', { key: 'P3', recstatus: 3 }],
    groups: [{ key: 'A2', title: 'New', parent: 'S1' }],
    lists: [
      { group: 'A1', members: ['P4', { key: 'P2', role: '02' }, { key: 'P1', recstatus: 3 }] },
    ],
  })
  assert.deepEqual(await site.memberships(), ['A1 P2 teacher', 'A1 P4 learner', 'A2 P2 learner'])
  const report = await site.apply(full)
  const { person, group, membership } = report.tallies
  // P3 comes back, P4 leaves, P1 has his name again.
  assert.deepEqual([person.added, person.updated, person.removed], [1, 1, 1])
  assert.equal(group.updated, 1)
  assert.deepEqual([membership.added, membership.updated, membership.removed], [2, 1, 1])
  assert.deepEqual(await site.memberships(), ALL)
  assert.equal((await site.person('P1'))?.fields['name'], 'Person P1')
  assert.equal((await site.apply(full)).recordsRead, 0)
})

test('a delta that says what is so already changes nothing, and neither does the full one after it', async () => {
  const site = await nights()
  await site.apply(full)
  const report = await site.apply({ ...full, type: 'delta' })
  for (const tallies of [report.tallies, (await site.apply(full)).tallies]) {
    for (const { added, updated, removed } of [tallies.person, tallies.group, tallies.membership]) {
      assert.deepEqual([added, updated, removed], [0, 0, 0])
    }
  }
  assert.equal((await site.apply(full)).recordsRead, 0)
})

test('a group deleted by a delta comes back whole with the next full delivery', async () => {
  const site = await nights()
  await site.apply(full)
  const held = await site.import({ type: 'delta', groups: [{ key: 'A1', recstatus: 3 }] })
  if (held.outcome === 'held') await site.release(held.run)
  assert.deepEqual(await site.memberships(), ['A2 P2 learner'])
  const back = await site.import(full)
  if (back.outcome === 'held') await site.release(back.run)
  assert.deepEqual(
    [await site.memberships(), await site.tree()],
    [ALL, ['A1 < S1', 'A2 < S1', 'S1 < site']],
  )
})

test('a delta on an empty site is an ordinary first delivery', async () => {
  const site = await nights()
  const report = await site.apply({ ...full, type: 'delta' })
  assert.deepEqual([report.tallies.person.added, await site.memberships()], [3, ALL])
  assert.equal((await site.apply(full)).tallies.person.unchanged, 3)
})

test('where rules say that a full delivery carries some kinds only, the others are left alone', async () => {
  const site = await nights()
  await site.apply(full)
  await site.set({ rules: 'carries: [person]' })
  const report = await site.apply({ persons: ['P1', 'P2', { key: 'P3', name: 'New' }] })
  assert.deepEqual(report.findings, [])
  assert.deepEqual(
    [await site.memberships(), await site.tree()],
    [ALL, ['A1 < S1', 'A2 < S1', 'S1 < site']],
  )
  const gone = await site.apply({ persons: ['P1', 'P2'] })
  assert.deepEqual(
    [gone.tallies.person.removed, await site.memberships()],
    [1, ALL.filter((line) => !line.includes('P3'))],
  )
})

test('a kind that such a delivery holds all the same is read, and its absence means nothing', async () => {
  const site = await nights({ rules: 'carries: [person]' })
  await site.apply(full)
  const report = await site.apply({
    persons: ['P1', 'P2', 'P3'],
    groups: [{ key: 'A1', title: 'New', parent: 'S1' }],
  })
  assert.deepEqual([report.tallies.group.updated, report.tallies.group.removed], [1, 0])
})

test('a type that no rule names refuses the delivery; rules may name it', async () => {
  const site = await nights()
  const report = await site.import({ ...full, type: 'Kvartalsfil' })
  assert.deepEqual([report.outcome, report.refusal?.code], ['refused', 'TYPE_UNKNOWN'])
  await site.set({ rules: 'deliveryTypes: { kvartalsfil: full }' })
  await site.apply({ ...full, type: 'Kvartalsfil' })
})
