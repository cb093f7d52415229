import assert from 'node:assert/strict'
import test from 'node:test'
import { nights, openNights } from '../nights.ts'

await openNights()

const groups = ['G1']
const child = { key: 'C1', guardians: ['F1'] }
const plain = { key: 'C1' }
const parent = { key: 'F1', role: 'Carer' }
const speaks = { ...parent, children: ['C1'] }
const others = ['P1', 'P2']

test('a relation that the child states, the guardian, or both, is one row', async () => {
  const site = await nights()
  await site.apply({ persons: [child, parent, ...others], groups })
  assert.deepEqual(await site.relations(), ['C1 guardian F1 by person'])
  const both = await site.apply({ persons: [child, speaks, ...others], groups })
  assert.deepEqual(await site.relations(), ['C1 guardian F1 by both'])
  assert.equal(both.tallies.relation.added, 0)
  await site.apply({ persons: [plain, speaks, ...others], groups })
  assert.deepEqual(await site.relations(), ['C1 guardian F1 by other'])
})

test('it is gone when neither says it', async () => {
  const site = await nights()
  await site.apply({ persons: [child, speaks, ...others], groups })
  await site.apply({ persons: [child, parent, ...others], groups })
  assert.deepEqual(await site.relations(), ['C1 guardian F1 by person'])
  const report = await site.apply({ persons: [plain, parent, ...others], groups })
  assert.equal(report.tallies.relation.removed, 1)
  assert.deepEqual(await site.relations(), [])
})

test('the word may name the carrier, the other, or whom the profile says', async () => {
  const persons = [{ key: 'C1', children: ['F1'] }, parent, ...others]
  // "guardian" in the child's own record names the other one here.
  const site = await nights({ rules: 'relations: { direction: other }' })
  await site.apply({ persons, groups })
  assert.deepEqual(await site.relations(), ['C1 guardian F1 by person'])
  const profile = await nights({ rules: 'relations: { direction: profile }' })
  await profile.apply({ persons, groups })
  assert.deepEqual(await profile.relations(), ['C1 guardian F1 by person'])
  const carrier = await nights()
  await carrier.apply({ persons, groups })
  assert.deepEqual(await carrier.relations(), ['F1 guardian C1 by other'])
})

test('contact persons of PIFU are guardians and next of kin', async () => {
  const site = await nights()
  const contact = (type: string, key: string): string =>
    `<pifu_hasContactPerson type="${type}"><sourcedid><source>school</source><id>${key}</id></sourcedid></pifu_hasContactPerson>`
  const extension = contact('guardian', 'F1') + contact('nextOfKin', 'P1')
  await site.apply({ persons: [{ key: 'C1', extension }, parent, ...others], groups })
  assert.deepEqual(await site.relations(), [
    'C1 guardian F1 by person',
    'C1 nextOfKin P1 by person',
  ])
})

test('a relation to someone unknown is set aside and made as soon as he is sent', async () => {
  const site = await nights()
  const report = await site.apply({ persons: [child, ...others], groups })
  assert.equal(report.tallies.relation.setAside, 1)
  const again = await site.apply({ persons: [child, ...others], groups })
  assert.deepEqual([again.recordsRead, again.tallies.relation.setAside], [1, 1])
  await site.apply({ persons: [child, parent, ...others], groups })
  assert.deepEqual(await site.relations(), ['C1 guardian F1 by person'])
})

test('a relation to oneself is set aside', async () => {
  const site = await nights()
  const report = await site.apply({
    persons: [{ key: 'P9', guardians: ['P9'] }, ...others],
    groups,
  })
  assert.deepEqual([report.tallies.relation.setAside, await site.relations()], [1, []])
})

test('one to a person in the recycle bin is kept, and holds again when he returns', async () => {
  const site = await nights()
  await site.apply({ persons: [child, parent, ...others], groups })
  await site.apply({ persons: [child, ...others], groups })
  assert.deepEqual(await site.relations(), ['C1 guardian F1 by person'])
  await site.apply({ persons: [child, parent, ...others], groups })
  assert.deepEqual(await site.relations(), ['C1 guardian F1 by person'])
})

test('one that the child takes back while the guardian is in the bin is gone when he returns', async () => {
  const site = await nights()
  await site.apply({ persons: [child, parent, ...others], groups })
  await site.apply({ persons: [child, ...others], groups })
  await site.apply({ persons: [plain, ...others], groups })
  await site.apply({ persons: [plain, parent, ...others], groups })
  assert.deepEqual(await site.relations(), [])
})

test('a child who changes in another way keeps his relation to a guardian in the bin', async () => {
  const site = await nights()
  await site.apply({ persons: [child, parent, ...others], groups })
  await site.apply({ persons: [child, ...others], groups })
  await site.apply({ persons: [{ ...child, name: 'Renamed' }, ...others], groups })
  await site.apply({ persons: [{ ...child, name: 'Renamed' }, parent, ...others], groups })
  assert.deepEqual(await site.relations(), ['C1 guardian F1 by person'])
})

test('role 06 in a group that rules call a mentor group makes a mentor of its learners', async () => {
  const site = await nights({ rules: 'groupKinds: [{ value: Tutor, kind: mentorGroup }]' })
  await site.apply({
    persons: ['P1', 'P2', { key: 'T1', role: 'Staff' }],
    groups: [{ key: 'M1', type: 'Tutor' }, 'G1'],
    lists: [
      { group: 'M1', members: ['P1', 'P2', { key: 'T1', role: '06' }] },
      { group: 'G1', members: ['P1', { key: 'T1', role: '06' }] },
    ],
  })
  const rows = await site.query<{ line: string }>(
    `select p.key || ' ' || o.key as line from mentors m join persons p on p.site_id = m.site_id and p.person_id = m.person_id
     join persons o on o.site_id = m.site_id and o.person_id = m.other_id where m.site_id = $1 order by 1`,
  )
  assert.deepEqual(
    rows.map(({ line }) => line),
    ['P1 T1', 'P2 T1'],
  )
})

test('what rules do not take is no relation', async () => {
  const site = await nights({ rules: 'relations: { guardian: false }' })
  const report = await site.apply({ persons: [child, parent, ...others], groups })
  assert.deepEqual([await site.relations(), report.tallies.relation.setAside], [[], 0])
})
