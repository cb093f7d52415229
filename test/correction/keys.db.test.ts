import assert from 'node:assert/strict'
import test from 'node:test'
import { addMember } from '../../src/correction/members.ts'
import { merge } from '../../src/correction/merge.ts'
import { rekey } from '../../src/correction/rekey.ts'
import { undoRun } from '../../src/correction/undo.ts'
import { nights, openNights } from '../import/nights.ts'
import { byTest } from './by-hand.ts'

await openNights()

const groups = [
  { key: 'S1', type: 'School' },
  { key: 'C1', type: 'Course', parent: 'S1' },
]
const first = {
  persons: [{ key: 'P1', username: 'anna' }, 'P2'],
  groups,
  lists: [{ group: 'C1', members: ['P1', 'P2'] }],
}
const renamed = {
  persons: [{ key: 'N1', username: 'anna', name: 'Person P1' }, 'P2'],
  groups: [
    { key: 'S1', type: 'School' },
    { key: 'D1', type: 'Course', parent: 'S1', title: 'Group C1' },
  ],
  lists: [{ group: 'D1', members: ['N1', 'P2'] }],
}

test('rekeyed before the source sends the new keys, everything stays and the next night plans nothing', async () => {
  const site = await nights()
  await site.apply(first)
  const person = await site.person('P1')
  const [course] = await site.courses()
  const { report } = await rekey({
    ...byTest(site),
    pairs: [
      { old: 'P1', new: 'N1' },
      { old: 'C1', new: 'D1' },
    ],
  })
  assert.deepEqual(await site.journal(report.run), [
    'rekey group D1',
    'update course D1',
    'rekey person N1',
  ])
  const night = await site.apply(renamed)
  const { person: persons, group, membership, course: courses } = night.tallies
  for (const tally of [persons, group, membership, courses]) {
    assert.deepEqual([tally.added, tally.updated, tally.removed], [0, 0, 0])
  }
  assert.equal((await site.person('N1'))?.id, person?.id)
  assert.deepEqual(
    (await site.courses()).map(({ id, key, group: hangs }) => [id, key, hangs]),
    [[course?.id, 'D1', 'D1']],
  )
})

test('a rekey can be undone', async () => {
  const site = await nights()
  await site.apply(first)
  const before = await site.everything()
  const { report } = await rekey({ ...byTest(site), pairs: [{ old: 'P1', new: 'N1' }] })
  await undoRun({ ...byTest(site), run: report.run })
  assert.deepEqual(await site.everything(), before)
  const night = await site.apply(first)
  assert.equal(night.tallies.person.updated, 0)
})

test('two persons swap their keys in one run', async () => {
  const site = await nights()
  await site.apply(first)
  const [p1, p2] = [await site.person('P1'), await site.person('P2')]
  await rekey({
    ...byTest(site),
    pairs: [
      { old: 'P1', new: 'P2' },
      { old: 'P2', new: 'P1' },
    ],
  })
  assert.deepEqual([(await site.person('P1'))?.id, (await site.person('P2'))?.id], [p2?.id, p1?.id])
})

test('a key that somebody has is refused, and nothing of the other pairs is done', async () => {
  const site = await nights()
  await site.apply(first)
  const before = await site.everything()
  const pairs = [
    { old: 'C1', new: 'D1' },
    { old: 'P1', new: 'P2' },
  ]
  await assert.rejects(rekey({ ...byTest(site), pairs }), { code: 'ERR_TAKEN' })
  const missing = [{ old: 'P9', new: 'N9' }]
  await assert.rejects(rekey({ ...byTest(site), pairs: missing }), { code: 'ERR_NOT_FOUND' })
  assert.deepEqual(await site.everything(), before)
})

test('merged after the fact, the new account gets login, manual memberships and archived courses of the old one', async () => {
  const site = await nights()
  await site.apply({
    ...first,
    groups: [...groups, { key: 'G9' }, { key: 'C2', type: 'Course' }],
    lists: [...first.lists, { group: 'C2', members: ['P1'] }],
  })
  await addMember({ ...byTest(site), group: 'G9', person: 'P1', role: 'assistant' })
  await site.accept({
    persons: ['N1', 'P2'],
    groups: [...groups, { key: 'G9' }],
    lists: [{ group: 'C1', members: ['N1', 'P2'] }],
  })
  const { report } = await merge({ ...byTest(site), old: 'P1', new: 'N1' })
  const person = await site.person('N1')
  assert.equal(person?.username, 'anna')
  assert.deepEqual(await site.memberships(), ['C1 N1 learner', 'C1 P2 learner', 'G9 N1 assistant'])
  const archived = (await site.courses()).find(({ key }) => key === 'C2')
  assert.deepEqual(archived?.members, ['N1 learner'])
  assert.deepEqual(await site.persons('binned'), ['P1'])

  await undoRun({ ...byTest(site), run: report.run })
  assert.equal((await site.person('N1'))?.username, null)
  assert.deepEqual(await site.memberships(), ['C1 N1 learner', 'C1 P2 learner'])
})

test('of merged courses the archived one goes on in the place of the one made anew', async () => {
  const site = await nights()
  await site.apply(first)
  const [before] = await site.courses()
  await site.accept({
    ...renamed,
    persons: first.persons,
    lists: [{ group: 'D1', members: ['P1'] }],
  })
  await merge({ ...byTest(site), old: 'C1', new: 'D1' })
  assert.deepEqual(
    (await site.courses()).map(({ id, key, state, group, members }) => [
      id,
      key,
      state,
      group,
      members,
    ]),
    [[before?.id, 'D1', 'open', 'D1', ['P2 learner']]],
  )
  const again = await site.apply({
    ...renamed,
    persons: first.persons,
    lists: [{ group: 'D1', members: ['P1'] }],
  })
  assert.equal(again.tallies.group.updated, 0)
})

test('an account that its source still sends is not merged away', async () => {
  const site = await nights()
  await site.apply(first)
  await assert.rejects(merge({ ...byTest(site), old: 'P1', new: 'P2' }), {
    code: 'ERR_NOT_POSSIBLE',
  })
})

test('a rekey that was done already says so', async () => {
  const site = await nights()
  await site.apply(first)
  const request = { ...byTest(site), pairs: [{ old: 'P1', new: 'N1' }] }
  await rekey(request)
  await assert.rejects(rekey(request), {
    code: 'ERR_NOT_FOUND',
    message: 'Nobody has the old key, and a person has the new key already',
  })
})

test('a merge that was done already says so', async () => {
  const site = await nights()
  await site.apply(first)
  await site.apply({ ...renamed, persons: ['N1', 'P2'] })
  const request = { ...byTest(site), old: 'P1', new: 'N1' }
  await merge(request)
  await assert.rejects(merge(request), {
    code: 'ERR_NOT_POSSIBLE',
    message: 'The two were merged already',
  })
})
