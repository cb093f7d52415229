import assert from 'node:assert/strict'
import test from 'node:test'
import { nights, openNights } from '../nights.ts'

await openNights()

const persons = ['P1', 'P2']
const school = { key: 'S1', type: 'School' }
const year = { key: 'Y1', parent: 'S1' }
const unit = { key: 'A1', parent: 'Y1' }
const team = { key: 'T1', parent: 'A1' }

test('a group that is no longer sent is gone and its memberships end', async () => {
  const site = await nights()
  const list = { group: 'S1', members: ['P1', 'P2'] }
  await site.apply({
    persons,
    groups: [school, year],
    lists: [{ group: 'Y1', members: ['P1'] }, list],
  })
  const report = await site.apply({ persons, groups: [school], lists: [list] })
  assert.deepEqual([report.tallies.group.removed, report.tallies.membership.removed], [1, 1])
  assert.deepEqual(await site.tree(), ['S1 < site'])
  assert.deepEqual(await site.memberships(), ['S1 P1 learner', 'S1 P2 learner'])
})

test('its list, when still sent, is set aside and does not keep the memberships', async () => {
  const site = await nights()
  const lists = [
    { group: 'Y1', members: ['P1', 'P2'] },
    { group: 'S1', members: ['P1', 'P2'] },
  ]
  await site.apply({ persons, groups: [school, year], lists })
  const report = await site.apply({ persons, groups: [school], lists })
  assert.deepEqual([report.tallies.membership.removed, report.tallies.membership.setAside], [2, 2])
  assert.deepEqual(await site.memberships(), ['S1 P1 learner', 'S1 P2 learner'])
  const back = await site.apply({ persons, groups: [school, year], lists })
  assert.deepEqual([back.tallies.group.added, back.tallies.membership.added], [1, 2])
})

test('a child hangs under the nearest ancestor left, with a warning, and returns with its parent', async () => {
  const site = await nights()
  await site.apply({ persons, groups: [school, year, unit, team] })
  const left = await site.apply({ persons, groups: [school, team] })
  assert.deepEqual(await site.tree(), ['S1 < site', 'T1 < S1'])
  assert.deepEqual(await site.problems(left.run), ['PARENT_LEFT'])
  assert.deepEqual([left.tallies.group.removed, left.tallies.group.updated], [2, 1])
  const meanwhile = await site.apply({ persons, groups: [school, team] })
  assert.deepEqual(
    [meanwhile.tallies.group.updated, await site.problems(meanwhile.run)],
    [0, ['PARENT_LEFT']],
  )
  const back = await site.apply({ persons, groups: [school, year, unit, team] })
  assert.deepEqual(await site.tree(), ['A1 < Y1', 'S1 < site', 'T1 < A1', 'Y1 < S1'])
  assert.deepEqual([back.tallies.group.added, back.tallies.group.updated], [2, 1])
  assert.deepEqual(await site.problems(back.run), [])
})

test('a child whose parent leaves stays in its school', async () => {
  const site = await nights()
  await site.apply({
    persons,
    groups: [school, year, unit],
    lists: [{ group: 'A1', members: persons }],
  })
  await site.apply({ persons, groups: [school, unit], lists: [{ group: 'A1', members: persons }] })
  assert.equal(await site.schoolOf('A1'), 'S1')
  assert.deepEqual(await site.memberships(), ['A1 P1 learner', 'A1 P2 learner'])
})

test('a new group with an unknown parent hangs under the site until the parent comes', async () => {
  const site = await nights()
  const first = await site.apply({ persons, groups: [school, unit] })
  assert.deepEqual(await site.tree(), ['A1 < site', 'S1 < site'])
  assert.deepEqual(await site.problems(first.run), ['PARENT_UNKNOWN'])
  const again = await site.apply({ persons, groups: [school, unit] })
  assert.deepEqual(await site.problems(again.run), ['PARENT_UNKNOWN'])
  await site.apply({ persons, groups: [school, unit, year] })
  assert.deepEqual(await site.tree(), ['A1 < Y1', 'S1 < site', 'Y1 < S1'])
  assert.equal(await site.schoolOf('A1'), 'S1')
})

test('a group that comes back is a new node with its children and today’s members', async () => {
  const site = await nights()
  const lists = [
    { group: 'S1', members: persons },
    { group: 'Y1', members: persons },
  ]
  await site.apply({ persons, groups: [school, year, unit], lists })
  await site.apply({ persons, groups: [school, unit], lists: [lists[0] as (typeof lists)[0]] })
  await site.apply({ persons, groups: [school, year, unit], lists })
  assert.deepEqual(await site.tree(), ['A1 < Y1', 'S1 < site', 'Y1 < S1'])
  assert.equal((await site.memberships()).length, 4)
})
