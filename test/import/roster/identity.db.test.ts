import assert from 'node:assert/strict'
import test from 'node:test'
import { nights, openNights } from '../nights.ts'

await openNights()

test('a record is known by its trimmed sourcedid/id, whatever else of it changes', async () => {
  const site = await nights()
  await site.apply({ persons: [{ key: 'P1', name: 'One' }], groups: ['G1'] })
  const before = await site.person('P1')
  const report = await site.apply({
    persons: [{ key: ' P1 ', name: 'Other', role: 'Staff' }],
    groups: ['G1'],
  })
  assert.equal(report.tallies.person.updated, 1)
  const now = await site.person('P1')
  assert.equal(now?.id, before?.id)
  assert.equal(now?.profile, 'staff')
})

test('persons and groups may share a key', async () => {
  const site = await nights()
  await site.apply({
    persons: ['1', '2'],
    groups: ['1'],
    lists: [{ group: '1', members: ['1', '2'] }],
  })
  assert.deepEqual(await site.memberships(), ['1 1 learner', '1 2 learner'])
})

test('keys are text: upper and lower case, leading zeros and signs make different keys', async () => {
  const site = await nights()
  const persons = ['a1', 'A1', '01', '1', 'å', 'a\\b', "o'x", '%']
  await site.apply({ persons, groups: ['G'], lists: [{ group: 'G', members: persons }] })
  assert.deepEqual((await site.persons()).toSorted(), persons.toSorted())
  assert.equal((await site.memberships()).length, 8)
  const again = await site.apply({
    persons: persons.toReversed(),
    groups: ['G'],
    lists: [{ group: 'G', members: persons }],
  })
  assert.equal(again.tallies.person.unchanged, 8)
})

test('source and id together are the key where the rules say so', async () => {
  const site = await nights({ rules: 'syncKey: source+id' })
  await site.apply({ persons: ['P1'], groups: ['G1'], lists: [{ group: 'G1', members: ['P1'] }] })
  assert.deepEqual(await site.persons(), ['school/P1'])
  assert.deepEqual(await site.memberships(), ['school/G1 school/P1 learner'])
})

test('two sites do not see each other', async () => {
  const one = await nights()
  const other = await nights()
  const person = { key: 'P1', username: 'anna' }
  await one.apply({ persons: [person], groups: ['G1'], lists: [{ group: 'G1', members: ['P1'] }] })
  await other.apply({ persons: [{ ...person, name: 'Another' }], groups: ['G1'] })
  assert.deepEqual(await other.memberships(), [])
  assert.equal((await one.person('P1'))?.fields['name'], 'Person P1')
  assert.equal((await other.person('P1'))?.username, 'anna')
  const gone = await other.hold({ persons: [], groups: ['G1'] })
  await other.release(gone.run)
  assert.deepEqual(await other.persons(), [])
  assert.deepEqual(await one.persons(), ['P1'])
})
