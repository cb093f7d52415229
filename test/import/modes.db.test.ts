import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { DeliverySpec, PersonSpec } from './deliveries.ts'
import { nights, openNights, type Nights } from './nights.ts'

await openNights()

/** Nothing here is about the safety filter. */
const OPEN = { percent: 100, floor: 1000 }
const UNJUDGED = {
  'persons.removed': OPEN,
  'persons.updated': OPEN,
  'persons.removed.school': OPEN,
  'groups.removed': OPEN,
  'groups.updated': OPEN,
  'courses.archived': OPEN,
  'memberships.removed': OPEN,
  'memberships.removed.school': OPEN,
  'memberships.updated': OPEN,
}
const START: DeliverySpec = {
  persons: ['P1', 'P2', { key: 'T1', role: 'Staff' }, { key: 'T2', role: 'Staff' }],
  groups: [
    { key: 'S1', type: 'School' },
    { key: 'A1', parent: 'S1' },
    { key: 'C1', type: 'Course', parent: 'A1' },
  ],
  lists: [
    { group: 'A1', members: ['P1', 'P2', { key: 'T1', role: '02' }, { key: 'T2', role: '02' }] },
    { group: 'C1', members: ['P1', 'P2'] },
  ],
}

async function started(mode: 'additions-and-updates' | 'additions-only'): Promise<Nights> {
  const site = await nights({ limits: UNJUDGED })
  await site.apply(START)
  await site.set({ delay: { mode } })
  return site
}

/** P2 and T2 leave, P1 is called otherwise, A1 goes and its course moves under the school, A2 and P3 are new. */
const NEXT: DeliverySpec = {
  persons: [{ key: 'P1', name: 'Renamed' }, 'P3', { key: 'T1', role: 'Staff' }],
  groups: [
    { key: 'S1', type: 'School' },
    { key: 'A2', parent: 'S1' },
    { key: 'C1', type: 'Course', parent: 'A2' },
  ],
  lists: [
    { group: 'A2', members: ['P1', 'P3'] },
    { group: 'C1', members: [{ key: 'P1', role: '02' }, 'P3'] },
  ],
}

describe('additions and updates', () => {
  test('what goes waits, staff who leave do not, and the same bytes apply the rest afterwards', async () => {
    const site = await started('additions-and-updates')
    const report = await site.apply(NEXT)
    assert.deepEqual(await site.persons(), ['P1', 'P2', 'P3', 'T1'])
    assert.deepEqual(await site.persons('binned'), ['T2'])
    assert.equal((await site.person('P1'))?.fields['name'], 'Renamed')
    assert.deepEqual(await site.tree(), ['A1 < S1', 'A2 < S1', 'C1 < A2', 'S1 < site'])
    assert.deepEqual(await site.memberships(), [
      'A1 P1 learner',
      'A1 P2 learner',
      'A1 T1 teacher',
      'A2 P1 learner',
      'A2 P3 learner',
      'C1 P1 teacher',
      'C1 P2 learner',
      'C1 P3 learner',
    ])
    assert.deepEqual((await site.waiting()).toSorted(), [
      'remove group A1',
      'remove membership P1 in A1',
      'remove membership P2 in A1',
      'remove membership P2 in C1',
      'remove membership T1 in A1',
      'remove person P2',
    ])
    assert.deepEqual(report.waiting?.profiles, { student: { updated: 0, removed: 1 } })
    await site.set({ delay: { mode: 'everything' } })
    const rest = await site.apply(NEXT)
    assert.deepEqual(
      [rest.tallies.person.removed, rest.tallies.group.removed, rest.waiting],
      [1, 1, undefined],
    )
    assert.deepEqual(await site.waiting(), [])
    assert.deepEqual(await site.tree(), ['A2 < S1', 'C1 < A2', 'S1 < site'])
  })

  test('a record that comes back is not waited for any more', async () => {
    const site = await started('additions-and-updates')
    await site.apply(NEXT)
    const { tallies, waiting } = await site.apply({ ...START, groups: [...(START.groups ?? [])] })
    assert.equal(tallies.person.removed, 0)
    assert.deepEqual([waiting?.person.removed, waiting?.group.removed], [1, 1])
    assert.deepEqual(await site.persons(), ['P1', 'P2', 'P3', 'T1', 'T2'])
    assert.deepEqual(
      (await site.waiting()).filter((line) => line.includes('person')),
      ['remove person P3'],
    )
  })

  test('how long something waits counts from the first night', async () => {
    const site = await started('additions-and-updates')
    await site.apply(NEXT)
    const first = await site.query('select distinct since from waiting where site_id = $1')
    await site.apply(NEXT)
    assert.deepEqual(
      await site.query('select distinct since from waiting where site_id = $1'),
      first,
    )
  })

  test('staff wait, too, where that is set', async () => {
    const site = await started('additions-and-updates')
    await site.set({ delay: { mode: 'additions-and-updates', delayStaff: true } })
    await site.apply(NEXT)
    assert.deepEqual(await site.persons('binned'), [])
    assert.ok((await site.waiting()).includes('remove person T2'))
  })

  test('the mode ends behind its last day', async () => {
    const site = await nights({ limits: UNJUDGED })
    await site.apply(START)
    await site.set({ delay: { mode: 'additions-and-updates', until: '2026-09-02' } })
    await site.apply(NEXT)
    assert.deepEqual(await site.persons('binned'), ['T2'])
    await site.apply(NEXT)
    assert.deepEqual(await site.persons('binned'), ['P2', 'T2'])
  })
})

describe('additions only', () => {
  test('changes wait, too: values, roles, keys, and places in the tree', async () => {
    const site = await started('additions-only')
    await site.apply(NEXT)
    assert.notEqual((await site.person('P1'))?.fields['name'], 'Renamed')
    assert.deepEqual(await site.tree(), ['A1 < S1', 'A2 < S1', 'C1 < A1', 'S1 < site'])
    const memberships = await site.memberships()
    assert.ok(memberships.includes('C1 P1 learner'))
    assert.ok(memberships.includes('C1 P3 learner'))
    const waiting = await site.waiting()
    for (const line of ['update person P1', 'update group C1', 'update membership P1 in C1']) {
      assert.ok(waiting.includes(line), line)
    }
    await site.set({ delay: { mode: 'everything' } })
    await site.apply(NEXT)
    assert.deepEqual(await site.tree(), ['A2 < S1', 'C1 < A2', 'S1 < site'])
    assert.equal((await site.person('P1'))?.fields['name'], 'Renamed')
  })

  test('who gets a new key keeps the old one and gets new memberships under the new one', async () => {
    const site = await started('additions-only')
    const persons: PersonSpec[] = [
      { key: 'N1', old: 'P1' },
      { key: 'P2' },
      { key: 'T1', role: 'Staff' },
      { key: 'T2', role: 'Staff' },
    ]
    const groups = [
      ...(START.groups ?? []).filter((group) => typeof group === 'string' || group.key !== 'A1'),
      { key: 'B1', old: 'A1', parent: 'S1' },
      { key: 'B2', parent: 'B1' },
    ]
    const next = { persons, groups, lists: [{ group: 'B2', members: ['N1'] }] }
    await site.apply(next)
    assert.ok((await site.memberships()).includes('B2 P1 learner'))
    assert.ok((await site.tree()).includes('B2 < A1'))
    assert.equal(await site.schoolOf('B2'), 'S1')
    assert.ok((await site.waiting()).includes('rekey person P1'))
    assert.deepEqual((await site.apply(next)).tallies.person.added, 0)
    await site.set({ delay: { mode: 'everything' } })
    await site.apply(next)
    assert.deepEqual(await site.persons(), ['N1', 'P2', 'T1', 'T2'])
    assert.deepEqual(await site.tree(), ['B1 < S1', 'B2 < B1', 'C1 < B1', 'S1 < site'])
  })

  test('a username that a waiting change would free is given to nobody yet', async () => {
    const site = await nights({ limits: UNJUDGED })
    await site.apply({ persons: [{ key: 'P1', username: 'anna' }], groups: ['G1'] })
    await site.set({ delay: { mode: 'additions-only' } })
    const next = {
      persons: [
        { key: 'P1', username: 'berit' },
        { key: 'P2', username: 'anna' },
      ],
      groups: ['G1'],
    }
    await site.apply(next)
    const names = async (): Promise<unknown> => [
      (await site.person('P1'))?.username,
      (await site.person('P2'))?.username,
    ]
    assert.deepEqual(await names(), ['anna', null])
    await site.apply(next)
    assert.deepEqual(await names(), ['anna', null])
    await site.set({ delay: { mode: 'everything' } })
    await site.apply(next)
    assert.deepEqual(await names(), ['berit', 'anna'])
  })
})

describe('letting through', () => {
  test('one record goes with its memberships, the others wait on', async () => {
    const site = await started('additions-and-updates')
    await site.apply(NEXT)
    const report = await site.letThrough({ key: 'P2' })
    assert.deepEqual(report.letThrough, { key: 'P2', by: 'test' })
    assert.deepEqual([report.tallies.person.removed, report.tallies.membership.removed], [1, 2])
    assert.deepEqual(await site.persons('binned'), ['P2', 'T2'])
    assert.deepEqual((await site.waiting()).toSorted(), [
      'remove group A1',
      'remove membership P1 in A1',
      'remove membership T1 in A1',
    ])
    await site.letThrough({ key: 'A1' })
    assert.deepEqual(await site.waiting(), [])
    await assert.rejects(site.letThrough({ key: 'P2' }), { code: 'ERR_NOT_FOUND' })
  })

  test('all of a school goes, and all of a profile', async () => {
    const site = await started('additions-only')
    await site.apply(NEXT)
    await site.letThrough({ profile: 'student' })
    assert.equal((await site.person('P1'))?.fields['name'], 'Renamed')
    assert.deepEqual(await site.persons('binned'), ['P2', 'T2'])
    assert.ok((await site.waiting()).includes('remove group A1'))
    await site.letThrough({ school: 'S1' })
    assert.deepEqual(await site.waiting(), [])
    assert.deepEqual(await site.tree(), ['A2 < S1', 'C1 < A2', 'S1 < site'])
  })

  test('is judged as always', async () => {
    const site = await started('additions-and-updates')
    await site.apply(NEXT)
    await site.set({ limits: { ...UNJUDGED, 'persons.removed': { percent: 1, floor: 0 } } })
    const report = await site.letThrough({ key: 'P2' })
    assert.equal(report.outcome, 'held')
    await site.release(report.run)
    assert.deepEqual(await site.persons('binned'), ['P2', 'T2'])
    assert.ok((await site.waiting()).includes('remove group A1'))
  })
})

describe('a plan that is held under a mode', () => {
  test('is judged with what waits, and released without it', async () => {
    const site = await started('additions-and-updates')
    await site.set({ limits: { ...UNJUDGED, 'groups.removed': { percent: 1, floor: 0 } } })
    const held = await site.hold(NEXT)
    assert.equal(held.tallies.person.removed, 2)
    assert.equal(held.waiting?.person.removed, 1)
    const report = await site.release(held.run)
    assert.deepEqual([report.tallies.person.removed, report.waiting?.person.removed], [1, 1])
    assert.deepEqual(await site.persons('binned'), ['T2'])
  })

  test('released without removals keeps staff, too, and lists what waits', async () => {
    const site = await nights({
      limits: { ...UNJUDGED, 'groups.removed': { percent: 1, floor: 0 } },
    })
    await site.apply(START)
    const report = await site.release((await site.hold(NEXT)).run, true)
    assert.equal(report.waiting?.person.removed, 2)
    assert.deepEqual(await site.persons('binned'), [])
    assert.ok((await site.waiting()).includes('remove person T2'))
  })
})

test('a circle that waiting would make is not made: the group stays where it is, too', async () => {
  const site = await nights({ limits: UNJUDGED })
  const persons = ['P1']
  await site.apply({ persons, groups: ['B1', { key: 'A1', type: 'Course', parent: 'B1' }] })
  await site.set({ delay: { mode: 'additions-and-updates' } })
  const next = {
    persons,
    groups: [
      { key: 'B1', parent: 'A1' },
      { key: 'A1', type: 'Group' },
    ],
  }
  await site.apply(next)
  assert.deepEqual(await site.tree(), ['A1 < B1', 'B1 < site'])
  await site.set({ delay: { mode: 'everything' } })
  await site.apply(next)
  assert.deepEqual(await site.tree(), ['A1 < site', 'B1 < A1'])
})
