import assert from 'node:assert/strict'
import test from 'node:test'
import type { DeliverySpec } from '../deliveries.ts'
import { nights, openNights } from '../nights.ts'

await openNights()

const delivery: DeliverySpec = {
  persons: ['P1', 'P2', 'P3', { key: 'X1', role: 'Guest' }],
  groups: ['G1', { key: 'C1', type: 'Course' }, { key: 'N1', type: 'Club' }],
  lists: [
    { group: 'G1', members: ['P1', 'X1'] },
    { group: 'N1', members: ['P1', 'P2'] },
    { group: 'C1', members: ['P3'] },
  ],
}
const NO_GUESTS = 'take: { profiles: [student, staff] }'
const NO_CLUBS = 'take: { exceptGroups: [{ value: Club }] }'

test('what is not taken is counted, and neither a problem nor missing', async () => {
  const site = await nights({
    rules: `${NO_GUESTS.slice(0, -1)}, exceptGroups: [{ value: Club }] }`,
  })
  for (const read of [10, 0]) {
    const report = await site.apply(delivery)
    const { person, group, membership } = report.tallies
    assert.equal(report.recordsRead, read)
    assert.deepEqual([person.notTaken, group.notTaken], [1, 1])
    assert.deepEqual([person.setAside, group.setAside, membership.setAside], [0, 0, 0])
  }
  assert.deepEqual(await site.persons(), ['P1', 'P2', 'P3'])
  assert.deepEqual(await site.memberships(), ['C1 P3 learner', 'G1 P1 learner'])
})

test('rules that take less remove persons and groups, counted', async () => {
  const site = await nights()
  await site.apply(delivery)
  await site.set({ rules: NO_GUESTS })
  const persons = await site.apply(delivery)
  assert.deepEqual([persons.tallies.person.removed, persons.tallies.person.notTaken], [1, 1])
  assert.deepEqual(await site.persons('binned'), ['X1'])
  assert.deepEqual(await site.memberships(), [
    'C1 P3 learner',
    'G1 P1 learner',
    'N1 P1 learner',
    'N1 P2 learner',
  ])
  await site.set({ rules: NO_CLUBS })
  const groups = await site.apply(delivery)
  assert.deepEqual([groups.tallies.group.removed, groups.tallies.group.notTaken], [1, 1])
  assert.equal(groups.tallies.membership.removed, 2)
  assert.equal(groups.tallies.membership.setAside, 0)
})

test('rules that take more again bring them back with their lists, and all is quiet after', async () => {
  const site = await nights()
  await site.apply(delivery)
  const all = await site.memberships()
  await site.set({ rules: `${NO_GUESTS.slice(0, -1)}, exceptGroups: [{ value: Club }] }` })
  await site.apply(delivery)
  await site.apply(delivery)
  await site.set({ rules: '' })
  const report = await site.apply(delivery)
  assert.deepEqual(
    [report.tallies.person.added, report.tallies.group.added, report.tallies.membership.added],
    [1, 1, 3],
  )
  assert.deepEqual(await site.memberships(), all)
  for (let night = 0; night < 2; night++) {
    const again = await site.apply(delivery)
    assert.deepEqual([again.recordsRead, await site.memberships()], [0, all])
  }
})

test('the same with a list whose group cannot be read in between', async () => {
  const site = await nights({ rules: NO_CLUBS })
  const broken = { ...delivery, lists: [...(delivery.lists ?? []), { group: '', members: ['P1'] }] }
  await site.apply(delivery)
  await site.set({ rules: '' })
  await site.apply(broken)
  for (let night = 0; night < 3; night++) await site.apply(delivery)
  assert.deepEqual(
    await site.memberships(),
    ['C1 P3 learner', 'G1 P1 learner', 'G1 X1 guest', 'N1 P1 learner', 'N1 P2 learner'].map(
      (line) => line.replace('guest', 'learner'),
    ),
  )
})

test('someone whose own profile is taken now gets his memberships though his lists did not change', async () => {
  const site = await nights({ rules: NO_GUESTS })
  await site.apply(delivery)
  const persons = ['P1', 'P2', 'P3', { key: 'X1', role: 'Staff' }]
  const report = await site.apply({ ...delivery, persons })
  assert.deepEqual([report.tallies.person.added, report.tallies.membership.added], [1, 1])
  const back = await site.apply(delivery)
  assert.deepEqual([back.tallies.person.removed, back.tallies.membership.removed], [1, 1])
  assert.equal(back.tallies.membership.setAside, 0)
})

test('what was left out, then not sent while the rules changed, is taken when it is sent again', async () => {
  const site = await nights({ rules: NO_GUESTS })
  await site.apply(delivery)
  await site.set({ rules: '' })
  await site.apply({ ...delivery, persons: ['P1', 'P2', 'P3'] })
  const report = await site.apply(delivery)
  assert.deepEqual([report.tallies.person.added, report.tallies.membership.added], [1, 1])
})

test('rules that change and then a delta do not keep the next full delivery from being read', async () => {
  const site = await nights()
  await site.apply(delivery)
  await site.set({ rules: NO_GUESTS })
  await site.apply({ type: 'delta', persons: [{ key: 'P1', name: 'Renamed' }] })
  const report = await site.apply(delivery)
  assert.deepEqual([report.recordsRead, report.tallies.person.removed], [10, 1])
})

test('changed rules read everything and plan nothing where nothing differs', async () => {
  const site = await nights()
  await site.apply(delivery)
  await site.set({ rules: 'roles: { Other: teacher }' })
  const report = await site.apply(delivery)
  assert.equal(report.recordsRead, 10)
  for (const { added, updated, removed } of [
    report.tallies.person,
    report.tallies.group,
    report.tallies.membership,
  ]) {
    assert.deepEqual([added, updated, removed], [0, 0, 0])
  }
  assert.equal((await site.apply(delivery)).recordsRead, 0)
})

test('whole kinds may be left out', async () => {
  const site = await nights({ rules: 'take: { kinds: [person, group] }' })
  const report = await site.apply(delivery)
  assert.deepEqual([await site.memberships(), report.tallies.membership.notTaken], [[], 5])
})
