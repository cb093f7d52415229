import assert from 'node:assert/strict'
import test from 'node:test'
import { nights, openNights } from '../nights.ts'

await openNights()

const lists = [
  { group: 'G1', members: ['P1', 'P2', 'P3'] },
  { group: 'G2', members: ['P1'] },
]
const base = { persons: ['P1', 'P2'], groups: ['G1'] }

test('a member or a group that is unknown is set aside with its place, and looked at again every night', async () => {
  const site = await nights()
  const first = await site.apply({ ...base, lists })
  assert.deepEqual([first.tallies.membership.added, first.tallies.membership.setAside], [2, 2])
  assert.deepEqual(await site.problems(first.run), ['GROUP_UNKNOWN', 'MEMBER_UNKNOWN P3'])
  const again = await site.apply({ ...base, lists })
  // The two lists with a problem are all that is read.
  assert.deepEqual([again.recordsRead, again.tallies.membership.setAside], [2, 2])
})

test('the memberships are made as soon as person and group are known', async () => {
  const site = await nights()
  await site.apply({ ...base, lists })
  const report = await site.apply({ persons: ['P1', 'P2', 'P3'], groups: ['G1', 'G2'], lists })
  assert.deepEqual([report.tallies.membership.added, report.tallies.membership.setAside], [2, 0])
  assert.deepEqual(await site.memberships(), [
    'G1 P1 learner',
    'G1 P2 learner',
    'G1 P3 learner',
    'G2 P1 learner',
  ])
  assert.equal(
    (await site.apply({ persons: ['P1', 'P2', 'P3'], groups: ['G1', 'G2'], lists })).recordsRead,
    0,
  )
})

test('a member without a readable key leaves the others of his list as they are, and ends none', async () => {
  const site = await nights()
  await site.apply({ ...base, lists: [{ group: 'G1', members: ['P1', 'P2'] }] })
  const report = await site.apply({ ...base, lists: [{ group: 'G1', members: ['P1', ''] }] })
  assert.deepEqual([report.tallies.membership.removed, report.tallies.membership.setAside], [0, 1])
  assert.equal((await site.memberships()).length, 2)
})

test('a list without a readable key leaves removals of memberships out, with a finding', async () => {
  const site = await nights()
  await site.apply({
    ...base,
    groups: ['G1', 'G3'],
    lists: [
      { group: 'G1', members: ['P1', 'P2'] },
      { group: 'G3', members: ['P2'] },
    ],
  })
  const report = await site.apply({
    ...base,
    groups: ['G1', 'G3'],
    lists: [
      { group: 'G1', members: ['P1'] },
      { group: '', members: ['P2'] },
    ],
  })
  assert.deepEqual(report.findings, [
    { code: 'REMOVALS_LEFT_OUT', holds: false, what: 'memberships' },
  ])
  assert.equal((await site.memberships()).length, 3)
  const well = await site.apply({
    ...base,
    groups: ['G1', 'G3'],
    lists: [
      { group: 'G1', members: ['P1'] },
      { group: 'G3', members: ['P2'] },
    ],
  })
  assert.deepEqual(
    [well.tallies.membership.removed, await site.memberships()],
    [1, ['G1 P1 learner', 'G3 P2 learner']],
  )
})

test('a person or group without a readable key leaves removals of its kind out, not of the others', async () => {
  const site = await nights()
  const persons = ['P1', 'P2', 'P3']
  await site.apply({ persons, groups: ['G1', 'G2'] })
  const report = await site.apply({ persons: ['P1', 'P2', ''], groups: ['G1'] })
  assert.deepEqual(report.findings, [{ code: 'REMOVALS_LEFT_OUT', holds: false, what: 'persons' }])
  assert.deepEqual([await site.persons(), await site.tree()], [persons, ['G1 < site']])
  const well = await site.apply({ persons: ['P1', 'P2'], groups: ['G1'] })
  assert.deepEqual([well.tallies.person.removed, await site.persons()], [1, ['P1', 'P2']])
})

test('a list is unchanged while its person is set aside: he keeps his memberships', async () => {
  const site = await nights()
  const list = [{ group: 'G1', members: ['P1', 'P2'] }]
  await site.apply({ ...base, lists: list })
  const report = await site.apply({
    ...base,
    persons: ['P1', { key: 'P1', name: 'Other' }, 'P2'],
    lists: list,
  })
  assert.deepEqual([report.tallies.membership.removed, report.tallies.membership.setAside], [0, 0])
  assert.equal((await site.memberships()).length, 2)
})
