import assert from 'node:assert/strict'
import test from 'node:test'
import { nights, openNights } from '../nights.ts'

await openNights()

const persons = ['P1', 'P2', 'P3', { key: 'T1', role: 'Staff' }]
const course = { key: 'C1', type: 'Course', title: 'Maths' }
const stays = { key: 'C2', type: 'Course', title: 'Art' }
const other = { group: 'C2', members: ['P1'] }
const members = [
  'P1',
  { key: 'P2', status: 0 },
  { key: 'P3', role: '06' },
  { key: 'T1', role: '02' },
] as const
const groups = [course, stays]

test('a course whose group leaves is archived, and those who are in it stay as they were', async () => {
  const site = await nights()
  const first = await site.apply({ persons, groups, lists: [{ group: 'C1', members }, other] })
  assert.deepEqual([first.tallies.course.added, first.tallies.group.added], [2, 2])
  const report = await site.apply({ persons, groups: [stays], lists: [other] })
  assert.deepEqual(await site.journal(report.run), ['archive course C1', 'remove group C1'])
  assert.deepEqual([report.tallies.course.removed, report.tallies.membership.removed], [1, 3])
  const [archived] = await site.courses()
  assert.deepEqual(
    [archived?.key, archived?.state, archived?.group, archived?.members],
    ['C1', 'archived', null, ['P1 learner', 'P3 mentor', 'T1 teacher']],
  )
  assert.deepEqual(await site.tree(), ['C2 < site'])
})

test('a membership that its dates have ended gets none in the archived course', async () => {
  const site = await nights()
  const ended = { key: 'P3', begin: '2026-01-01', end: '2026-06-30' }
  await site.apply({ persons, groups, lists: [{ group: 'C1', members: ['P1', ended] }, other] })
  await site.apply({ persons, groups: [stays], lists: [other] })
  assert.deepEqual((await site.courses())[0]?.members, ['P1 learner'])
})

test('someone who leaves in the same run keeps his place inactive, until he is restored', async () => {
  const site = await nights()
  await site.apply({ persons, groups, lists: [{ group: 'C1', members }, other] })
  await site.apply({ persons: persons.slice(0, 3), groups: [stays], lists: [other] })
  assert.deepEqual((await site.courses())[0]?.members, [
    'P1 learner',
    'P3 mentor',
    'T1 teacher (inactive)',
  ])
  await site.apply({ persons, groups: [stays], lists: [other] })
  assert.deepEqual((await site.courses())[0]?.members, ['P1 learner', 'P3 mentor', 'T1 teacher'])
})

test('sent again it is a new course, and the report says that there is an archived one', async () => {
  const site = await nights()
  const lists = [{ group: 'C1', members }, other]
  await site.apply({ persons, groups, lists })
  await site.apply({ persons, groups: [stays], lists: [other] })
  const report = await site.apply({ persons, groups, lists })
  assert.deepEqual(await site.problems(report.run), ['COURSE_ARCHIVED_BEFORE C1'])
  const courses = await site.courses()
  assert.deepEqual(
    courses.map(({ key, state, group }) => [key, state, group]),
    [
      ['C1', 'archived', null],
      ['C2', 'open', 'C2'],
      ['C1', 'open', 'C1'],
    ],
  )
  assert.deepEqual(courses[0]?.members, ['P1 learner', 'P3 mentor', 'T1 teacher'])
})

test('with archiving off it stays open, detached, with its participants', async () => {
  const site = await nights({ archiveCourses: false })
  await site.apply({ persons, groups, lists: [{ group: 'C1', members }, other] })
  const report = await site.apply({ persons, groups: [stays], lists: [other] })
  assert.deepEqual(await site.journal(report.run), ['remove course C1', 'remove group C1'])
  const [detached] = await site.courses()
  assert.deepEqual(
    [detached?.state, detached?.group, detached?.members],
    ['open', null, ['P1 learner', 'P3 mentor', 'T1 teacher']],
  )
  const again = await site.apply({ persons, groups, lists: [{ group: 'C1', members }, other] })
  assert.deepEqual(await site.problems(again.run), [])
  assert.equal((await site.courses()).length, 3)
})

test('a group that becomes a course gets one, and one that ceases to be is archived', async () => {
  const site = await nights()
  const lists = [{ group: 'G1', members: ['P1', { key: 'T1', role: '02' }] }, other]
  await site.apply({ persons, groups: ['G1', stays], lists })
  const becomes = await site.apply({
    persons,
    groups: [{ key: 'G1', type: 'Course', title: 'Music' }, stays],
    lists,
  })
  assert.equal(becomes.tallies.course.added, 1)
  assert.deepEqual(
    (await site.courses()).map(({ title, state, group }) => [title, state, group]),
    [
      ['Art', 'open', 'C2'],
      ['Music', 'open', 'G1'],
    ],
  )
  const ceases = await site.apply({ persons, groups: ['G1', stays], lists })
  assert.equal(ceases.tallies.course.removed, 1)
  const courses = await site.courses()
  assert.deepEqual(
    [courses[1]?.state, courses[1]?.group, courses[1]?.members],
    ['archived', null, ['P1 learner', 'T1 teacher']],
  )
  // The group itself and its members are still there.
  assert.deepEqual(await site.memberships(), ['C2 P1 learner', 'G1 P1 learner', 'G1 T1 teacher'])
})

test('the title and code of a course follow its group', async () => {
  const site = await nights()
  const coded = (title: string, code: string) => ({
    key: 'C1',
    type: 'Course',
    title: 'Group title',
    extension: `<course><title>${title}</title><code>${code}</code></course>`,
  })
  await site.apply({ persons, groups: [coded('Physics', 'PH1'), stays] })
  await site.apply({ persons, groups: [coded('Physics 2', 'PH2'), stays] })
  const [made] = await site.courses()
  assert.deepEqual([made?.title, made?.code], ['Physics 2', 'PH2'])
})
