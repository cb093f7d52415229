import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type DeliverySpec, type GroupSpec, keys, type MemberSpec } from '../deliveries.ts'
import { subjectsNamed } from '../../../src/store/explain-queries.ts'
import { type Nights, nights, openNights } from '../nights.ts'

await openNights()

const RULES = 'groupKinds: [{ key: "Y*", kind: year }]'
const persons = ['P1', 'P2', 'P3', { key: 'T1', role: 'Staff' }]
const teacher: MemberSpec = { key: 'T1', role: '02' }
/** As wide as limits get, and wider: a test of these is about years, not about the filter. */
const limits = Object.fromEntries(
  ['groups.removed', 'groups.updated', 'courses.archived', 'memberships.removed'].map((name) => [
    name,
    { percent: 100, floor: 50 },
  ]),
)

/** A school with a year, a subject in it, and a course below that; another course beside all years. */
function school(year: string, more: Partial<DeliverySpec> = {}): DeliverySpec {
  return {
    persons,
    groups: [
      { key: 'S', type: 'School' },
      { key: year, parent: 'S' },
      { key: 'MA', parent: year },
      { key: 'MA1', type: 'Course', parent: 'MA', title: 'Maths 1' },
      { key: 'CLUB', type: 'Course', parent: 'S' },
    ],
    lists: [
      { group: 'MA1', members: ['P1', 'P2', teacher] },
      { group: 'CLUB', members: ['P3'] },
    ],
    ...more,
  }
}

const courses = async (site: Nights): Promise<unknown[]> =>
  (await site.courses()).map(({ key, state, members }) => [key, state, ...members])

async function groupIds(site: Nights): Promise<{ [key: string]: number }> {
  const rows = await site.query<{ key: string; id: number }>(
    `select key, group_id as id from groups where site_id = $1 and state = 'active'`,
  )
  return Object.fromEntries(rows.map(({ key, id }) => [key, id]))
}

describe('a year node', () => {
  test('that gives way to another takes all under it along; the same keys are new groups', async () => {
    const site = await nights({ rules: RULES, limits })
    await site.apply(school('Y25'))
    const before = await groupIds(site)
    const report = await site.apply(
      school('Y26', {
        lists: [
          { group: 'MA1', members: ['P2', 'P3', teacher] },
          { group: 'CLUB', members: ['P3'] },
        ],
      }),
    )
    const { group, course, membership } = report.tallies
    assert.deepEqual([group.added, group.updated, group.removed], [3, 0, 3])
    assert.deepEqual([course.added, course.updated, course.removed], [1, 0, 1])
    assert.deepEqual([membership.added, membership.removed], [3, 3])
    assert.deepEqual(await site.problems(report.run), [])
    assert.deepEqual(await courses(site), [
      ['MA1', 'archived', 'P1 learner', 'P2 learner', 'T1 teacher'],
      ['CLUB', 'open'],
      ['MA1', 'open'],
    ])
    assert.deepEqual(await site.tree(), ['CLUB < S', 'MA < Y26', 'MA1 < MA', 'S < site', 'Y26 < S'])
    assert.deepEqual(await site.memberships(), [
      'CLUB P3 learner',
      'MA1 P2 learner',
      'MA1 P3 learner',
      'MA1 T1 teacher',
    ])
    const after = await groupIds(site)
    assert.deepEqual([after['S'], after['CLUB']], [before['S'], before['CLUB']])
    assert.ok(after['MA'] !== before['MA'] && after['MA1'] !== before['MA1'])
  })

  test('also where the bytes of what hangs under it, and of its lists, are the same', async () => {
    const site = await nights({ rules: RULES, limits })
    await site.apply(school('Y25'))
    // Only the year node and the subject right under it differ; course and lists do not.
    const report = await site.apply(school('Y26'))
    assert.equal(report.recordsRead, 3)
    assert.deepEqual(await courses(site), [
      ['MA1', 'archived', 'P1 learner', 'P2 learner', 'T1 teacher'],
      ['CLUB', 'open'],
      ['MA1', 'open'],
    ])
    assert.equal((await site.memberships()).length, 4)
    const again = await site.apply(school('Y26'))
    assert.deepEqual([again.tallies.group.added, again.tallies.membership.added], [0, 0])
  })

  test('that stays beside another loses only what comes under the other', async () => {
    const site = await nights({ rules: RULES, limits })
    const both = (parent: string, other = 'Y25'): DeliverySpec =>
      school('Y25', {
        groups: [
          'Y25',
          'Y26',
          { key: 'MA1', type: 'Course', parent },
          { key: 'SV1', type: 'Course', parent: other },
        ],
        lists: [{ group: 'MA1', members: ['P1'] }],
      })
    await site.apply(both('Y25'))
    const report = await site.apply(both('Y26'))
    assert.deepEqual(await site.journal(report.run), [
      'add group MA1',
      'add course MA1',
      'archive course MA1',
      'remove group MA1',
    ])
  })

  test('a move within the year is an update', async () => {
    const site = await nights({ rules: RULES })
    await site.apply(school('Y25'))
    const groups = (school('Y25').groups as GroupSpec[]).map((group) =>
      group.key === 'MA1' ? { ...group, parent: 'Y25' } : group,
    )
    const report = await site.apply(school('Y25', { groups }))
    assert.deepEqual(await site.journal(report.run), ['update group MA1'])
  })

  test('that goes without another takes what is no longer sent; what is, comes anew', async () => {
    const site = await nights({ rules: RULES, limits })
    await site.apply(school('Y25'))
    const groups = school('Y25').groups as GroupSpec[]
    const without = school('Y25', { groups: groups.filter(({ key }) => key !== 'Y25') })
    const report = await site.apply(without)
    assert.deepEqual(await site.problems(report.run), ['PARENT_LEFT'])
    assert.deepEqual(
      (await courses(site)).map((course) => (course as string[]).slice(0, 2).join(' ')),
      ['MA1 archived', 'CLUB open', 'MA1 open'],
    )
    assert.deepEqual(await site.tree(), ['CLUB < S', 'MA < S', 'MA1 < MA', 'S < site'])
    const again = await site.apply(without)
    assert.deepEqual([again.tallies.group.added, again.tallies.group.updated], [0, 0])
  })

  test('a course that is set aside stays, its list waits, and both follow once it is right', async () => {
    const site = await nights({ rules: RULES, limits })
    await site.apply(school('Y25'))
    const lists = [{ group: 'MA1', members: ['P3'] }]
    const next = school('Y26', { lists })
    const twice = { key: 'MA1', type: 'Course', parent: 'MA', title: 'Another' }
    const aside = await site.apply({ ...next, groups: [...(next.groups ?? []), twice] })
    assert.deepEqual(await site.problems(aside.run), [
      'DUPLICATE_KEY',
      'DUPLICATE_KEY MA1',
      'LIST_WAITS',
    ])
    assert.deepEqual(await site.memberships(), [
      'MA1 P1 learner',
      'MA1 P2 learner',
      'MA1 T1 teacher',
    ])
    await site.apply(next)
    assert.deepEqual(await courses(site), [
      ['MA1', 'archived', 'P1 learner', 'P2 learner', 'T1 teacher'],
      ['CLUB', 'open'],
      ['MA1', 'open'],
    ])
    assert.deepEqual(await site.memberships(), ['MA1 P3 learner'])
  })

  test('a key of an earlier year is no course that was archived before; one of this year is', async () => {
    const site = await nights({ rules: RULES, limits })
    await site.apply(school('Y25'))
    const empty = (year: string): DeliverySpec =>
      school(year, {
        groups: [
          { key: 'S', type: 'School' },
          { key: year, parent: 'S' },
        ],
        lists: [],
      })
    await site.accept(empty('Y26'))
    const comes = await site.apply(school('Y26'))
    // CLUB is under no year, and was archived under none.
    assert.deepEqual(await site.problems(comes.run), ['COURSE_ARCHIVED_BEFORE CLUB'])
    await site.accept(empty('Y26'))
    const again = await site.apply(school('Y26'))
    assert.deepEqual(await site.problems(again.run), [
      'COURSE_ARCHIVED_BEFORE CLUB',
      'COURSE_ARCHIVED_BEFORE MA1',
    ])
  })

  test('in a delta that takes it away, what is under it goes too', async () => {
    const site = await nights({ rules: RULES, limits })
    await site.apply(school('Y25'))
    const report = await site.apply({ type: 'delta', groups: [{ key: 'Y25', recstatus: 3 }] })
    assert.deepEqual(await site.journal(report.run), [
      'archive course MA1',
      'remove group MA1',
      'remove group MA',
      'remove group Y25',
    ])
    assert.deepEqual(await site.tree(), ['CLUB < S', 'S < site'])
  })

  test('in a delta that moves a group to another year, what hangs under it goes along with its members', async () => {
    const site = await nights({ rules: RULES, limits })
    await site.apply(school('Y25'))
    await site.apply({
      type: 'delta',
      groups: [
        { key: 'Y26', parent: 'S' },
        { key: 'MA', parent: 'Y26' },
      ],
      lists: [{ group: 'MA1', members: ['P3', { key: 'P1', recstatus: 3 }] }],
    })
    assert.deepEqual(await courses(site), [
      ['MA1', 'archived', 'P1 learner', 'P2 learner', 'T1 teacher'],
      ['CLUB', 'open'],
      ['MA1', 'open'],
    ])
    assert.deepEqual(await site.memberships(), [
      'CLUB P3 learner',
      'MA1 P2 learner',
      'MA1 P3 learner',
      'MA1 T1 teacher',
    ])
    const full = school('Y26')
    const lists = [
      { group: 'MA1', members: ['P2', 'P3', teacher] },
      { group: 'CLUB', members: ['P3'] },
    ]
    const groups = [...(full.groups ?? []), { key: 'Y25', parent: 'S' }]
    const report = await site.apply({ ...full, groups, lists })
    const { group, membership } = report.tallies
    assert.deepEqual([group.added, group.updated, group.removed], [0, 0, 0])
    assert.deepEqual([membership.added, membership.updated, membership.removed], [0, 0, 0])
  })

  test('group links follow to the group of the new year', async () => {
    const site = await nights({ rules: RULES, limits })
    const lists = [{ group: 'MA1', members: ['P1', { key: 'MA', isGroup: true }] }]
    await site.apply(school('Y25', { lists }))
    await site.apply(school('Y26', { lists }))
    const links = await site.query<{ line: string }>(
      `select g.key || ' ' || l.member_key || ' ' || g.state as line from group_links l
       join groups g using (site_id, group_id) where l.site_id = $1 and l.to_run is null`,
    )
    assert.deepEqual(links, [{ line: 'MA1 MA active' }])
  })

  test('released without removals last year stays whole, and this year appears again by itself', async () => {
    const site = await nights({ rules: RULES })
    const many = keys('C', 10)
    const of = (year: string, list: readonly string[]): DeliverySpec => ({
      persons,
      groups: [
        { key: 'S', type: 'School' },
        { key: year, parent: 'S' },
        ...many.map((key) => ({ key, type: 'Course', parent: year })),
      ],
      lists: many.map((group) => ({ group, members: list })),
    })
    await site.apply(of('Y25', ['P1', 'P2']))
    const next = of('Y26', ['P3'])
    const held = await site.hold({
      ...next,
      groups: [...(next.groups ?? []), { key: 'NEW', type: 'Course', parent: 'Y26' }],
    })
    const released = await site.release(held.run, true)
    const { group, course, membership } = released.tallies
    assert.deepEqual([group.added, group.removed, course.added, course.removed], [2, 0, 1, 0])
    assert.deepEqual([membership.added, membership.removed], [0, 0])
    assert.deepEqual(await site.journal(held.run), [
      'add group Y26',
      'add group NEW',
      'add course NEW',
    ])
    assert.equal((await site.memberships()).length, 20)
    assert.deepEqual((await site.tree()).slice(0, 2), ['C1 < Y25', 'C10 < Y25'])
    const { report } = await site.plan({
      ...next,
      groups: [...(next.groups ?? []), { key: 'NEW', type: 'Course', parent: 'Y26' }],
    })
    assert.deepEqual([report.tallies.course.removed, report.tallies.course.added], [10, 10])
    await site.accept({
      ...next,
      groups: [...(next.groups ?? []), { key: 'NEW', type: 'Course', parent: 'Y26' }],
    })
    assert.equal((await site.memberships()).length, 10)
    const archived = (await site.courses()).filter(({ state }) => state === 'archived')
    assert.deepEqual(
      archived.map(({ members }) => members.join()),
      many.map(() => 'P1 learner,P2 learner'),
    )
  })

  test('named in the rules later ends nothing: the plan is held, and nobody loses anything', async () => {
    const site = await nights()
    await site.apply(school('Y25'))
    const [before, members] = [await groupIds(site), await site.memberships()]
    await site.set({ rules: RULES })
    const held = await site.hold(school('Y25'))
    assert.deepEqual(
      held.findings.map(({ code, count, of }) => [code, count, of]),
      [['YEARS_CHANGED', 2, 5]],
    )
    await site.release(held.run)
    assert.deepEqual(await site.journal(held.run), ['update group Y25'])
    assert.deepEqual([await groupIds(site), await site.memberships()], [before, members])
    await site.set({ rules: '{}' })
    const off = await site.hold(school('Y25'))
    assert.deepEqual(
      off.findings.map(({ code, count }) => [code, count]),
      [['YEARS_CHANGED', 2]],
    )
    await site.release(off.run)
    assert.deepEqual([await groupIds(site), await site.memberships()], [before, members])
  })
})

describe('the year in the key of a course', () => {
  const YEARS = 'years: { from: begin }'
  const of = (
    year: number | undefined,
    members: readonly (string | MemberSpec)[],
  ): DeliverySpec => ({
    persons,
    groups: [
      'S',
      {
        key: 'MA1',
        type: 'Course',
        parent: 'S',
        ...(year === undefined ? {} : { begin: `${year}-08-18` }),
      },
      { key: 'KID', parent: 'MA1' },
    ],
    lists: [{ group: 'MA1', members }],
  })

  test('is not sent in lists and parents: those name the course by the key alone', async () => {
    const site = await nights({ rules: YEARS })
    await site.apply(of(2025, ['P1', teacher]))
    assert.deepEqual(await site.tree(), ['KID < MA1@2025/26', 'MA1@2025/26 < S', 'S < site'])
    assert.deepEqual(await site.memberships(), ['MA1@2025/26 P1 learner', 'MA1@2025/26 T1 teacher'])
    const again = await site.apply(of(2025, ['P1', 'P2', teacher]))
    assert.deepEqual(await site.problems(again.run), [])
    assert.equal((await site.memberships()).length, 3)
  })

  test('makes next year another course under the same key sent', async () => {
    const site = await nights({ rules: YEARS, limits })
    await site.apply(of(2025, ['P1', teacher]))
    const report = await site.apply(of(2026, ['P2', teacher]))
    assert.deepEqual(await site.problems(report.run), [])
    assert.deepEqual(await site.journal(report.run), [
      'add group MA1@2026/27',
      'add course MA1@2026/27',
      'update group KID',
      'archive course MA1@2025/26',
      'remove group MA1@2025/26',
    ])
    assert.deepEqual(await courses(site), [
      ['MA1@2025/26', 'archived', 'P1 learner', 'T1 teacher'],
      ['MA1@2026/27', 'open'],
    ])
    assert.deepEqual(await site.tree(), ['KID < MA1@2026/27', 'MA1@2026/27 < S', 'S < site'])
    assert.deepEqual(await site.memberships(), ['MA1@2026/27 P2 learner', 'MA1@2026/27 T1 teacher'])
    const quiet = await site.apply(of(2026, ['P2', teacher]))
    assert.equal(quiet.recordsRead, 0)
  })

  test('of a date in the rules turns when somebody changes the date', async () => {
    const site = await nights({ rules: 'years: { from: 2025-08-18 }', limits })
    await site.apply(of(undefined, ['P1']))
    await site.set({ rules: 'years: { from: 2026-02-01 }' })
    const same = await site.apply(of(undefined, ['P1']))
    assert.deepEqual(await site.journal(same.run), [])
    await site.set({ rules: 'years: { from: 2026-08-17 }' })
    await site.apply(of(undefined, ['P2']))
    assert.deepEqual(await courses(site), [
      ['MA1@2025/26', 'archived', 'P1 learner'],
      ['MA1@2026/27', 'open'],
    ])
  })

  test('switched on and off is held, and gives the same course another key', async () => {
    const site = await nights()
    await site.apply(of(2025, ['P1', teacher]))
    const [course] = await site.courses()
    await site.set({ rules: YEARS })
    const held = await site.hold(of(2025, ['P1', teacher]))
    assert.deepEqual(
      held.findings.map(({ code, count, of: all }) => [code, count, all]),
      [['YEARS_CHANGED', 1, 3]],
    )
    const { group, course: counted, membership } = held.tallies
    assert.deepEqual([group.added, group.updated, group.removed], [0, 1, 0])
    assert.deepEqual([counted.added, counted.updated, counted.removed], [0, 1, 0])
    assert.deepEqual([membership.added, membership.removed], [0, 0])
    await site.release(held.run)
    assert.deepEqual(await site.journal(held.run), ['rekey group MA1@2025/26'])
    const [rekeyed] = await site.courses()
    assert.deepEqual(rekeyed, { ...course, key: 'MA1@2025/26', group: 'MA1@2025/26' })
    const off = 'years: { from: off }'
    await site.set({ rules: off })
    const back = await site.hold(of(2025, ['P1', teacher]))
    assert.deepEqual(
      back.findings.map(({ code }) => code),
      ['YEARS_CHANGED'],
    )
    await site.release(back.run)
    assert.deepEqual(await site.courses(), [course])
  })

  test('that another turn of the year changes is held as well, and ends nothing', async () => {
    const site = await nights({ rules: YEARS })
    await site.apply(of(2025, ['P1']))
    await site.set({ rules: 'years: { from: begin, turn: "09-01" }' })
    const held = await site.hold(of(2025, ['P1']))
    await site.release(held.run)
    assert.deepEqual(await site.journal(held.run), ['rekey group MA1@2024/25'])
    assert.equal((await site.courses()).length, 1)
  })

  test('that cannot be told sets the course aside: nothing ends, and its list waits', async () => {
    const site = await nights({ rules: YEARS, limits })
    await site.apply(of(2025, ['P1', teacher]))
    const aside = await site.apply(of(undefined, ['P2']))
    assert.deepEqual(await site.problems(aside.run), ['LIST_WAITS', 'YEAR_MISSING MA1'])
    assert.equal(aside.tallies.membership.setAside, 1)
    assert.deepEqual(await site.memberships(), ['MA1@2025/26 P1 learner', 'MA1@2025/26 T1 teacher'])
    await site.apply(of(2026, ['P2']))
    assert.deepEqual(await courses(site), [
      ['MA1@2025/26', 'archived', 'P1 learner', 'T1 teacher'],
      ['MA1@2026/27', 'open'],
    ])
    assert.deepEqual(await site.memberships(), ['MA1@2026/27 P2 learner'])
  })

  test('who leaves meanwhile leaves the course too, and one who is back is in it', async () => {
    const site = await nights({ rules: YEARS, limits })
    await site.apply(of(2025, ['P1', 'P2', teacher]))
    const missing = of(undefined, ['P1', 'P2', 'P3', teacher])
    await site.apply({ ...missing, persons: persons.slice(1) })
    assert.deepEqual(await site.memberships(), ['MA1@2025/26 P2 learner', 'MA1@2025/26 T1 teacher'])
    await site.apply(of(2025, ['P1', 'P2', teacher]))
    assert.equal((await site.memberships()).length, 3)
  })

  test('that would give two groups one key sets the one aside that asks for it', async () => {
    const site = await nights({ rules: YEARS })
    const taken = { key: 'MA1@2025/26' }
    const first = of(2025, ['P1'])
    await site.apply({ ...first, groups: ['S', taken], lists: [] })
    const report = await site.apply({ ...first, groups: [...(first.groups ?? []), taken] })
    assert.equal(report.problems.REKEY_CONFLICT, 1)
    assert.deepEqual(await site.tree(), ['KID < site', 'MA1@2025/26 < site', 'S < site'])
  })

  test('a course is explained by the key that is sent, too', async () => {
    const site = await nights({ rules: YEARS })
    await site.apply(of(2025, ['P1']))
    const found = await site.database.site(site.siteId, (session) =>
      subjectsNamed(session, site.siteId, { key: 'MA1' }),
    )
    assert.deepEqual(
      found.map(({ kind, key }) => `${kind} ${key}`),
      ['group MA1@2025/26', 'course MA1@2025/26'],
    )
  })

  test('released without removals last year stays, and this year waits', async () => {
    const site = await nights({ rules: YEARS })
    const many = keys('C', 10)
    const next = (year: number, list: readonly string[]): DeliverySpec => ({
      persons,
      groups: ['S', ...many.map((key) => ({ key, type: 'Course', begin: `${year}-08-18` }))],
      lists: many.map((group) => ({ group, members: list })),
    })
    await site.apply(next(2025, ['P1']))
    const held = await site.hold(next(2026, ['P2']))
    await site.release(held.run, true)
    assert.deepEqual(await site.journal(held.run), [])
    assert.equal((await site.memberships())[0], 'C10@2025/26 P1 learner')
    await site.accept(next(2026, ['P2']))
    assert.equal((await site.memberships()).length, 10)
    assert.equal((await site.memberships())[0], 'C10@2026/27 P2 learner')
  })
})

test('where removals are delayed, this year waits as a whole until the mode ends', async () => {
  const site = await nights({ rules: RULES, limits })
  await site.apply(school('Y25'))
  await site.set({ delay: { mode: 'additions-and-updates' } })
  const next = school('Y26', { lists: [{ group: 'MA1', members: ['P3'] }] })
  const groups = [...(next.groups ?? []), { key: 'SV1', type: 'Course', parent: 'MA' }]
  const delayed = await site.apply({ ...next, groups })
  assert.deepEqual(await site.journal(delayed.run), [
    'add group Y26',
    'add group SV1',
    'add course SV1',
  ])
  assert.deepEqual((await site.tree()).slice(1), [
    'MA < Y25',
    'MA1 < MA',
    'S < site',
    'SV1 < MA',
    'Y25 < S',
    'Y26 < S',
  ])
  assert.deepEqual((await site.memberships()).slice(1), [
    'MA1 P1 learner',
    'MA1 P2 learner',
    'MA1 T1 teacher',
  ])
  await site.set({ delay: { mode: 'everything' } })
  await site.apply({ ...next, groups })
  // SV1 was of this year from the start.
  assert.deepEqual(
    (await courses(site)).map((course) => (course as string[]).slice(0, 2).join(' ')),
    ['MA1 archived', 'CLUB open', 'SV1 open', 'MA1 open'],
  )
  assert.deepEqual(await site.memberships(), ['MA1 P3 learner'])
  const quiet = await site.apply({ ...next, groups })
  assert.equal(quiet.tallies.group.added, 0)
})

test('900 course keys of one year and then of the next are 900 archived and 900 new courses', async () => {
  const site = await nights({ rules: RULES })
  const many = keys('C', 900)
  const of = (year: string, pupil: (course: number) => string): DeliverySpec => ({
    persons: [...keys('P', 30), { key: 'T1', role: 'Staff' }],
    groups: [
      { key: 'S', type: 'School' },
      { key: year, parent: 'S' },
      ...many.map((key) => ({ key, type: 'Course', parent: year })),
    ],
    lists: many.map((group, index) => ({ group, members: [pupil(index), 'P30', teacher] })),
  })
  await site.apply(of('Y2025', (course) => `P${1 + (course % 10)}`))
  const held = await site.hold(of('Y2026', (course) => `P${11 + (course % 10)}`))
  assert.deepEqual(
    held.findings.map(({ code, what, count, of: all }) => [code, what, count, all]),
    [
      ['TOO_MANY_ARCHIVED', 'courses', 900, 900],
      ['TOO_MANY_REMOVED', 'memberships', 2700, 2700],
      ['TOO_MANY_REMOVED', 'memberships', 2700, 2700],
      ['SLOW_DRAIN', 'groups', 901, 902],
    ],
  )
  const report = await site.release(held.run)
  const { group, course, membership, person } = report.tallies
  assert.deepEqual([group.added, group.updated, group.removed], [901, 0, 901])
  assert.deepEqual([course.added, course.updated, course.removed], [900, 0, 900])
  assert.deepEqual([membership.added, membership.removed], [2700, 2700])
  assert.deepEqual([person.added, person.updated, person.removed], [0, 0, 0])
  assert.deepEqual(await site.problems(held.run), [])
  const all = await site.courses()
  const archived = all.filter(({ state }) => state === 'archived')
  const open = all.filter(({ state }) => state === 'open')
  assert.deepEqual([archived.length, open.length], [900, 900])
  for (const { key, members } of archived) {
    const pupil = `P${1 + ((Number(key.slice(1)) - 1) % 10)}`
    assert.deepEqual(members, [`${pupil} learner`, 'P30 learner', 'T1 teacher'].toSorted())
  }
  assert.ok(open.every(({ key, group: named, members }) => key === named && members.length === 0))
  assert.equal((await site.memberships()).length, 2700)
  const quiet = await site.apply(of('Y2026', (each) => `P${11 + (each % 10)}`))
  assert.equal(quiet.recordsRead, 0)
})
