import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explainedEntries } from '../command/explained.ts'
import { listMemberships, listRelations } from '../../src/store/membership-queries.ts'
import {
  type Cursor,
  listCourses,
  listGroups,
  listPersons,
  type Page,
  type RosterFilter,
} from '../../src/store/roster-queries.ts'
import { findRun, listRuns, problemsOfRun } from '../../src/store/history.ts'
import { changesOfRun } from '../../src/store/journal.ts'
import { spellsOf, subjectsNamed } from '../../src/store/explain-queries.ts'
import type { Session } from '../../src/store/connect.ts'
import { testDatabase } from '../database.ts'
import { group, importNight, list, person } from './roster.ts'

const { database } = await testDatabase()
const SITE = 1

const groups =
  group('S-1', 'North', '', 'School', '1') +
  group('S-2', 'South', '', 'School', '1') +
  group('G-1', '1A', 'S-1') +
  group('C-1', 'Algebra', 'S-1', 'Course')
const ada = person('P-1', 'Ada Example', { username: 'ada', guardian: 'P-3' })
const bo = person('P-2', 'Bo Sample', { username: 'bo', role: 'Staff' })
const cara = person('P-3', 'Cara Example', { role: 'Carer' })
const secret = person('P-9', 'Vera Hidden', { username: 'vera', guardian: 'P-3' })
const lists =
  list(
    'G-1',
    ['P-1', '01', '2026-09-01', '2026-12-31'],
    ['P-2', '02'],
    ['P-9', '01'],
    ['P-404', '01'],
  ) + list('C-1', ['P-1', '01'], ['P-2', '02'])

const first = await importNight(database, 1, ada + bo + cara + secret + groups + lists)
const second = await importNight(
  database,
  2,
  person('P-1', 'Ada Renamed', { username: 'ada', guardian: 'P-3' }) +
    cara +
    secret +
    groups.replace(group('C-1', 'Algebra', 'S-1', 'Course'), '') +
    list('G-1', ['P-1', '02'], ['P-9', '01']),
)

const all = { limit: 100, offset: 0 }
const ask = <R>(query: (session: Session) => Promise<R>): Promise<R> => database.site(SITE, query)
const keys = ({ rows }: Page<{ readonly key: string | null }>): (string | null)[] =>
  rows.map(({ key }) => key)
const persons = (filter: Partial<RosterFilter>): Promise<(string | null)[]> =>
  ask(async (session) => keys(await listPersons(session, SITE, { ...all, ...filter })))

test('the two nights were imported', () => {
  assert.equal(first.outcome, 'applied')
  assert.equal(second.outcome, 'applied')
})

test('persons are listed by name, protected ones last, and found by profile, school, group, key and text', async () => {
  assert.deepEqual(await persons({}), ['P-1', 'P-3', 'P-9'])
  assert.deepEqual(await persons({ profile: 'guardian' }), ['P-3'])
  assert.deepEqual(await persons({ school: 'S-1' }), ['P-1'])
  assert.deepEqual(await persons({ school: 'S-2' }), [])
  assert.deepEqual(await persons({ group: 'G-1' }), ['P-1'])
  assert.deepEqual(await persons({ person: 'P-3' }), ['P-3'])
  assert.deepEqual(await persons({ search: 'renamed' }), ['P-1'])
  assert.deepEqual(await persons({ search: '%' }), [])
})

test('a page says how long the whole list is', async () => {
  const page = await ask((session) => listPersons(session, SITE, { limit: 1, offset: 1 }))
  assert.deepEqual([keys(page), page.total], [['P-3'], 3])
})

test('a protected person is found by his whole key and by nothing else', async () => {
  assert.deepEqual(await persons({ search: 'P-9' }), ['P-9'])
  assert.deepEqual(await persons({ person: 'P-9' }), ['P-9'])
  for (const search of ['Vera', 'hidden', 'vera', 'P-', '9', 'Vera Hidden']) {
    assert.ok(!(await persons({ search })).includes('P-9'), search)
  }
  for (const filter of [{ school: 'S-1' }, { group: 'G-1' }]) {
    assert.ok(!(await persons(filter)).includes('P-9'))
    assert.ok(!(await persons({ ...filter, search: 'P-9' })).includes('P-9'))
  }
})

test('no list of memberships or relations names a protected person, or his relatives beside him', async () => {
  await ask(async (session) => {
    const members = await listMemberships(session, SITE, all)
    assert.ok(!JSON.stringify(members).includes('Vera'))
    assert.ok(members.rows.some(({ personKey }) => personKey === 'P-9'))
    const ofGroup = await listMemberships(session, SITE, { ...all, group: 'G-1' })
    assert.deepEqual(
      ofGroup.rows.map(({ personKey }) => personKey),
      ['P-1'],
    )
    const ofSecret = await listRelations(session, SITE, { ...all, person: 'P-9' })
    assert.deepEqual(
      ofSecret.rows.map(({ person, other }) => [person.key, person.name, other.key, other.name]),
      [['P-9', null, 'P-3', null]],
    )
    const searched = await listRelations(session, SITE, { ...all, search: 'cara' })
    assert.deepEqual(
      searched.rows.map(({ person }) => person.key),
      ['P-1'],
    )
    const groupsOfSecret = await listGroups(session, SITE, { ...all, person: 'P-9' })
    assert.deepEqual(groupsOfSecret.rows, [])
  })
})

test('who is no longer sent is in the recycle bin, and a course whose group left in the archive', async () => {
  await ask(async (session) => {
    const bin = await listPersons(session, SITE, all, 'binned')
    assert.deepEqual(keys(bin), ['P-2'])
    assert.equal(bin.rows[0]?.binnedRun, second.run)
    assert.deepEqual(keys(await listCourses(session, SITE, all)), [])
    const archive = await listCourses(session, SITE, all, 'archived')
    assert.deepEqual(
      archive.rows.map(({ key, title, members }) => [key, title, members]),
      [['C-1', 'Algebra', 2]],
    )
  })
})

test('groups are listed with parent, school and number of members', async () => {
  const { rows } = await ask((session) => listGroups(session, SITE, { ...all, kind: 'group' }))
  assert.deepEqual(
    rows.map(({ key, parentTitle, school, members }) => [key, parentTitle, school, members]),
    [['G-1', 'North', 'North', 2]],
  )
})

function activeGroupsOfAda(day: string): Promise<number> {
  return ask(async (session) => {
    const active = { days: {}, otherwise: day }
    return (await listMemberships(session, SITE, { ...all, person: 'P-1' }, active)).total
  })
}

test('a membership is active on a day between its dates', async () => {
  const third = await importNight(
    database,
    3,
    person('P-1', 'Ada Renamed', { username: 'ada', guardian: 'P-3' }) +
      cara +
      secret +
      groups.replace(group('C-1', 'Algebra', 'S-1', 'Course'), '') +
      list('G-1', ['P-1', '02', '2026-09-01', '2026-12-31'], ['P-9', '01']),
  )
  assert.equal(third.outcome, 'applied')
  assert.deepEqual(
    await Promise.all(
      ['2026-08-31', '2026-09-01', '2026-12-31', '2027-01-01'].map(activeGroupsOfAda),
    ),
    [0, 1, 1, 0],
  )
})

test('the journal of a run has its changes in order, memberships among them, and can be narrowed', async () => {
  await ask(async (session) => {
    const { rows, total } = await changesOfRun(session, SITE, second.run, all)
    assert.equal(rows.length, total)
    const told = rows.map(({ kind, action, key, otherKey }) =>
      [action, kind, key, otherKey].filter(Boolean).join(' '),
    )
    for (const change of [
      'update person P-1',
      'remove person P-2',
      'remove group C-1',
      'archive course C-1',
      'update membership G-1 P-1',
      'remove membership G-1 P-2',
      'remove membership C-1 P-1',
    ]) {
      assert.ok(told.includes(change), change)
    }
    const renamed = rows.find(({ kind, key }) => kind === 'person' && key === 'P-1')
    assert.equal(renamed?.before?.['name'], 'Ada Example')
    assert.equal(renamed?.after?.['name'], 'Ada Renamed')
    const narrowed = { ...all, actions: ['remove'] as const, kinds: ['person'] as const }
    const removed = await changesOfRun(session, SITE, second.run, narrowed)
    assert.deepEqual(
      removed.rows.map(({ key }) => key),
      ['P-2'],
    )
    const pages = []
    for (let offset = 0; offset < rows.length; offset += 2) {
      const page = await changesOfRun(session, SITE, second.run, { limit: 2, offset })
      pages.push(...page.rows)
    }
    assert.deepEqual(pages, rows)
  })
})

test('is paged by place: the same rows, in pages of any size and with any filter', async () => {
  await ask(async (session) => {
    for (const filter of [
      {},
      { kinds: ['membership'] },
      { actions: ['add'] },
      { actions: ['update', 'remove'] },
      { actions: ['remove'], kinds: ['person', 'membership'] },
      { school: 'S-1' },
    ] as const) {
      for (const run of [first.run, second.run]) {
        const all = await changesOfRun(session, SITE, run, { ...filter, limit: 1000, offset: 0 })
        assert.equal(all.total, all.rows.length)
        assert.equal(all.next, undefined)
        for (const limit of [1, 2, 3, 7]) {
          const seen = []
          let after: Cursor | undefined
          do {
            const page: Awaited<ReturnType<typeof changesOfRun>> = await changesOfRun(
              session,
              SITE,
              run,
              { ...filter, limit, offset: 0, ...(after === undefined ? {} : { after }) },
            )
            assert.equal(page.total, after === undefined ? all.total : undefined)
            seen.push(...page.rows)
            after = page.next
          } while (after !== undefined)
          assert.deepEqual(seen, all.rows, `${JSON.stringify(filter)}, pages of ${limit}`)
        }
      }
    }
  })
})

test('narrowed to a school, the journal has its changes without those of protected persons', async () => {
  await ask(async (session) => {
    const north = await changesOfRun(session, SITE, first.run, { ...all, school: 'S-1' })
    const keysSeen = north.rows.flatMap(({ key, otherKey }) => [key, otherKey])
    assert.ok(keysSeen.includes('P-1'))
    assert.ok(!keysSeen.includes('P-9'))
    assert.ok(!keysSeen.includes('S-2'))
    const south = await changesOfRun(session, SITE, first.run, { ...all, school: 'S-2' })
    assert.deepEqual(
      south.rows.map(({ key }) => key),
      ['S-2'],
    )
  })
})

test('a run has its report, its delivery and its problems', async () => {
  await ask(async (session) => {
    const run = await findRun(session, SITE, first.run)
    assert.equal(run?.fileName, 'night-1.xml')
    assert.equal(run?.state, 'applied')
    const severities = ['setAside'] as const
    const problems = await problemsOfRun(session, SITE, first.run, { severities, ...all })
    assert.deepEqual(
      problems.rows.map(({ code }) => code),
      ['MEMBER_UNKNOWN'],
    )
    const runs = await listRuns(session, SITE, { limit: 2, offset: 0 })
    assert.ok(runs.rows.every(({ source }) => source === 'default'))
  })
})

test('the history of a person has every change, and each spell of each membership', async () => {
  await ask(async (session) => {
    const [subject] = await subjectsNamed(session, SITE, { key: 'P-1' })
    assert.ok(subject)
    assert.deepEqual(await explainedEntries(session, SITE, subject), [
      'add person night-1.xml',
      'add relation night-1.xml',
      'update person night-2.xml',
    ])
    const { rows } = await spellsOf(session, SITE, subject, 100)
    const told = rows.map(
      ({ groupKey, values, from, to }) =>
        `${groupKey} ${String(values['role'])} ${from?.fileName} ${to?.fileName}`,
    )
    assert.ok(told.includes('G-1 learner night-1.xml night-2.xml'))
    assert.ok(told.includes('C-1 learner night-1.xml night-2.xml'))
  })
})

test('the history of a key has the group that left and the course that was archived', async () => {
  await ask(async (session) => {
    const subjects = await subjectsNamed(session, SITE, { key: 'C-1' })
    assert.deepEqual(
      subjects.map(({ kind, state }) => `${kind} ${state}`),
      ['group gone', 'course archived'],
    )
    const course = subjects[1]
    assert.ok(course)
    assert.deepEqual(await explainedEntries(session, SITE, course), [
      'add course night-1.xml',
      'archive course night-2.xml',
    ])
  })
})

test('in the history of a group protected members are counted, not listed', async () => {
  await ask(async (session) => {
    const [subject] = await subjectsNamed(session, SITE, { key: 'G-1' })
    assert.ok(subject)
    const spells = await spellsOf(session, SITE, subject, 100)
    assert.equal(spells.hidden, 1)
    assert.ok(!JSON.stringify(spells.rows).includes('P-9'))
  })
})
