import assert from 'node:assert/strict'
import test from 'node:test'
import { nights, openNights } from '../nights.ts'

await openNights()

const groups = ['G1', 'G2']
const all = { persons: [{ key: 'P1', username: 'anna', email: 'a@x.example' }, 'P2', 'P3'], groups }
const lists = [
  { group: 'G1', members: ['P1', 'P2', 'P3'] },
  { group: 'G2', members: ['P1', 'P3'] },
]
const without = { persons: ['P2', 'P3'], groups }

test('a person who is no longer sent goes to the recycle bin and his memberships end', async () => {
  const site = await nights()
  await site.apply({ ...all, lists })
  const report = await site.apply({
    ...without,
    lists: [
      { group: 'G1', members: ['P2', 'P3'] },
      { group: 'G2', members: ['P3'] },
    ],
  })
  assert.deepEqual([report.tallies.person.removed, report.tallies.membership.removed], [1, 2])
  assert.equal((await site.person('P1'))?.state, 'binned')
  assert.deepEqual(await site.memberships(), ['G1 P2 learner', 'G1 P3 learner', 'G2 P3 learner'])
  assert.deepEqual(await site.journal(report.run), ['remove person P1'])
})

test('sent again he is the same account with the same username and today’s memberships', async () => {
  const site = await nights()
  await site.apply({ ...all, lists })
  const before = await site.person('P1')
  await site.apply({
    ...without,
    lists: [
      { group: 'G1', members: ['P2', 'P3'] },
      { group: 'G2', members: ['P3'] },
    ],
  })
  const report = await site.apply({
    ...all,
    lists: [lists[0], { group: 'G2', members: ['P3'] }] as typeof lists,
  })
  assert.deepEqual([report.tallies.person.added, report.tallies.membership.added], [1, 1])
  const now = await site.person('P1')
  assert.deepEqual([now?.id, now?.state, now?.username], [before?.id, 'active', 'anna'])
  assert.deepEqual(await site.memberships(), [
    'G1 P1 learner',
    'G1 P2 learner',
    'G1 P3 learner',
    'G2 P3 learner',
  ])
  assert.deepEqual(await site.journal(report.run), ['restore person P1'])
})

test('while every membership element stays byte for byte the same, his memberships end and come back', async () => {
  const site = await nights()
  await site.apply({ ...all, lists })
  const left = await site.apply({ ...without, lists })
  assert.deepEqual([left.tallies.membership.removed, left.tallies.membership.setAside], [2, 2])
  assert.deepEqual(await site.problems(left.run), ['MEMBER_UNKNOWN P1', 'MEMBER_UNKNOWN P1'])
  const meanwhile = await site.apply({ ...without, lists })
  assert.deepEqual(
    [meanwhile.tallies.membership.removed, meanwhile.tallies.membership.setAside],
    [0, 2],
  )
  const back = await site.apply({ ...all, lists })
  assert.deepEqual([back.tallies.person.added, back.tallies.membership.added], [1, 2])
  assert.deepEqual(await site.memberships(), [
    'G1 P1 learner',
    'G1 P2 learner',
    'G1 P3 learner',
    'G2 P1 learner',
    'G2 P3 learner',
  ])
  assert.equal((await site.apply({ ...all, lists })).recordsRead, 0)
})

test('he returns with other values and another profile', async () => {
  const site = await nights()
  await site.apply(all)
  await site.apply(without)
  await site.apply({
    persons: [{ key: 'P1', username: 'anna2', role: 'Staff' }, 'P2', 'P3'],
    groups,
  })
  const now = await site.person('P1')
  assert.deepEqual([now?.state, now?.profile, now?.username], ['active', 'staff', 'anna2'])
  // He was sent with an e-mail address before he left: it is his own now.
  assert.equal(now?.own['email'], 'a@x.example')
})

test('what he left behind in history tells from which run to which run he was a member', async () => {
  const site = await nights()
  const first = await site.apply({ ...all, lists })
  const second = await site.apply({ ...without, lists })
  const third = await site.apply({ ...all, lists })
  const rows = await site.query(
    `select m.from_run as "from", m.to_run as "to" from memberships m join persons p using (site_id, person_id)
     join groups g using (site_id, group_id) where m.site_id = $1 and p.key = 'P1' and g.key = 'G1' order by m.from_run`,
  )
  assert.deepEqual(rows, [
    { from: first.run, to: second.run },
    { from: third.run, to: null },
  ])
})

test('two hundred persons who leave and come back together are two hundred accounts again', async () => {
  const site = await nights()
  const persons = Array.from({ length: 200 }, (_, index) => `P${index}`)
  await site.apply({
    persons,
    groups,
    lists: [
      { group: 'G1', members: persons },
      { group: 'G2', members: ['P0', 'P199'] },
    ],
  })
  const gone = persons.slice(100)
  const held = await site.hold({
    persons: persons.slice(0, 100),
    groups,
    lists: [
      { group: 'G1', members: persons },
      { group: 'G2', members: ['P0', 'P199'] },
    ],
  })
  const released = await site.release(held.run)
  assert.deepEqual(
    [released.tallies.person.removed, released.tallies.membership.removed],
    [100, 101],
  )
  assert.deepEqual((await site.persons('binned')).length, gone.length)
  const back = await site.import({
    persons,
    groups,
    lists: [
      { group: 'G1', members: persons },
      { group: 'G2', members: ['P0', 'P199'] },
    ],
  })
  assert.deepEqual(
    [back.outcome, back.tallies.person.added, back.tallies.membership.added],
    ['held', 100, 101],
  )
  await site.release(back.run)
  assert.equal((await site.memberships()).length, 202)
  const { n } = (
    await site.query<{ n: number }>('select count(*) as n from persons where site_id = $1')
  )[0] ?? { n: 0 }
  assert.equal(n, 200)
})
