import assert from 'node:assert/strict'
import test from 'node:test'
import { nights, openNights } from '../nights.ts'

await openNights()

const groups = ['G1', 'G2']
const rest = ['P8', 'P9']
const lists = [{ group: 'G1', members: ['P1', 'P8', 'P9'] }]

test('the same record twice is one, counted', async () => {
  const site = await nights()
  const report = await site.apply({
    persons: ['P1', ...rest, 'P1'],
    groups: [...groups, 'G1'],
    lists,
  })
  assert.deepEqual([report.tallies.person.added, report.tallies.person.setAside], [3, 0])
  assert.deepEqual([report.tallies.group.added, report.tallies.group.setAside], [2, 0])
  const again = await site.apply({
    persons: ['P1', ...rest, 'P1'],
    groups: [...groups, 'G1'],
    lists,
  })
  assert.deepEqual([again.tallies.person.setAside, again.tallies.person.unchanged], [0, 3])
})

test('records that differ under one key are all set aside, and nothing of them is made', async () => {
  const site = await nights()
  const persons = ['P1', { key: 'P1', name: 'Other' }, { key: 'P1', name: 'Third' }, ...rest]
  const report = await site.apply({
    persons,
    groups: [...groups, { key: 'G2', title: 'Other' }],
    lists,
  })
  assert.deepEqual(await site.persons(), ['P8', 'P9'])
  assert.deepEqual([report.tallies.person.setAside, report.tallies.group.setAside], [3, 2])
  assert.deepEqual(await site.memberships(), ['G1 P8 learner', 'G1 P9 learner'])
})

test('a person who was there stays as he was, with his memberships, while his key is doubled', async () => {
  const site = await nights()
  await site.apply({ persons: ['P1', ...rest], groups, lists })
  // One of the two is byte for byte what it was, whichever comes first.
  for (const persons of [
    ['P1', { key: 'P1', name: 'Other' }],
    [{ key: 'P1', name: 'Other' }, 'P1'],
    [
      { key: 'P1', name: 'A' },
      { key: 'P1', name: 'B' },
    ],
  ]) {
    const report = await site.apply({ persons: [...persons, ...rest], groups, lists })
    assert.deepEqual([report.tallies.person.setAside, report.tallies.person.removed], [2, 0])
    assert.equal((await site.person('P1'))?.fields['name'], 'Person P1')
    assert.equal((await site.memberships()).length, 3)
  }
  const report = await site.apply({
    persons: [{ key: 'P1', name: 'Other' }, ...rest],
    groups,
    lists,
  })
  assert.equal(report.tallies.person.updated, 1)
})

test('one username on two keys sets all of them aside, whatever the case of its letters', async () => {
  const site = await nights()
  const persons = [
    { key: 'P1', username: 'anna' },
    { key: 'P2', username: 'Anna' },
    { key: 'P3', username: 'ANNA' },
    ...rest,
  ]
  const report = await site.apply({ persons, groups })
  assert.deepEqual(await site.persons(), ['P8', 'P9'])
  assert.deepEqual(await site.problems(report.run), [
    'DUPLICATE_USERNAME P1',
    'DUPLICATE_USERNAME P2',
    'DUPLICATE_USERNAME P3',
  ])
})

test('also where the other one did not change', async () => {
  const site = await nights()
  await site.apply({ persons: [{ key: 'P1', username: 'anna' }, 'P2', ...rest], groups })
  const persons = [{ key: 'P1', username: 'anna' }, { key: 'P2', username: 'anna' }, ...rest]
  for (let night = 0; night < 2; night++) {
    const report = await site.apply({ persons, groups })
    assert.deepEqual([report.tallies.person.setAside, report.problems.DUPLICATE_USERNAME], [2, 2])
  }
  assert.deepEqual(
    [(await site.person('P1'))?.username, (await site.person('P2'))?.username],
    ['anna', null],
  )
})

test('in a delta, the same person to be kept and to be deleted is set aside', async () => {
  const site = await nights()
  await site.apply({ persons: ['P1', ...rest], groups })
  const persons = ['P1', { key: 'P1', recstatus: 3 as const }]
  const report = await site.apply({ type: 'delta', persons })
  assert.deepEqual([report.tallies.person.setAside, await site.persons()], [2, ['P1', 'P8', 'P9']])
})

test('a set-aside record whose rules changed meanwhile is read through the new ones when it is well again', async () => {
  const site = await nights()
  const person = { key: 'P1', email: 'p1@x.example' }
  await site.apply({ persons: [person, ...rest], groups })
  await site.set({ rules: 'ownedFields: { person: { except: [email] } }' })
  await site.apply({ persons: [person, { ...person, name: 'Other' }, ...rest], groups })
  const report = await site.apply({ persons: [person, ...rest], groups })
  assert.equal(report.tallies.person.updated, 1)
  assert.equal((await site.person('P1'))?.fields['email'], undefined)
})

/** Other rules: everything is read again. */
const READ_ANEW = 'ownedFields: { person: { except: [email] } }'

test('a record that cannot be used has the other one with its key set aside too, whether that is read or known', async () => {
  const site = await nights()
  await site.apply({ persons: ['P1', ...rest], groups })
  for (const rules of ['', READ_ANEW]) {
    await site.set({ rules })
    const report = await site.apply({ persons: ['P1', { key: 'P1', name: '' }, ...rest], groups })
    assert.equal(report.tallies.person.setAside, 2)
  }
})

test('a list with group links that comes twice is one, whether it is read or known', async () => {
  const site = await nights()
  const list = { group: 'G1', members: ['P8', { key: 'G2', isGroup: true }] }
  await site.apply({ persons: rest, groups, lists: [list] })
  const written = () => site.query('select xmin::text from group_links where site_id = $1')
  const before = await written()
  assert.equal(before.length, 1)
  for (const rules of ['', READ_ANEW]) {
    await site.set({ rules })
    await site.apply({ persons: rest, groups, lists: [list, list] })
    assert.deepEqual(await written(), before)
  }
})

test('a group that is not taken and comes twice counts once, whether it is read or known', async () => {
  const noClubs = 'take: { exceptGroups: [{ value: Club }] }'
  const site = await nights({ rules: noClubs })
  const club = { key: 'C1', type: 'Club' }
  await site.apply({ persons: rest, groups: [...groups, club] })
  for (const rules of [noClubs, `${noClubs}\n${READ_ANEW}`]) {
    await site.set({ rules })
    const report = await site.apply({ persons: rest, groups: [...groups, club, club] })
    assert.equal(report.tallies.group.notTaken, 1)
  }
})
