/** Nights on which courses end, keys change and usernames meet: each goes on where the one before ended. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Story } from './commands.ts'
import { addPupil, change, copyOf, join, leave, pupilOf, rekey } from './deliveries.ts'
import { Nights } from './nights.ts'
import { came, changesOf, explained, linesOf, only } from './numbers.ts'

const story = new Story()
before(() => story.hold())
after(() => story.end())
const nights = new Nights(story)
const { register } = nights
// One pupil of Svenska is on leave from it: 258 memberships are active.
join(register, 'S-SV', 's1-02', '01', 0)
const atFirst = copyOf(register)

test('a course that leaves is archived together with everyone in it', async () => {
  await nights.tonight()
  // 23 pupils and a teacher are active in Svenska. Two of them leave the school that night, and their class and Matematik.
  register.groups.delete('S-SV')
  register.lists.delete('S-SV')
  leave(register, 's2-06')
  leave(register, 's2-07')
  const archived = await nights.tonight()
  came(
    archived,
    `applied, pass, exit 0
                               before after added updated removed unchanged setAside
     person                       120   118     0       0       2       118        0
     group                         17    16     0       0       1        16        0
     course                         6     5     0       0       1         5        0
     membership                   258   230     0       0      28       230        0
     relation                      30    30     0       0       0        30        0
     persons at Sydskolan          30    28     0       0       2        28        0
     groups at Sydskolan            5     4     0       0       1         4        0
     memberships at Sydskolan      81    53     0       0      28        53        0`,
  )
  const changes = await changesOf(story, archived, '--kind', 'person,course')
  assert.deepEqual(changes, ['archive course S-SV', 'remove person s2-06', 'remove person s2-07'])
  assert.equal((await story.roster('courses')).length, 5)
})

/** Who is in the archived course by hand, by role; the journal of the course is beside it. */
async function archivedCourse(): Promise<{ readonly members: object; readonly actions: object }> {
  const subjects = await explained(story, 'S-SV')
  const archived = subjects.find(({ kind, state }) => kind === 'course' && state === 'archived')
  assert.ok(archived)
  const members: Record<string, number> = {}
  for (const { role, active } of archived.memberships) {
    const what = `${String(role)}${active === true ? '' : ', inactive'}`
    members[what] = (members[what] ?? 0) + 1
  }
  const actions = archived.changes.map(only('action', 'run'))
  return { members, actions }
}

const JOURNAL = [
  { action: 'add', run: 1 },
  { action: 'archive', run: 2 },
]

test('participants of an archived course stay in it by hand with their roles: leavers inactive, whoever was inactive not at all', async () => {
  assert.deepEqual((await story.roster('archive')).map(only('title', 'members', 'archivedRun')), [
    { title: 'Svenska', members: 24, archivedRun: 2 },
  ])
  assert.deepEqual(await archivedCourse(), {
    members: { learner: 21, 'learner, inactive': 2, teacher: 1 },
    actions: JOURNAL,
  })
})

test('the same course sent again is a new one, and the archived one stays', async () => {
  const group = atFirst.groups.get('S-SV')
  const list = atFirst.lists.get('S-SV')
  assert.ok(group && list)
  register.groups.set('S-SV', group)
  register.lists.set('S-SV', list)
  list.delete('s2-06')
  list.delete('s2-07')
  came(
    await nights.tonight(),
    `applied, pass, exit 0
                 before after added updated removed unchanged setAside
     person         118   118     0       0       0       118        0
     group           16    17     1       0       0        16        0
     course           5     6     1       0       0         5        0
     membership     230   252    22       0       0       230        0
     problem COURSE_ARCHIVED_BEFORE 1`,
  )
  assert.equal((await story.roster('courses')).length, 6)
  assert.equal((await story.roster('archive')).length, 1)
})

test('a leaver who returns has his place in the archived course again', async () => {
  addPupil(register, pupilOf('S2', 6), ['S-2', 'S-MA', 'S-SV'])
  came(
    await nights.tonight(),
    `applied, pass, exit 0
                 before after added updated removed unchanged setAside
     person         118   119     1       0       0       118        0
     membership     252   255     3       0       0       252        0`,
  )
  assert.deepEqual(await archivedCourse(), {
    members: { learner: 22, 'learner, inactive': 1, teacher: 1 },
    actions: JOURNAL,
  })
})

const UNCHANGED = `
              before after added updated removed unchanged setAside
  person         119   119     0       0       0       119        0
  group           17    17     0       0       0        17        0
  membership     255   255     0       0       0       255        0
  relation        30    30     0       0       0        30        0`

test('a key that changes with New and Old keeps account and memberships', async () => {
  const [before] = await story.roster('persons', '--person', 'n1-02')
  rekey(register, 'n1-02', 'n1-02b')
  const rekeyed = await nights.tonight()
  came(
    rekeyed,
    `applied, pass, exit 0
                 before after added updated removed unchanged setAside
     person         119   119     0       1       0       118        0
     membership     255   255     0       0       0       255        0
     relation        30    30     0       0       0        30        0`,
  )
  assert.deepEqual(await changesOf(story, rekeyed), ['rekey person n1-02b'])
  assert.deepEqual(await story.roster('persons', '--person', 'n1-02'), [])
  const [now] = await story.roster('persons', '--person', 'n1-02b')
  assert.deepEqual(now, { ...before, key: 'n1-02b' })
  assert.equal((await story.roster('memberships', '--person', 'n1-02b')).length, 4)
})

test('the night after, when the old key is no longer sent, nothing changes', async () => {
  const { oldKey: _former, ...person } = register.persons.get('n1-02b') ?? pupilOf('N1', 2)
  register.persons.set('n1-02b', person)
  came(await nights.tonight(), `applied, pass, exit 0, 1 records read ${UNCHANGED}`)
})

test('two persons with one username are both set aside: the known one stays, the new one waits', async () => {
  addPupil(register, { ...pupilOf('N2', 13), username: 'n1-03' }, ['N-2', 'N-MA', 'N-SV'])
  came(
    await nights.tonight(),
    `applied, pass, exit 5
                 before after added updated removed unchanged setAside
     person         119   119     0       0       0       119        2
     membership     255   255     0       0       0       255        3
     problem DUPLICATE_USERNAME 2
     problem MEMBER_UNKNOWN 3`,
  )
  const [known] = await story.roster('persons', '--person', 'n1-03')
  assert.equal(known?.['username'], 'n1-03')

  change(register, 'n2-13', { username: 'n2-13' })
  came(
    await nights.tonight(),
    `applied, pass, exit 0
                 before after added updated removed unchanged setAside
     person         119   120     1       0       0       119        0
     membership     255   258     3       0       0       255        0`,
  )
})

test('a pupil and her guardian leave together; when both are back, so are account, guardian and mentor', async () => {
  const people = ['n1-04', 'g-n1-04']
  const [before] = await story.roster('persons', '--person', 'n1-04')
  const relations = await story.roster('relations', '--person', 'n1-04')
  assert.deepEqual(linesOf(relations, 'kind'), ['guardian', 'mentor'])

  const gone = copyOf(register)
  for (const person of people) leave(gone, person)
  came(
    await nights.tonight(gone),
    `applied, pass, exit 0
                 before after added updated removed unchanged setAside
     person         120   118     0       0       2       118        0
     guardian        30    29     0       0       1        29        0
     membership     258   254     0       0       4       254        0`,
  )
  assert.deepEqual(await story.roster('relations', '--person', 'n1-04'), [])
  came(
    await nights.tonight(),
    `applied, pass, exit 0
                 before after added updated removed unchanged setAside
     person         118   120     2       0       0       118        0
     guardian        29    30     1       0       0        29        0
     membership     254   258     4       0       0       254        0`,
  )
  const [back] = await story.roster('persons', '--person', 'n1-04')
  assert.deepEqual(back, before)
  assert.deepEqual(await story.roster('relations', '--person', 'n1-04'), relations)
})

test('explain knows a rekeyed person by his new key, and tells the old one', async () => {
  const [found] = await explained(story, 'n1-02b')
  const changes = found?.changes.filter(({ kind }) => kind === 'person')
  assert.deepEqual(changes?.map(only('action', 'run')), [
    { action: 'add', run: 1 },
    { action: 'rekey', run: 5 },
  ])
})
