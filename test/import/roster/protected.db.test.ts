import assert from 'node:assert/strict'
import test from 'node:test'
import { shownPerson } from '../../../src/roster/display.ts'
import { listPersons } from '../../../src/store/roster-queries.ts'
import { nights, openNights } from '../nights.ts'

await openNights()

const groups = ['G1']
const privacy = '<pifu_privacy><pifu_doNotShowName>1</pifu_doNotShowName></pifu_privacy>'
const lists = [{ group: 'G1', members: ['P1', 'P2'] }]

test('rules, a list of keys or the file mark a person', async () => {
  const site = await nights({ rules: "protected: { keys: ['P1'], elements: [hidden] }" })
  const persons = [
    'P1',
    { key: 'P2', extension: privacy },
    { key: 'P3', extension: '<hidden>ja</hidden>' },
    { key: 'P4', extension: '<hidden>nei</hidden>' },
  ]
  await site.apply({ persons, groups })
  const marks = await Promise.all(
    ['P1', 'P2', 'P3', 'P4'].map(async (key) => (await site.person(key))?.protected),
  )
  assert.deepEqual(marks, [true, true, true, false])
})

test('a mark takes effect with the delivery or the rules that bring it, and goes with them', async () => {
  const site = await nights()
  await site.apply({ persons: ['P1', 'P2'], groups, lists })
  const marked = await site.apply({
    persons: [{ key: 'P1', extension: privacy }, 'P2'],
    groups,
    lists,
  })
  assert.deepEqual([marked.tallies.person.updated, (await site.person('P1'))?.protected], [1, true])
  await site.set({ rules: "protected: { keys: ['P2'] }" })
  await site.apply({ persons: ['P1', 'P2'], groups, lists })
  assert.deepEqual(
    [(await site.person('P1'))?.protected, (await site.person('P2'))?.protected],
    [false, true],
  )
})

test('he stays protected in the recycle bin', async () => {
  const site = await nights({ rules: "protected: { keys: ['P1'] }" })
  await site.apply({ persons: ['P1', 'P2'], groups })
  await site.apply({ persons: ['P2'], groups })
  const person = await site.person('P1')
  assert.deepEqual([person?.state, person?.protected], ['binned', true])
})

test('one function shows nothing of him; no search and no list of a school or group finds him', async () => {
  const site = await nights({ rules: "protected: { keys: ['P1'] }" })
  await site.apply({
    persons: [{ key: 'P1', name: 'Hidden Name', username: 'hidden', email: 'h@x.example' }, 'P2'],
    groups,
    lists,
  })
  const page = (filter: object) =>
    site.database.site(site.siteId, (session) =>
      listPersons(session, site.siteId, { limit: 10, offset: 0, ...filter }),
    )
  const [row] = (await page({ person: 'P1' })).rows
  assert.ok(row)
  const shown = shownPerson({ id: row.id, fields: row.fields, protected: row.protected })
  assert.deepEqual(shown, {
    name: `Protected person ${row.id}`,
    fields: { name: `Protected person ${row.id}`, profile: 'student' },
    protected: true,
  })
  for (const filter of [
    { search: 'Hidden' },
    { search: 'h@x' },
    { search: 'hidden' },
    { group: 'G1' },
  ]) {
    const found = (await page(filter)).rows.map(({ key }) => key)
    assert.equal(found.includes('P1'), false, JSON.stringify(filter))
  }
  assert.equal((await page({ search: 'P1' })).rows.length, 1)
})

test('a planned change of him is marked, also where it is only tonight that he becomes protected', async () => {
  const site = await nights()
  await site.apply({ persons: ['P1', 'P2'], groups, lists })
  const persons = [
    { key: 'P1', name: 'Secret Name', extension: privacy },
    { key: 'P3', name: 'New Secret', extension: privacy },
    'P2',
  ]
  const { changes } = await site.plan({
    persons,
    groups,
    lists: [{ group: 'G1', members: ['P1', 'P2', 'P3'] }],
  })
  assert.deepEqual(
    changes.map(({ kind, action, key, otherKey, protected: is }) => [
      kind,
      action,
      key,
      otherKey,
      is,
    ]),
    [
      ['person', 'add', 'P3', undefined, true],
      ['person', 'update', 'P1', undefined, true],
      ['membership', 'add', 'G1', 'P3', true],
    ],
  )
})
