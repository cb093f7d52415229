import assert from 'node:assert/strict'
import test from 'node:test'
import type { RunReport } from '../../../src/import/report.ts'
import { type DeliverySpec, keys } from '../deliveries.ts'
import { nights, openNights } from '../nights.ts'

await openNights()

// Every import here compares the counts table, school by school, with the roster.

const schools = ['S1', 'S2'].map((key) => ({ key, type: 'School', title: key }))
const delivery = (parent: string, members: DeliverySpec['lists']): DeliverySpec => ({
  persons: keys('P', 6),
  groups: [
    ...schools,
    { key: 'A1', parent },
    { key: 'B1', parent: 'S1' },
    { key: 'B2', parent: 'S2' },
    'N1',
  ],
  lists: [
    ...(members ?? []),
    { group: 'B1', members: ['P1', 'P2'] },
    { group: 'B2', members: ['P2', 'P3'] },
    { group: 'N1', members: ['P4'] },
  ],
})

/** Persons and memberships of a school before and after: by its name. */
function at({ tallies, schoolNames }: RunReport, name: string): number[] {
  const tally = tallies.schools.find(({ school }) => (schoolNames[school] ?? 'none') === name)
  assert.ok(tally)
  return [tally.persons, tally.memberships].flatMap(({ before, added, removed, moved }) => [
    before,
    before + added - removed + moved,
  ])
}

test('a person counts in every school where he is a member, and under none without one', async () => {
  const site = await nights()
  const report = await site.apply(delivery('S1', []))
  assert.deepEqual(
    [at(report, 'S1'), at(report, 'S2'), at(report, 'none')],
    [
      [0, 2, 0, 2],
      [0, 2, 0, 2],
      // P4 in a group under no school, P5 and P6 nowhere.
      [0, 3, 0, 1],
    ],
  )
})

test('a group that moves under another school takes its members along', async () => {
  const site = await nights()
  const lists = [{ group: 'A1', members: ['P1', 'P5', 'P6'] }]
  await site.apply(delivery('S1', lists))
  const report = await site.apply(delivery('S2', lists))
  // P1 stays at S1 through B1.
  assert.deepEqual(
    [at(report, 'S1'), at(report, 'S2')],
    [
      [4, 2, 5, 2],
      [2, 5, 2, 5],
    ],
  )
  assert.deepEqual([report.tallies.person.removed, report.tallies.membership.removed], [0, 0])
  assert.equal(await site.schoolOf('A1'), 'S2')
})

test('also where members become inactive or active, change, leave and come on the same night', async () => {
  const site = await nights()
  await site.apply(
    delivery('S1', [{ group: 'A1', members: ['P1', 'P4', { key: 'P5', status: 0 }, 'P6'] }]),
  )
  const report = await site.apply(
    delivery('S2', [
      { group: 'A1', members: [{ key: 'P1', role: '02' }, { key: 'P4', status: 0 }, 'P5', 'P3'] },
    ]),
  )
  const { added, updated, removed } = report.tallies.membership
  assert.deepEqual([added, updated, removed], [2, 1, 2])
  assert.deepEqual(
    [at(report, 'S1'), at(report, 'S2'), at(report, 'none')],
    [
      [4, 2, 5, 2],
      [2, 4, 2, 5],
      [2, 2, 1, 1],
    ],
  )
})

test('a group below moves with the one above it', async () => {
  const site = await nights()
  const groups = (parent: string): DeliverySpec => ({
    persons: keys('P', 4),
    groups: [...schools, { key: 'Y1', parent }, { key: 'A1', parent: 'Y1' }],
    lists: [
      { group: 'S1', members: ['P1', 'P2'] },
      { group: 'S2', members: ['P3'] },
      { group: 'A1', members: ['P4'] },
    ],
  })
  await site.apply(groups('S1'))
  const report = await site.apply(groups('S2'))
  assert.equal(await site.schoolOf('A1'), 'S2')
  assert.deepEqual(
    [report.tallies.group.updated, at(report, 'S1'), at(report, 'S2')],
    [1, [3, 2, 3, 2], [1, 2, 1, 2]],
  )
})

test('a school that is no longer sent is held; released, its groups hang under the site', async () => {
  const site = await nights()
  await site.apply(delivery('S1', []))
  const groups = (delivery('S1', []).groups ?? []).filter(
    (group) => typeof group === 'string' || group.key !== 'S2',
  )
  const held = await site.hold({ ...delivery('S1', []), groups })
  assert.deepEqual(
    new Set(held.findings.map(({ code, what }) => `${code} ${what}`)),
    new Set(['SCHOOL_EMPTIED persons', 'SCHOOL_EMPTIED groups', 'SCHOOL_EMPTIED memberships']),
  )
  const report = await site.release(held.run)
  assert.deepEqual(at(report, 'S2'), [2, 0, 2, 0])
  assert.deepEqual(await site.tree(), ['A1 < S1', 'B1 < S1', 'B2 < site', 'N1 < site', 'S1 < site'])
  assert.equal((await site.memberships()).length, 5)
})

test('a group that becomes a school takes what hangs under it', async () => {
  const site = await nights()
  const lists = [{ group: 'A1', members: ['P5'] }]
  const spec = delivery('N1', lists)
  await site.apply(spec)
  const groups = (spec.groups ?? []).map((group) =>
    group === 'N1' ? { key: 'N1', type: 'School', title: 'N1' } : group,
  )
  const report = await site.apply({ ...spec, groups })
  assert.deepEqual([at(report, 'N1'), await site.schoolOf('A1')], [[0, 2, 0, 2], 'N1'])
})
