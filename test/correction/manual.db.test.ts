import assert from 'node:assert/strict'
import test from 'node:test'
import { edit } from '../../src/correction/edit.ts'
import { addGroup, addPerson, remove } from '../../src/correction/manual.ts'
import { addMember, removeMember } from '../../src/correction/members.ts'
import { reopenCourse, restorePerson } from '../../src/correction/put-away.ts'
import { undoRun } from '../../src/correction/undo.ts'
import { nights, openNights } from '../import/nights.ts'
import { byTest } from './by-hand.ts'

await openNights()

const first = {
  persons: [{ key: 'P1', username: 'anna' }, 'P2'],
  groups: [
    { key: 'S1', type: 'School' },
    { key: 'G1', parent: 'S1' },
  ],
  lists: [{ group: 'G1', members: ['P1', 'P2'] }],
}

test('a person made by hand has no key, and no source touches him', async () => {
  const site = await nights()
  await site.apply(first)
  const values = { name: 'Substitute', username: 'sub' }
  const { id } = await addPerson({ ...byTest(site), profile: 'staff', values })
  await site.apply({ ...first, persons: ['P2'], lists: [{ group: 'G1', members: ['P2'] }] })
  const [row] = await site.query<{ state: string; username: string; sent: unknown }>(
    'select state, username, sent from persons where site_id = $1 and person_id = $2',
    [id],
  )
  assert.deepEqual(row, { state: 'active', username: 'sub', sent: null })
  await edit({ ...byTest(site), name: `#${id}`, values: { name: 'Other' }, unlock: false })
  await assert.rejects(addPerson({ ...byTest(site), profile: 'staff', values }), {
    code: 'ERR_TAKEN',
  })
})

test('a group made by hand under a group of a source has its school, and stays where it hangs', async () => {
  const site = await nights()
  await site.apply(first)
  const outer = await addGroup({
    ...byTest(site),
    kind: 'group',
    values: { title: 'Clubs' },
    under: 'S1',
  })
  const inner = await addGroup({
    ...byTest(site),
    kind: 'course',
    values: { title: 'Chess' },
    under: `#${outer.id}`,
  })
  await site.apply({ ...first, groups: [...first.groups, { key: 'G2', parent: 'S1' }] })
  const rows = await site.query<{ id: number; parent: number | null; school: string }>(
    `select g.group_id as id, g.parent_id as parent, s.key as school from groups g
     join groups s on s.site_id = g.site_id and s.group_id = g.school_id
     where g.site_id = $1 and g.key is null order by 1`,
  )
  const [school] = await site.query<{ id: number }>(
    `select group_id as id from groups where site_id = $1 and key = 'S1'`,
  )
  assert.deepEqual(rows, [
    { id: outer.id, parent: school?.id, school: 'S1' },
    { id: inner.id, parent: outer.id, school: 'S1' },
  ])
  assert.deepEqual(
    (await site.courses()).map(({ title, state }) => [title, state]),
    [['Chess', 'open']],
  )

  await remove({ ...byTest(site), name: `#${inner.id}`, kind: 'group', unlock: false })
  assert.deepEqual(
    (await site.courses()).map(({ title, state }) => [title, state]),
    [['Chess', 'archived']],
  )
})

test('a membership made by hand stays when the source ends its own, and is there beside it', async () => {
  const site = await nights()
  await site.apply(first)
  await addMember({ ...byTest(site), group: 'G1', person: 'P1', role: 'assistant' })
  assert.deepEqual(await site.memberships(), ['G1 P1 learner', 'G1 P1 assistant', 'G1 P2 learner'])
  await site.apply({ ...first, lists: [{ group: 'G1', members: ['P2'] }] })
  assert.deepEqual(await site.memberships(), ['G1 P1 assistant', 'G1 P2 learner'])
  await removeMember({ ...byTest(site), group: 'G1', person: 'P1', unlock: false })
  assert.deepEqual(await site.memberships(), ['G1 P2 learner'])
  await assert.rejects(
    removeMember({ ...byTest(site), group: 'G1', person: 'P2', unlock: false }),
    { code: 'ERR_LOCKED' },
  )
  await assert.rejects(
    removeMember({ ...byTest(site), group: 'G1', person: 'P1', unlock: false }),
    { code: 'ERR_NOT_POSSIBLE' },
  )
})

test('a person restored by hand is nobody’s until a source sends him again', async () => {
  const site = await nights()
  await site.apply(first)
  await site.apply({ ...first, persons: ['P2'], lists: [{ group: 'G1', members: ['P2'] }] })
  const before = await site.person('P1')
  const { report } = await restorePerson({ ...byTest(site), name: 'P1' })
  const [row] = await site.query<{ source: number | null; state: string }>(
    `select source_id as source, state from persons where site_id = $1 and key = 'P1'`,
  )
  assert.deepEqual(row, { source: null, state: 'active' })
  await site.apply({ ...first, persons: ['P2', 'P3'], lists: [{ group: 'G1', members: ['P2'] }] })
  assert.equal((await site.person('P1'))?.state, 'active', 'no delivery removes him')

  await site.apply(first)
  const now = await site.person('P1')
  assert.deepEqual([now?.id, now?.username, now?.state], [before?.id, 'anna', 'active'])
  assert.deepEqual(await site.memberships(), ['G1 P1 learner', 'G1 P2 learner'])
  assert.equal(report.kind, 'restore')
})

test('an archived course is opened again with the members that it kept, and that can be undone', async () => {
  const site = await nights()
  const course = { key: 'C1', type: 'Course', parent: 'S1' }
  await site.apply({
    ...first,
    groups: [...first.groups, course],
    lists: [...first.lists, { group: 'C1', members: ['P1'] }],
  })
  await site.accept(first)
  const { report } = await reopenCourse({ ...byTest(site), name: 'C1' })
  assert.deepEqual(
    (await site.courses()).map(({ state, members }) => [state, members]),
    [['open', ['P1 learner']]],
  )
  await undoRun({ ...byTest(site), run: report.run })
  assert.equal((await site.courses())[0]?.state, 'archived')
  await reopenCourse({ ...byTest(site), name: 'C1' })
  await assert.rejects(reopenCourse({ ...byTest(site), name: 'C1' }), { code: 'ERR_NOT_POSSIBLE' })
})
