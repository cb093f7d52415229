import assert from 'node:assert/strict'
import test from 'node:test'
import { deliveryText, type PersonSpec } from '../deliveries.ts'
import { nights, openNights } from '../nights.ts'
import { UNJUDGED } from './unjudged.ts'

await openNights()

test('a relation to someone whom the rules left out holds once they take him', async () => {
  const persons = [
    { key: 'C1', guardians: ['V1'] },
    { key: 'V1', role: 'Carer' },
  ]
  const site = await nights({ rules: 'take: { profiles: [student] }', limits: UNJUDGED })
  assert.equal((await site.apply({ persons })).tallies.person.notTaken, 1)
  await site.set({ rules: 'take: { profiles: all }' })
  const report = await site.apply({ persons })
  assert.equal(report.tallies.relation.added, 1)
  assert.deepEqual(await site.relations(), ['C1 guardian V1 by person'])
})

test('a relation to a guest holds once he is a guardian, though nothing else changed', async () => {
  const site = await nights({ rules: 'take: { profiles: [student, guardian] }', limits: UNJUDGED })
  const night = (role: string): { readonly persons: readonly PersonSpec[] } => ({
    persons: [
      { key: 'C1', guardians: ['V1', 'V2'] },
      { key: 'V1', role },
      { key: 'V2', role: 'Carer' },
    ],
  })
  await site.apply(night('Guest'))
  const report = await site.apply(night('Carer'))
  assert.deepEqual([report.recordsRead, report.tallies.relation.added], [1, 1])
  assert.deepEqual(await site.relations(), ['C1 guardian V1 by person', 'C1 guardian V2 by person'])
})

test('a username whose owner was to have another one, and is set aside, stays his', async () => {
  const site = await nights({ limits: UNJUDGED })
  const keeps = { key: 'R', username: 'second' }
  await site.apply({ persons: [{ key: 'O', username: 'first' }, keeps] })
  const report = await site.apply({
    persons: [{ key: 'O', username: 'second' }, keeps, { key: 'P', username: 'first' }],
  })
  assert.deepEqual(report.problems, { DUPLICATE_USERNAME: 2, USERNAME_TAKEN: 1 })
  assert.equal((await site.person('O'))?.username, 'first')
  assert.equal((await site.person('P'))?.username, null)
})

test('the same where his key is the trouble', async () => {
  const site = await nights({ limits: UNJUDGED })
  await site.apply({ persons: [{ key: 'O', username: 'first' }, 'Q'] })
  const report = await site.apply({
    persons: [
      { key: 'O', old: 'Q', username: 'second' },
      { key: 'P', username: 'first' },
    ],
  })
  assert.deepEqual(report.problems, { REKEY_CONFLICT: 1, USERNAME_TAKEN: 1 })
  assert.equal((await site.person('O'))?.username, 'first')
})

test('a username is made for everybody, however many share a name, in as many statements', async () => {
  const statements: number[] = []
  for (const count of [2, 120]) {
    const site = await nights({ rules: 'usernames: "{given}{n}"', limits: UNJUDGED })
    const persons = Array.from({ length: count }, (_, at) => ({ key: `P${at}`, given: 'Ola' }))
    statements.push((await site.apply({ persons })).statements)
    const rows = await site.query<{ username: string }>(
      'select username from persons where site_id = $1',
    )
    assert.deepEqual(
      rows.map(({ username }) => username).toSorted(),
      persons.map((_, at) => `ola${at === 0 ? '' : at + 1}`).toSorted(),
    )
  }
  const [few = 0, many = 0] = statements
  assert.ok(many - few <= 10, `${few} statements for 2 persons, ${many} for 120`)
})

test('a change of nothing but extension data of a membership is applied and counted, not judged', async () => {
  const site = await nights({ limits: { 'memberships.updated': { percent: 10, floor: 0 } } })
  const night = (grade: string, role = '01'): string =>
    deliveryText({
      persons: ['P1'],
      groups: ['G1'],
      lists: [{ group: 'G1', members: [{ key: 'P1', role, begin: '2026-08-17' }] }],
    }).replace('</role>', `<extension><grade>${grade}</grade></extension></role>`)
  await site.apply(night('4'))
  const { tallies } = await site.apply(night('5'))
  assert.deepEqual([tallies.membership.updated, tallies.membership.updatedInExtension], [1, 1])
  assert.equal((await site.import(night('5', '02'))).outcome, 'held')
})

test('of two records with one key of which one cannot be used neither is, whichever comes first', async () => {
  const site = await nights({ limits: UNJUDGED })
  const text = deliveryText({ persons: ['P1', 'X', { key: 'X', name: '' }] })
  const elements = text.split('\n')
  const at = elements.findIndex((line) => line.includes('<id>X</id>'))
  const [one = '', other = ''] = elements.splice(at, 2)
  elements.splice(at, 0, other, one)
  for (const delivery of [text, elements.join('\n')]) {
    assert.equal((await site.apply(delivery)).tallies.person.setAside, 2)
    assert.deepEqual(await site.persons(), ['P1'])
  }
})
