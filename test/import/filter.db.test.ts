import assert from 'node:assert/strict'
import test from 'node:test'
import type { Finding } from '../../src/change/judge.ts'
import { type DeliverySpec, keys, type MemberSpec, type PersonSpec } from './deliveries.ts'
import { type Nights, nights, openNights } from './nights.ts'

await openNights()

/** `TOO_MANY_REMOVED persons 6/20` for each finding that holds; the school behind it. */
async function findings(site: Nights, delivery: DeliverySpec): Promise<string[]> {
  const { report } = await site.plan(delivery)
  return report.findings
    .filter(({ holds }) => holds)
    .map((finding) => says(finding, report.schoolNames))
}

function says(
  { code, what, count, of, school }: Finding,
  names: { readonly [id: string]: string },
): string {
  const at = school === undefined ? '' : ` at ${names[school] ?? 'no school'}`
  return `${code} ${what} ${count}/${of}${at}`
}

const persons = (count: number, from = 1): string[] => keys('P', count, from)
const roled = (prefix: string, count: number, role: string): PersonSpec[] =>
  keys(prefix, count).map((key) => ({ key, role }))
const renamed = (count: number, of: number): PersonSpec[] =>
  persons(of).map((key, index) => (index < count ? { key, name: 'Renamed' } : { key }))
const groups = ['G1']

test('persons removed: exactly at the limit passes, one above holds', async () => {
  const site = await nights()
  await site.apply({ persons: persons(200), groups })
  assert.deepEqual(await findings(site, { persons: persons(190), groups }), [])
  assert.deepEqual(await findings(site, { persons: persons(189), groups }), [
    'TOO_MANY_REMOVED persons 11/200',
    'TOO_MANY_REMOVED students 11/200',
  ])
})

test('persons removed: exactly at the floor passes, one above holds', async () => {
  const site = await nights()
  await site.apply({ persons: persons(20), groups })
  // 5 of 20 are a quarter: at the floor of the whole delivery, and exactly at the limit of a school.
  assert.deepEqual(await findings(site, { persons: persons(15), groups }), [])
  assert.deepEqual(await findings(site, { persons: persons(14), groups }), [
    'TOO_MANY_REMOVED persons 6/20',
    'TOO_MANY_REMOVED students 6/20',
    'TOO_MANY_REMOVED persons 6/20 at no school',
  ])
})

test('students, staff and guardians are judged each for themselves; guests are not', async () => {
  const site = await nights()
  const of = (staff: number, carers: number, guests: number): DeliverySpec => ({
    persons: [
      ...persons(300),
      ...roled('T', staff, 'Staff'),
      ...roled('F', carers, 'Carer'),
      ...roled('X', guests, 'Guest'),
    ],
    groups,
  })
  await site.apply(of(40, 40, 40))
  assert.deepEqual(await findings(site, of(35, 35, 35)), [])
  assert.deepEqual(await findings(site, of(34, 40, 40)), ['TOO_MANY_REMOVED staff 6/40'])
  assert.deepEqual(await findings(site, of(40, 34, 40)), ['TOO_MANY_REMOVED guardians 6/40'])
  assert.deepEqual(await findings(site, of(40, 40, 34)), [])
})

test('persons updated: 30 % passes, one above holds', async () => {
  const site = await nights()
  await site.apply({ persons: persons(100), groups })
  assert.deepEqual(await findings(site, { persons: renamed(30, 100), groups }), [])
  assert.deepEqual(await findings(site, { persons: renamed(31, 100), groups }), [
    'TOO_MANY_UPDATED persons 31/100',
  ])
})

test('persons added: at the floor of 100 passes, one above holds', async () => {
  const site = await nights({ limits: { 'persons.added.school': { percent: 100, floor: 500 } } })
  await site.apply({ persons: persons(100), groups })
  assert.deepEqual(await findings(site, { persons: persons(200), groups }), [])
  assert.deepEqual(await findings(site, { persons: persons(201), groups }), [
    'TOO_MANY_ADDED persons 101/100',
  ])
})

test('groups and courses removed are judged apart', async () => {
  const site = await nights()
  const of = (plain: number, courses: number): DeliverySpec => ({
    persons: persons(2),
    groups: [...keys('G', plain), ...keys('C', courses).map((key) => ({ key, type: 'Course' }))],
  })
  await site.apply(of(50, 50))
  assert.deepEqual(await findings(site, of(40, 40)), [])
  assert.deepEqual(await findings(site, of(39, 50)), ['TOO_MANY_REMOVED groups 11/50'])
  assert.deepEqual(await findings(site, of(50, 39)), ['TOO_MANY_ARCHIVED courses 11/50'])
})

test('courses that become plain groups are archived, and do not hide groups that leave', async () => {
  const site = await nights()
  const courses = keys('C', 50).map((key, index) => ({
    key,
    type: index < 10 ? 'Group' : 'Course',
  }))
  await site.apply({
    persons: persons(2),
    groups: [...keys('G', 50), ...keys('C', 50).map((key) => ({ key, type: 'Course' }))],
  })
  assert.deepEqual(
    await findings(site, { persons: persons(2), groups: [...keys('G', 39), ...courses] }),
    ['TOO_MANY_REMOVED groups 11/50'],
  )
})

test('groups updated: 40 % passes, one above holds', async () => {
  const site = await nights()
  const of = (count: number): DeliverySpec => ({
    persons: persons(2),
    groups: keys('G', 50).map((key, index) =>
      index < count ? { key, title: 'Renamed' } : { key },
    ),
  })
  await site.apply(of(0))
  assert.deepEqual(await findings(site, of(20)), [])
  assert.deepEqual(await findings(site, of(21)), ['TOO_MANY_UPDATED groups 21/50'])
})

/** 40 persons in each of 10 groups: the first `count` memberships are left out, or as `change` says. */
function members(
  count: number,
  change?: { readonly role?: string; readonly status?: 0 | 1 },
): DeliverySpec {
  let left = count
  return {
    persons: persons(40),
    groups: keys('G', 10),
    lists: keys('G', 10).map((group) => ({
      group,
      members: persons(40).flatMap((key): (string | MemberSpec)[] => {
        if (left-- <= 0) return [key]
        return change === undefined ? [] : [{ key, ...change }]
      }),
    })),
  }
}

test('memberships removed: 15 % passes, one above holds; status 1 to 0 counts as removed', async () => {
  const site = await nights()
  await site.apply(members(0))
  assert.deepEqual(await findings(site, members(60)), [])
  assert.deepEqual(await findings(site, members(61)), ['TOO_MANY_REMOVED memberships 61/400'])
  assert.deepEqual(await findings(site, members(60, { status: 0 })), [])
  assert.deepEqual(await findings(site, members(61, { status: 0 })), [
    'TOO_MANY_REMOVED memberships 61/400',
  ])
})

test('memberships updated: 40 % passes, one above holds', async () => {
  const site = await nights()
  await site.apply(members(0))
  assert.deepEqual(await findings(site, members(160, { role: '02' })), [])
  assert.deepEqual(await findings(site, members(161, { role: '02' })), [
    'TOO_MANY_UPDATED memberships 161/400',
  ])
})

/** A small school of 16 pupils beside a large one. */
function twoSchools(small: readonly string[], lists = small): DeliverySpec {
  const large = keys('L', 300)
  return {
    persons: [...large, ...small],
    groups: [
      { key: 'S1', type: 'School', title: 'Small' },
      { key: 'S2', type: 'School', title: 'Large' },
    ],
    lists: [
      { group: 'S1', members: lists },
      { group: 'S2', members: large },
    ],
  }
}

test('a small school is judged for itself', async () => {
  const site = await nights()
  await site.apply(twoSchools(persons(16)))
  assert.deepEqual(await findings(site, twoSchools(persons(12))), [])
  assert.deepEqual(await findings(site, twoSchools(persons(11))), [
    'TOO_MANY_REMOVED persons 5/16 at Small',
  ])
  assert.deepEqual(await findings(site, twoSchools(persons(46))), [])
  assert.deepEqual(await findings(site, twoSchools(persons(47))), [
    'TOO_MANY_ADDED persons 31/16 at Small',
  ])
})

test('memberships of a school: half of them passes, one above holds', async () => {
  const site = await nights()
  await site.apply(twoSchools(persons(60)))
  assert.deepEqual(await findings(site, twoSchools(persons(60), persons(30))), [])
  assert.deepEqual(await findings(site, twoSchools(persons(60), persons(29))), [
    'TOO_MANY_REMOVED memberships 31/60 at Small',
  ])
})

test('whatever had records and would have none holds, however few they are', async () => {
  const site = await nights()
  await site.apply(twoSchools(persons(2)))
  assert.deepEqual(await findings(site, twoSchools([])), [
    'SCHOOL_EMPTIED persons 2/2 at Small',
    'SCHOOL_EMPTIED memberships 2/2 at Small',
  ])
  const other = await nights()
  await other.apply({ persons: ['P1'], groups: ['G1'], lists: [{ group: 'G1', members: ['P1'] }] })
  assert.deepEqual(
    await findings(other, {
      persons: ['P1'],
      groups: ['G1'],
      lists: [{ group: 'G1', members: [] }],
    }),
    ['KIND_EMPTIED memberships 1/1'],
  )
})

test('counted gross, never net: who leaves is not made up for by who comes', async () => {
  const site = await nights()
  await site.apply({ persons: persons(200), groups })
  assert.deepEqual(await findings(site, { persons: persons(200, 12), groups }), [
    'TOO_MANY_REMOVED persons 11/200',
    'TOO_MANY_REMOVED students 11/200',
  ])
})

test('a restore counts as added', async () => {
  const site = await nights({ limits: { 'persons.added.school': { percent: 100, floor: 500 } } })
  await site.apply({ persons: persons(201), groups })
  await site.release((await site.hold({ persons: persons(100), groups })).run)
  assert.deepEqual(await findings(site, { persons: persons(201), groups }), [
    'TOO_MANY_ADDED persons 101/100',
  ])
})

test('the first delivery on an empty site passes', async () => {
  const site = await nights()
  assert.deepEqual(await findings(site, { persons: persons(500), groups: keys('G', 100) }), [])
})

test('limits of a source count in place of the defaults', async () => {
  const site = await nights({ limits: { 'persons.removed': { percent: 10, floor: 0 } } })
  await site.apply({ persons: persons(200), groups })
  assert.deepEqual(await findings(site, { persons: persons(180), groups }), [])
  assert.equal((await findings(site, { persons: persons(179), groups })).length, 2)
})

const before: DeliverySpec = {
  persons: [...persons(30), { key: 'F1', role: 'Carer' }, { key: 'P31', guardians: ['F1'] }],
  groups: [
    { key: 'S1', type: 'School' },
    { key: 'A1', parent: 'S1' },
    { key: 'A2', parent: 'S1' },
    { key: 'C1', type: 'Course', parent: 'S1' },
  ],
  lists: [
    { group: 'A1', members: persons(30) },
    { group: 'A2', members: ['P1', 'P2', 'P31'] },
    { group: 'C1', members: ['P1', 'P3'] },
  ],
}
const after: DeliverySpec = {
  persons: [...renamed(2, 20), 'P40', { key: 'F1', role: 'Carer' }, 'P31'],
  groups: [
    { key: 'S1', type: 'School' },
    { key: 'A1', parent: 'S1', title: 'Renamed' },
    { key: 'A3', parent: 'S1' },
  ],
  lists: [
    { group: 'A1', members: [...persons(20).slice(1), 'P40'] },
    { group: 'A3', members: ['P1'] },
  ],
}

async function summary(site: Nights): Promise<unknown> {
  const courses = (await site.courses()).map(({ id: _, ...course }) => course)
  return [
    await site.persons(),
    await site.persons('binned'),
    await site.tree(),
    await site.memberships(),
    await site.relations(),
    courses,
  ]
}

test('what is held and released is applied exactly as it would have been', async () => {
  const site = await nights()
  await site.apply(before)
  const held = await site.hold(after)
  const report = await site.release(held.run)
  assert.deepEqual(
    [report.outcome, report.tallies],
    ['released', { ...held.tallies, schools: report.tallies.schools }],
  )
  const open = { percent: 100, floor: 1000 }
  const other = await nights({
    limits: {
      'persons.removed': open,
      'persons.removed.school': open,
      'persons.removed.week': open,
    },
  })
  await other.apply(before)
  await other.import(after)
  assert.deepEqual(await summary(site), await summary(other))
  assert.equal((await site.apply(after)).recordsRead, 0)
})

test('released without removals, what waits appears again on the next night', async () => {
  const site = await nights()
  await site.apply(before)
  const held = await site.hold(after)
  const report = await site.release(held.run, true)
  assert.deepEqual(
    [
      report.tallies.person.removed,
      report.tallies.group.removed,
      report.tallies.membership.removed,
    ],
    [0, 0, 0],
  )
  assert.equal((await site.persons()).length, 33)
  assert.deepEqual(await site.tree(), ['A1 < S1', 'A2 < S1', 'A3 < S1', 'C1 < S1', 'S1 < site'])
  assert.equal((await site.memberships()).length, 37)
  assert.deepEqual(await site.relations(), ['P31 guardian F1 by person'])
  const again = await site.hold(after)
  const { person, group, membership, relation, course } = again.tallies
  assert.deepEqual([person.added, person.updated, person.removed], [0, 0, 10])
  assert.deepEqual([group.added, group.updated, group.removed], [0, 0, 2])
  assert.deepEqual(
    [membership.added, membership.removed, relation.removed, course.removed],
    [0, 16, 1, 1],
  )
  await site.release(again.run)
  const other = await nights()
  await other.apply(before)
  await other.release((await other.hold(after)).run)
  assert.deepEqual(await summary(site), await summary(other))
})

test('a membership that goes from status 1 to 0 waits like any other removal', async () => {
  const site = await nights()
  await site.apply(members(0))
  const held = await site.hold(members(61, { status: 0 }))
  await site.release(held.run, true)
  assert.equal((await site.memberships()).filter((line) => line.endsWith('(inactive)')).length, 0)
  const again = await site.hold(members(61, { status: 0 }))
  assert.equal(again.tallies.membership.removed, 61)
})

test('a course whose group becomes a plain one waits too', async () => {
  const strict = { 'courses.archived': { percent: 5, floor: 0 } }
  const site = await nights({ limits: strict })
  const of = (type: string): DeliverySpec => ({
    persons: persons(2),
    groups: [
      { key: 'C1', type },
      { key: 'C2', type: 'Course' },
    ],
    lists: [{ group: 'C1', members: persons(2) }],
  })
  await site.apply(of('Course'))
  await site.release((await site.hold(of('Group'))).run, true)
  assert.deepEqual(
    (await site.courses()).map(({ state, group }) => [state, group]),
    [
      ['open', 'C1'],
      ['open', 'C2'],
    ],
  )
  const again = await site.hold(of('Group'))
  assert.equal(again.tallies.course.removed, 1)
  await site.release(again.run)
  assert.deepEqual((await site.courses())[0]?.members, ['P1 learner', 'P2 learner'])
})

test('who is to get the username of one whose removal waits goes without until then', async () => {
  const site = await nights({ limits: { 'persons.removed': { percent: 1, floor: 0 } } })
  const anna = (key: string): PersonSpec => ({ key, username: 'anna' })
  await site.apply({ persons: [anna('A'), ...persons(5)], groups })
  const after = { persons: [anna('B'), ...persons(5)], groups }
  await site.release((await site.hold(after)).run, true)
  assert.deepEqual(
    [(await site.person('A'))?.username, (await site.person('B'))?.username],
    ['anna', null],
  )
  await site.release((await site.hold(after)).run)
  assert.deepEqual(
    [(await site.person('A'))?.state, (await site.person('B'))?.username],
    ['binned', 'anna'],
  )
})

test('a plan is refused when the mirror has moved since', async () => {
  const site = await nights()
  await site.apply(before)
  const held = await site.hold(after)
  await site.query('update sources set mirror_version = mirror_version + 1 where site_id = $1')
  await assert.rejects(site.release(held.run), { code: 'ERR_PLAN_OUTDATED' })
  await assert.rejects(site.release(held.run, true), { code: 'ERR_PLAN_OUTDATED' })
})

test('a plan is refused when a record is not as it was, and nothing of it is done', async () => {
  const site = await nights()
  await site.apply(before)
  const held = await site.hold(after)
  await site.query(`update persons set state = 'binned' where site_id = $1 and key = 'P30'`)
  const everything = await site.everything()
  await assert.rejects(site.release(held.run), { code: 'ERR_PLAN_OUTDATED' })
  assert.deepEqual(await site.everything(), everything)
})

test('a rejected plan is never applied, and the same delivery is judged anew', async () => {
  const site = await nights()
  await site.apply(before)
  const held = await site.hold(after)
  assert.equal((await site.reject(held.run)).outcome, 'rejected')
  await assert.rejects(site.release(held.run), { code: 'ERR_PLAN_NOT_HELD' })
  await assert.rejects(site.reject(held.run), { code: 'ERR_PLAN_NOT_HELD' })
  await site.hold(after)
})

test('a newer full delivery supersedes a plan that waits; holds in a row are one episode', async () => {
  const site = await nights()
  await site.apply(before)
  const first = await site.hold(after)
  const second = await site.hold(after)
  await assert.rejects(site.release(first.run), { code: 'ERR_PLAN_NOT_HELD' })
  const states = () =>
    site.query(
      'select state, episode from runs where site_id = $1 and episode is not null order by run_id',
    )
  assert.deepEqual(await states(), [
    { state: 'superseded', episode: first.run },
    { state: 'held', episode: first.run },
  ])
  assert.deepEqual(
    await site.query('select distinct run_id as id from plan_blocks where site_id = $1', []),
    [{ id: second.run }],
  )
  await site.apply(before)
  assert.equal((await states()).length, 2)
  await assert.rejects(site.release(second.run), { code: 'ERR_PLAN_NOT_HELD' })
  assert.deepEqual(await site.query('select run_id from plan_blocks where site_id = $1'), [])
})

test('there is no plan of another site', async () => {
  const site = await nights()
  await site.apply(before)
  const held = await site.hold(after)
  const other = await nights()
  await assert.rejects(other.release(held.run), { code: 'ERR_NOT_FOUND' })
})

test('who moves to another school while removals wait is at both until then', async () => {
  const site = await nights({ limits: { 'persons.removed': { percent: 1, floor: 0 } } })
  const of = (members: readonly string[], all: readonly string[]): DeliverySpec => ({
    persons: all,
    groups: [
      { key: 'S1', type: 'School' },
      { key: 'S2', type: 'School' },
    ],
    lists: [
      { group: 'S1', members: ['P1', ...members] },
      { group: 'S2', members: ['P2', ...(members.length === 0 ? ['P3'] : [])] },
    ],
  })
  await site.apply(of(['P3'], persons(10)))
  const held = await site.hold(of([], persons(9)))
  // Whether the report agrees with the roster is looked at with every release.
  await site.release(held.run, true)
  assert.deepEqual(await site.memberships(), [
    'S1 P1 learner',
    'S1 P3 learner',
    'S2 P2 learner',
    'S2 P3 learner',
  ])
  await site.release((await site.hold(of([], persons(9)))).run)
  assert.deepEqual(await site.memberships(), ['S1 P1 learner', 'S2 P2 learner', 'S2 P3 learner'])
})

test('a relation that nobody states any more waits, where nothing else of the persons is taken away', async () => {
  const site = await nights({ limits: { 'groups.removed': { percent: 5, floor: 0 } } })
  const of = (guardians: readonly string[], all: readonly string[]): DeliverySpec => ({
    persons: [
      { key: 'P1', guardians },
      { key: 'F1', role: 'Carer' },
    ],
    groups: all,
  })
  await site.apply(of(['F1'], ['G1', 'G2']))
  const held = await site.hold(of([], ['G1']))
  await site.release(held.run, true)
  assert.deepEqual(await site.relations(), ['P1 guardian F1 by person'])
  const again = await site.hold(of([], ['G1']))
  assert.equal(again.tallies.relation.removed, 1)
  await site.release(again.run)
  assert.deepEqual(await site.relations(), [])
})

test('released without removals, a child of a school that stays stays under it, and so does a new one', async () => {
  const site = await nights()
  const school = { key: 'S1', type: 'School' }
  const classes = [
    { key: 'A1', parent: 'S1' },
    { key: 'A2', parent: 'A1' },
  ]
  const persons = keys('P', 12)
  const lists = [{ group: 'A2', members: persons }]
  await site.apply({ persons, groups: [school, ...classes], lists })
  const fresh = [
    { key: 'B1', parent: 'S1' },
    { key: 'B2', parent: 'B1' },
  ]
  const renamed = [{ key: 'A1', parent: 'S1', title: 'Renamed' }, classes[1] ?? 'A2', ...fresh]
  const held = await site.hold({ persons, groups: renamed, lists })
  const report = await site.release(held.run, true)
  assert.deepEqual(await site.tree(), ['A1 < S1', 'A2 < A1', 'B1 < S1', 'B2 < B1', 'S1 < site'])
  const [atSchool] = report.tallies.schools.filter(({ school: id }) => id !== 0)
  assert.equal(atSchool?.persons.before, 12)
  const schools = await site.query<{ key: string }>(
    `select g.key from groups g join groups s on s.site_id = g.site_id and s.group_id = g.school_id
     where g.site_id = $1 and s.key = 'S1' and g.state = 'active' order by g.key`,
  )
  assert.deepEqual(
    schools.map(({ key }) => key),
    ['A1', 'A2', 'B1', 'B2', 'S1'],
  )
})
