import assert from 'node:assert/strict'
import test from 'node:test'
import { type DeliverySpec, deliveryText, type ListSpec } from '../deliveries.ts'
import { nights, openNights } from '../nights.ts'
import { UNJUDGED } from './unjudged.ts'

await openNights()

/** A delivery with persons, groups and lists besides one list that never changes. */
function delivery({ persons = [], groups = [], lists = [], ...rest }: DeliverySpec): DeliverySpec {
  return {
    persons: ['Z1', ...persons],
    groups: ['GZ', ...groups],
    lists: [{ group: 'GZ', members: ['Z1'] }, ...lists],
    ...rest,
  }
}
const ALWAYS = 'GZ Z1 learner'
const G1 = (...members: ListSpec['members'][number][]): ListSpec => ({ group: 'G1', members })

test('a list that a delta touched and the next full delivery does not hold has no members any more', async () => {
  const site = await nights({ limits: UNJUDGED })
  const people = { persons: ['P1', 'P2'], groups: ['G1'] }
  await site.apply(delivery({ ...people, lists: [G1('P1')] }))
  await site.apply({ type: 'delta', lists: [G1('P2')] })
  await site.apply(delivery(people))
  assert.deepEqual(await site.memberships(), [ALWAYS])
})

test('a list that is gone and was released without removals is asked about again', async () => {
  const site = await nights({
    limits: { ...UNJUDGED, 'memberships.removed': { percent: 1, floor: 0 } },
  })
  const people = { persons: ['P1', 'P2'], groups: ['G1'] }
  await site.apply(delivery({ ...people, lists: [G1('P1', 'P2')] }))
  await site.release((await site.hold(delivery(people))).run, true)
  assert.equal((await site.hold(delivery(people))).tallies.membership.removed, 2)
})

test('a member who was unreadable one night and is gone the next is no member any more', async () => {
  const site = await nights({ limits: UNJUDGED })
  const people = { persons: ['P1', 'P2', 'P3'], groups: ['G1'] }
  await site.apply(delivery({ ...people, lists: [G1('P1', 'P2', 'P3')] }))
  await site.apply(delivery({ ...people, lists: [G1('P1', 'P2', { key: '' })] }))
  assert.equal((await site.memberships()).length, 4)
  await site.apply(delivery({ ...people, lists: [G1('P1', 'P2')] }))
  assert.deepEqual(await site.memberships(), ['G1 P1 learner', 'G1 P2 learner', ALWAYS])
})

test('a list that was missing while another could not be read and the context changed is still missed', async () => {
  const site = await nights({ limits: UNJUDGED })
  const send = (lists: readonly ListSpec[], datasource?: string): Promise<unknown> =>
    site.apply(
      delivery({
        persons: ['P1', 'P2'],
        groups: ['G1', 'G2'],
        lists,
        ...(datasource === undefined ? {} : { datasource }),
      }),
    )
  const second = { group: 'G2', members: ['P2'] }
  await send([G1('P1'), second])
  await send([{ group: '', members: ['P1'] }, second], 'another')
  assert.equal((await site.memberships()).length, 3)
  await send([second], 'another')
  assert.deepEqual(await site.memberships(), ['G2 P2 learner', ALWAYS])
})

test('a list that is missing after a delivery that carried none, under other rules, is missed', async () => {
  const site = await nights({ limits: UNJUDGED })
  const people = { persons: ['P1'], groups: ['G1'] }
  await site.apply(delivery({ ...people, lists: [G1('P1')] }))
  await site.set({ rules: 'carries: [person, group]' })
  await site.apply({ persons: ['P1', 'Z1'], groups: ['G1', 'GZ'] })
  await site.set({ rules: '' })
  await site.apply(delivery(people))
  assert.deepEqual(await site.memberships(), [ALWAYS])
})

test('a group that was left out, released without removals, is taken again with its members', async () => {
  const site = await nights({
    rules: 'take: { exceptGroups: [{ value: Club }] }',
    limits: { ...UNJUDGED, 'groups.removed': { percent: 1, floor: 0 } },
  })
  const night = (type: string): DeliverySpec =>
    delivery({ persons: ['P1'], groups: ['G2', { key: 'G1', type }], lists: [G1('P1')] })
  await site.apply(night('Group'))
  await site.release((await site.hold(night('Club'))).run, true)
  assert.equal((await site.apply(night('Group'))).tallies.membership.removed, 0)
  assert.deepEqual(await site.memberships(), ['G1 P1 learner', ALWAYS])
})

const STUDENTS = 'take: { profiles: [student] }'

test('two records with one key that the rules leave out are no trouble, night after night', async () => {
  const site = await nights({ rules: STUDENTS })
  const twice = delivery({
    persons: [
      { key: 'X', role: 'Guest', name: 'One' },
      { key: 'X', role: 'Guest', name: 'Two' },
    ],
  })
  for (const _ of [1, 2, 3]) {
    const { tallies, problems } = await site.apply(twice)
    assert.deepEqual([tallies.person.setAside, problems], [0, {}])
  }
})

test('a record that is taken counts, whatever the rules leave out under its key', async () => {
  for (const name of ['Before', 'After']) {
    const site = await nights({ rules: STUDENTS })
    await site.apply(delivery({ persons: [{ key: 'X', role: 'Guest', name: 'Before' }] }))
    const both = delivery({ persons: [{ key: 'X', role: 'Guest', name }, { key: 'X' }] })
    for (const _ of [1, 2]) await site.apply(both)
    assert.deepEqual(await site.persons(), ['X', 'Z1'])
  }
})

test('someone who gets the key of a record that was left out keeps being himself', async () => {
  const site = await nights({ rules: STUDENTS })
  await site.apply(delivery({ persons: [{ key: 'X', role: 'Guest' }, 'P1'] }))
  await site.apply(delivery({ persons: [{ key: 'X', old: 'P1', name: 'One' }] }))
  await site.apply(delivery({ persons: [{ key: 'X', name: 'Two' }] }))
  assert.deepEqual(await site.persons(), ['X', 'Z1'])
  assert.equal((await site.person('X'))?.fields['name'], 'Two')
})

test('a full delivery does not take the place of a delta that waits', async () => {
  const site = await nights({
    limits: { ...UNJUDGED, 'memberships.removed': { percent: 1, floor: 0 } },
  })
  const full = delivery({ persons: ['P1', 'P2'], groups: ['G1'], lists: [G1('P1', 'P2')] })
  await site.apply(full)
  const { run } = await site.hold({ type: 'delta', lists: [G1({ key: 'P1', recstatus: 3 })] })
  const waiting = await site.import(full)
  assert.equal(waiting.outcome, 'queued')
  assert.deepEqual(
    await site.query('select state from runs where site_id = $1 and run_id = $2', [run]),
    [{ state: 'held' }],
  )
})

test('a delta adds and takes away groups as members, and leaves the others alone', async () => {
  const site = await nights({ limits: UNJUDGED })
  const link = (key: string, recstatus?: 3): ListSpec['members'][number] => ({
    key,
    isGroup: true,
    ...(recstatus === undefined ? {} : { recstatus }),
  })
  const links = async (): Promise<string[]> => {
    const rows = await site.query<{ key: string }>(
      'select member_key as key from group_links where site_id = $1 and to_run is null order by 1',
    )
    return rows.map(({ key }) => key)
  }
  const groups = ['G1', 'G2', 'G3', 'G4']
  await site.apply(delivery({ groups, lists: [G1(link('G2'))] }))
  await site.apply({ type: 'delta', lists: [G1(link('G3'), link('G4'))] })
  assert.deepEqual(await links(), ['G2', 'G3', 'G4'])
  await site.apply({ type: 'delta', lists: [G1(link('G2', 3))] })
  assert.deepEqual(await links(), ['G3', 'G4'])
  await site.apply(delivery({ groups, lists: [G1(link('G4'))] }))
  assert.deepEqual(await links(), ['G4'])
})

test('a parent that the rules leave out is no trouble, and none where another parent is named', async () => {
  const site = await nights({ rules: 'take: { exceptGroups: [{ value: Club }] }' })
  const groups = ['G1', { key: 'G2', parent: 'N' }, { key: 'N', type: 'Club' }]
  const named = deliveryText(delivery({ groups })).replace('<label/>', '<label>again</label>')
  const both = named.replace(
    '</relationship></group>',
    '</relationship><relationship relation="1"><sourcedid><source>school</source><id>G1</id></sourcedid><label/></relationship></group>',
  )
  for (const [text, parent, read] of [
    [named, 'site', 6],
    [`${named}\n`, 'site', 0],
    [both, 'G1', 1],
    [`${both}\n`, 'G1', 0],
  ] as const) {
    const report = await site.apply(text)
    assert.deepEqual([report.problems, report.recordsRead], [{}, read])
    assert.deepEqual(await site.tree(), ['G1 < site', `G2 < ${parent}`, 'GZ < site'])
  }
  await site.set({ rules: '' })
  await site.apply(named)
  assert.deepEqual(await site.tree(), ['G1 < site', 'G2 < N', 'GZ < site', 'N < site'])
})
