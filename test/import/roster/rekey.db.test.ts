import assert from 'node:assert/strict'
import test from 'node:test'
import { nights, openNights } from '../nights.ts'

await openNights()

const rest = ['P8', 'P9']
const groups = ['G1', 'G2']

test('sourcedid New and Old is a rekey: account, login and memberships stay', async () => {
  const site = await nights()
  const lists = (key: string) => [{ group: 'G1', members: [key, 'P8'] }]
  await site.apply({
    persons: [{ key: 'P1', username: 'anna' }, ...rest],
    groups,
    lists: lists('P1'),
  })
  const before = await site.person('P1')
  const report = await site.apply({
    persons: [{ key: 'N1', old: 'P1', username: 'anna' }, ...rest],
    groups,
    lists: lists('N1'),
  })
  const { added, updated, removed } = report.tallies.person
  assert.deepEqual([added, updated, removed], [0, 1, 0])
  const now = await site.person('N1')
  assert.deepEqual([now?.id, now?.username, now?.state], [before?.id, 'anna', 'active'])
  assert.deepEqual(
    [await site.memberships(), report.tallies.membership.removed],
    [['G1 N1 learner', 'G1 P8 learner'], 0],
  )
  assert.deepEqual(await site.journal(report.run), ['rekey person N1'])
  assert.deepEqual(await site.persons('binned'), [])
})

test('the file may go on saying it', async () => {
  const site = await nights()
  await site.apply({ persons: ['P1', ...rest], groups })
  const persons = [{ key: 'N1', old: 'P1' }, ...rest]
  await site.apply({ persons, groups })
  const again = await site.apply({ persons, groups })
  assert.deepEqual([again.recordsRead, await site.persons()], [0, ['N1', 'P8', 'P9']])
})

test('a group is rekeyed with its members, children and course', async () => {
  const site = await nights()
  const lists = (key: string) => [{ group: key, members: ['P1', 'P8'] }]
  const child = (parent: string) => ({ key: 'K1', parent })
  const persons = ['P1', ...rest]
  await site.apply({
    persons,
    groups: [{ key: 'C1', type: 'Course' }, child('C1')],
    lists: lists('C1'),
  })
  const [course] = await site.courses()
  const report = await site.apply({
    persons,
    groups: [{ key: 'C2', old: 'C1', type: 'Course', title: 'Group C1' }, child('C2')],
    lists: lists('C2'),
  })
  assert.deepEqual(report.tallies.membership.removed + report.tallies.membership.added, 0)
  const [now] = await site.courses()
  assert.deepEqual([now?.id, now?.key, now?.group, now?.state], [course?.id, 'C2', 'C2', 'open'])
  assert.deepEqual(await site.tree(), ['C2 < site', 'K1 < C2'])
  assert.deepEqual(await site.memberships(), ['C2 P1 learner', 'C2 P8 learner'])
})

test('a new key that someone else has is set aside, and both stay as they were', async () => {
  const site = await nights()
  await site.apply({ persons: ['P1', 'P2', ...rest], groups })
  const report = await site.apply({
    persons: [{ key: 'P2', old: 'P1', name: 'Person P2' }, ...rest],
    groups,
  })
  assert.deepEqual([report.tallies.person.setAside, report.problems.REKEY_CONFLICT], [1, 1])
  assert.deepEqual(await site.persons(), ['P1', 'P2', 'P8', 'P9'])
})

test('a new key that someone in the recycle bin has is set aside', async () => {
  const site = await nights()
  await site.apply({ persons: ['P1', 'P2', ...rest], groups })
  await site.apply({ persons: ['P1', ...rest], groups })
  const report = await site.apply({ persons: [{ key: 'P2', old: 'P1' }, ...rest], groups })
  assert.deepEqual([report.tallies.person.setAside, report.problems.REKEY_CONFLICT], [1, 1])
  assert.deepEqual(
    [(await site.person('P1'))?.state, (await site.person('P2'))?.state],
    ['active', 'binned'],
  )
})

test('a rekey in a delta keeps the username', async () => {
  const site = await nights()
  await site.apply({ persons: [{ key: 'P1', username: 'anna' }, ...rest], groups })
  const report = await site.apply({
    type: 'delta',
    persons: [{ key: 'N1', old: 'P1', username: 'anna' }],
  })
  assert.deepEqual(await site.problems(report.run), [])
  assert.equal((await site.person('N1'))?.username, 'anna')
})

test('an old key that nobody has makes an ordinary new person', async () => {
  const site = await nights()
  await site.apply({ persons: rest, groups })
  const report = await site.apply({ persons: [{ key: 'N1', old: 'P1' }, ...rest], groups })
  assert.equal(report.tallies.person.added, 1)
})

test('a key that changes without New and Old is a removal and an addition', async () => {
  const site = await nights()
  await site.apply({ persons: ['P1', ...rest], groups })
  const report = await site.apply({ persons: ['N1', ...rest], groups })
  assert.deepEqual([report.tallies.person.added, report.tallies.person.removed], [1, 1])
})

test('a person who is in the recycle bin under his old key comes back under the new one', async () => {
  const site = await nights()
  await site.apply({ persons: [{ key: 'P1', username: 'anna' }, ...rest], groups })
  const before = await site.person('P1')
  await site.apply({ persons: rest, groups })
  const report = await site.apply({
    persons: [{ key: 'N1', old: 'P1', username: 'anna' }, ...rest],
    groups,
  })
  const now = await site.person('N1')
  assert.deepEqual([now?.id, now?.username, now?.state], [before?.id, 'anna', 'active'])
  assert.deepEqual(await site.journal(report.run), ['restore person N1'])
  assert.deepEqual(await site.persons('binned'), [])
})
