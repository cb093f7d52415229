import assert from 'node:assert/strict'
import test from 'node:test'
import { nights, openNights } from '../nights.ts'

await openNights()

const groups = ['G1']
const rest = ['P8', 'P9']
const full = { key: 'P1', email: 'one@x.example' }

test('a field that was sent and no longer is goes to the user with its value', async () => {
  const site = await nights()
  await site.apply({ persons: [full, ...rest], groups })
  const report = await site.apply({ persons: ['P1', ...rest], groups })
  assert.equal(report.tallies.person.updated, 1)
  const person = await site.person('P1')
  assert.deepEqual([person?.fields['email'], person?.own], [undefined, { email: 'one@x.example' }])
})

test('sent again, the source’s value counts; not sent once more, the last one sent stays', async () => {
  const site = await nights()
  await site.apply({ persons: [{ ...full, username: 'a' }, ...rest], groups })
  await site.apply({ persons: ['P1', ...rest], groups })
  await site.apply({
    persons: [{ key: 'P1', email: 'two@x.example', username: 'b' }, ...rest],
    groups,
  })
  const sent = await site.person('P1')
  assert.deepEqual([sent?.username, sent?.fields['email']], ['b', 'two@x.example'])
  await site.apply({ persons: ['P1', ...rest], groups })
  const kept = await site.person('P1')
  assert.deepEqual([kept?.username, kept?.own], ['b', { email: 'two@x.example', username: 'b' }])
})

test('a username that is no longer sent is kept', async () => {
  const site = await nights()
  await site.apply({ persons: [{ key: 'P1', username: 'anna' }, ...rest], groups })
  await site.apply({ persons: ['P1', ...rest], groups })
  assert.equal((await site.person('P1'))?.username, 'anna')
  await site.apply({ persons: [{ key: 'P1', name: 'Renamed' }, ...rest], groups })
  assert.equal((await site.person('P1'))?.username, 'anna')
})

test('rules may clear instead', async () => {
  const site = await nights({ rules: 'absentField: clear' })
  await site.apply({ persons: [{ ...full, username: 'anna' }, ...rest], groups })
  await site.apply({ persons: ['P1', ...rest], groups })
  const person = await site.person('P1')
  assert.deepEqual([person?.fields['email'], person?.username, person?.own], [undefined, null, {}])
})

test('a field that the rules do not give the source is left to the user', async () => {
  const site = await nights({ rules: 'ownedFields: { person: { except: [email] } }' })
  await site.apply({ persons: [full, ...rest], groups })
  assert.equal((await site.person('P1'))?.fields['email'], undefined)
  const report = await site.apply({
    persons: [{ ...full, email: 'other@x.example' }, ...rest],
    groups,
  })
  assert.equal(report.tallies.person.updated, 0)
})

test('name, profile and title always belong to the source', async () => {
  const site = await nights({ rules: 'ownedFields: { person: [email], group: [email] }' })
  await site.apply({ persons: [full, ...rest], groups: [{ key: 'G1', title: 'One' }] })
  await site.apply({
    persons: [{ ...full, name: 'New' }, ...rest],
    groups: [{ key: 'G1', title: 'Two' }],
  })
  assert.equal((await site.person('P1'))?.fields['name'], 'New')
  assert.deepEqual(await site.query('select title from groups where site_id = $1'), [
    { title: 'Two' },
  ])
})

test('a change of nothing but extension data is applied and counted, not judged', async () => {
  const site = await nights({ limits: { 'persons.updated': { percent: 0, floor: 0 } } })
  const marked = (mark: string) =>
    ['P1', 'P2', 'P3'].map((key) => ({ key, extension: `<locker>${mark}</locker>` }))
  await site.apply({ persons: marked('1'), groups })
  const report = await site.apply({ persons: marked('2'), groups })
  assert.deepEqual(
    [report.tallies.person.updated, report.tallies.person.updatedInExtension],
    [3, 3],
  )
  const [row] = await site.query<{ extension: string[] }>(
    `select sent -> 'extension' as extension from persons where site_id = $1 and key = 'P1'`,
  )
  assert.deepEqual(row?.extension, ['<locker>2</locker>'])
})

test('the journal keeps what was there before', async () => {
  const site = await nights()
  await site.apply({ persons: [full, ...rest], groups })
  const report = await site.apply({
    persons: [{ ...full, email: 'two@x.example' }, ...rest],
    groups,
  })
  assert.deepEqual(
    await site.query(
      'select action, before, after from changes where site_id = $1 and run_id = $2',
      [report.run],
    ),
    [{ action: 'update', before: { email: 'one@x.example' }, after: { email: 'two@x.example' } }],
  )
})

test('values with every sign that a database or a file may stumble over come through as they are', async () => {
  const site = await nights()
  const name = 'Å\\ \t"O\'Brien" \\N <&> 😀 $1 \\. ;--'
  await site.apply({
    persons: [{ key: 'P1', name }, ...rest],
    groups: [{ key: 'G1', title: name }],
  })
  const [row] = await site.query<{ title: string }>('select title from groups where site_id = $1')
  const stored = (await site.person('P1'))?.fields['name']
  assert.equal(stored?.replaceAll(/\s+/g, ' '), name.replaceAll(/\s+/g, ' '))
  assert.equal(row?.title.replaceAll(/\s+/g, ' '), name.replaceAll(/\s+/g, ' '))
})
