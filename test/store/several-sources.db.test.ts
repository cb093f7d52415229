import assert from 'node:assert/strict'
import test from 'node:test'
import { changesOfRun } from '../../src/store/journal.ts'
import { listMemberships, listRelations } from '../../src/store/membership-queries.ts'
import { listCourses, listGroups } from '../../src/store/roster-queries.ts'
import { nights, openNights } from '../import/nights.ts'
import { UNJUDGED } from '../import/regressions/unjudged.ts'

await openNights()
const rules = 'groupKinds: [{ value: Mentorgrupp, kind: mentorGroup }]'
const site = await nights({ rules, limits: UNJUDGED })
const other = await site.source('evenings', { limits: UNJUDGED })
const ALL = { limit: 100, offset: 0 }

await site.apply({
  persons: ['P1', { key: 'T1', role: 'Staff' }],
  groups: [
    { key: 'C1', type: 'Course' },
    { key: 'M1', type: 'Mentorgrupp' },
  ],
  lists: [
    { group: 'C1', members: ['P1', { key: 'T1', role: '02' }] },
    { group: 'M1', members: ['P1', { key: 'T1', role: '06' }] },
  ],
})
// What the second source says of the same members, and what somebody has done by hand.
await site.query(
  `with said (source, role, active) as (values (2, 4, true), (null::int, 6, false))
   insert into memberships (site_id, source_id, group_id, person_id, role, active, from_run)
   select g.site_id, said.source, g.group_id, p.person_id, said.role, said.active, (select max(run_id) from runs)
   from groups g join persons p using (site_id), said where g.site_id = $1 and g.key = 'C1' and p.key = 'P1'`,
)
await site.query(
  `insert into memberships (site_id, source_id, group_id, person_id, role, active, from_run)
   select g.site_id, 2, g.group_id, p.person_id, case p.key when 'P1' then 1 else 2 end, true, 1
   from groups g join persons p using (site_id) where g.site_id = $1 and g.key = 'M1'`,
)

test('who is in a group through several sources is counted and listed once, with his strongest role', async () => {
  await site.database.site(site.siteId, async (session) => {
    const groups = await listGroups(session, site.siteId, { ...ALL, group: 'C1' })
    assert.deepEqual(
      groups.rows.map(({ members, source }) => [members, source]),
      [[2, 'default']],
    )
    const courses = await listCourses(session, site.siteId, ALL)
    assert.equal(courses.rows[0]?.members, 2)
    const { rows, total } = await listMemberships(session, site.siteId, { ...ALL, group: 'C1' })
    assert.equal(total, 2)
    assert.deepEqual(
      rows.map(({ personKey, role, active, sources }) => [personKey, role, active, sources]),
      [
        ['P1', 'teacher', true, ['default', 'evenings', null]],
        ['T1', 'teacher', true, ['default']],
      ],
    )
    const relations = await listRelations(session, site.siteId, ALL)
    assert.deepEqual(
      relations.rows.map(({ person, other: mentor }) => [person.key, mentor.key]),
      [['P1', 'T1']],
    )
    const mentors = await session.query('select * from mentors where site_id = $1', [site.siteId])
    assert.equal(mentors.length, 1)
  })
})

test('a day is asked for source by source', async () => {
  await site.database.site(site.siteId, async (session) => {
    const on = { days: {}, otherwise: '2026-09-01' }
    const { rows } = await listMemberships(
      session,
      site.siteId,
      { ...ALL, group: 'C1', person: 'P1' },
      on,
    )
    assert.deepEqual(
      rows.map(({ role, active }) => [role, active]),
      [['teacher', true]],
    )
  })
})

test('a source ends its own membership and no other; the journal tells them apart', async () => {
  const persons = ['P1', { key: 'T1', role: 'Staff' }]
  const report = await site.apply({
    persons,
    groups: [
      { key: 'C1', type: 'Course' },
      { key: 'M1', type: 'Mentorgrupp' },
    ],
    lists: [
      { group: 'C1', members: [{ key: 'T1', role: '02' }] },
      { group: 'M1', members: ['P1', { key: 'T1', role: '06' }] },
    ],
  })
  assert.equal(report.tallies.membership.removed, 1)
  assert.deepEqual(await site.memberships(), [
    'C1 P1 teacher',
    'C1 P1 leadership (inactive)',
    'C1 T1 teacher',
    'M1 P1 learner',
    'M1 P1 learner',
    'M1 T1 mentor',
    'M1 T1 mentor',
  ])
  const page = await site.database.site(site.siteId, (session) =>
    changesOfRun(session, site.siteId, report.run, ALL),
  )
  assert.deepEqual(
    page.rows.map(({ action, kind }) => `${action} ${kind}`),
    ['remove membership'],
  )
  await other.query('delete from memberships where site_id = $1 and source_id = 2')
})

test('a course that is archived keeps each of its members once, with his strongest role', async () => {
  await site.query(
    `insert into memberships (site_id, source_id, group_id, person_id, role, active, from_run)
     select m.site_id, 2, m.group_id, m.person_id, 1, true, m.from_run from memberships m
     join groups g using (site_id, group_id) where m.site_id = $1 and g.key = 'C1' and m.source_id = 1 and m.to_run is null`,
  )
  await site.import({
    persons: ['P1', { key: 'T1', role: 'Staff' }],
    groups: [{ key: 'M1', type: 'Mentorgrupp' }],
    lists: [{ group: 'M1', members: ['P1', { key: 'T1', role: '06' }] }],
  })
  const [course] = await site.courses()
  assert.deepEqual(course?.members, ['T1 teacher'])
})
