/**
 * What nights do, told by a municipality through one autumn, from its first delivery on: each test is a night, or a
 * few, and goes on where the one before ended. Only `./rollcall` is run. All numbers are counted by hand from the
 * register in story/deliveries.ts; none is copied from what the program printed.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Story, type Json } from './story/commands.ts'
import {
  addPupil,
  change,
  copyOf,
  delivery,
  join,
  leave,
  listElement,
  personElement,
  pupilOf,
  quit,
  withoutSchool,
} from './story/deliveries.ts'
import { Nights } from './story/nights.ts'
import { came, changesOf, explained, linesOf, only } from './story/numbers.ts'

const story = new Story()
after(() => story.end())
const nights = new Nights(story)
const { register } = nights

test('the first night fills an empty site, and passes', async () => {
  const first = await nights.tonight()
  came(
    first,
    `applied, pass, exit 0, 153 records read
                              before after added updated removed unchanged setAside
     person                        0   120   120       0       0         0        0
     student                       0    72    72       0       0         0        0
     staff                         0    18    18       0       0         0        0
     guardian                      0    30    30       0       0         0        0
     group                         0    17    17       0       0         0        0
     course                        0     6     6       0       0         0        0
     membership                    0   259   259       0       0         0        0
     relation                      0    30    30       0       0         0        0
     persons at Norrskolan         0    30    30       0       0         0        0
     persons at Sydskolan          0    30    30       0       0         0        0
     persons at Östskolan          0    30    30       0       0         0        0
     persons at no school          0    30    30       0       0         0        0
     groups at Norrskolan          0     6     6       0       0         0        0
     groups at no school           0     1     1       0       0         0        0
     memberships at Norrskolan     0    95    95       0       0         0        0
     memberships at Östskolan      0    82    82       0       0         0        0`,
  )
  assert.equal(first.json['bytesRead'], Buffer.byteLength(delivery(register, nights.datetime)))
})

test('the roster then holds what was sent: tree, roles, guardians, and mentors made from the mentor group', async () => {
  assert.equal((await story.roster('persons')).length, 120)
  assert.equal((await story.roster('memberships')).length, 259)
  assert.equal((await story.roster('courses')).length, 6)
  assert.deepEqual(
    (await story.roster('groups', '--kind', 'mentorGroup')).map(only('key', 'school', 'members')),
    [{ key: 'N-M', school: 'Norrskolan', members: 13 }],
  )
  assert.deepEqual(
    (await story.roster('memberships', '--person', 'n-t1')).map(only('groupKey', 'role', 'active')),
    [{ groupKey: 'N', role: 'leadership', active: true }],
  )
  const related = await story.roster('relations', '--person', 'n1-01')
  const others = related.map(({ kind, other }) => ({ kind, key: (other as Json)['key'] }))
  assert.deepEqual(linesOf(others, 'kind', 'key'), ['guardian g-n1-01', 'mentor n-t6'])
  assert.equal((await story.roster('relations')).length, 30 + 12)
})

const UNCHANGED = `
              before after added updated removed unchanged setAside
  person         120   120     0       0       0       120        0
  group           17    17     0       0       0        17        0
  course           6     6     0       0       0         6        0
  membership     259   259     0       0       0       259        0
  relation        30    30     0       0       0        30        0`

test('a night on which only the datetime differs reads no record and changes nothing', async () => {
  came(await nights.tonight(), `applied, pass, exit 0, 0 records read ${UNCHANGED}`)
})

test('the very same bytes are answered without work', async () => {
  const again = delivery(register, nights.datetime)
  came(await nights.import(again), `same, pass, exit 0, 0 records read ${UNCHANGED}`)
})

test('on an ordinary night each change is counted once, and only what changed is read', async () => {
  change(register, 'n1-01', { family: 'Almgren' })
  addPupil(register, pupilOf('N1', 13), ['N-1', 'N-MA', 'N-SV'])
  leave(register, 's2-12')
  quit(register, 'N-2', 'n2-01')
  join(register, 'N-1', 'n2-01')
  join(register, 'O-1', 'o-t2', '08')
  join(register, 'O-MA', 'o2-03', '01', 0)
  register.groups.set('N-MA', { title: 'Matematik 7', parent: 'N', type: 'course' })
  // 2 persons, 1 group, and the lists N-1, N-2, N-MA, N-SV, S-2, S-MA, S-SV, O-1 and O-MA.
  const ordinary = await nights.tonight()
  came(
    ordinary,
    `applied, pass, exit 0, 12 records read
                              before after added updated removed unchanged setAside
     person                      120   120     1       1       1       118        0
     group                        17    17     0       1       0        16        0
     course                        6     6     0       1       0         5        0
     membership                  259   258     4       1       5       253        0
     relation                     30    30     0       0       0        30        0
     persons at Norrskolan        30    31     1       0       0        30        0
     persons at Sydskolan         30    29     0       0       1        29        0
     memberships at Norrskolan    95    98     4       0       1        94        0
     memberships at Sydskolan     82    79     0       0       3        79        0
     memberships at Östskolan     82    81     0       1       1        80        0`,
  )
  const changes = await changesOf(story, ordinary, '--kind', 'person,group,course')
  assert.deepEqual(changes, [
    'add person n1-13',
    'remove person s2-12',
    'update group N-MA',
    'update person n1-01',
  ])
  assert.deepEqual(await changesOf(story, ordinary, '--kind', 'membership', '--school', 'O'), [
    'update membership O-1 o-t2',
    'update membership O-MA o2-03',
  ])
})

test('explain tells how a value came to be: which run, which line, what it was before', async () => {
  const [found] = await explained(story, 'n1-01')
  assert.ok(found)
  const { changes, memberships } = found
  // The declaration, enterprise and properties take three lines, the six teachers of the school as many more.
  assert.deepEqual(changes.map(only('kind', 'action', 'run', 'line')), [
    { kind: 'person', action: 'add', run: 1, line: 10 },
    { kind: 'relation', action: 'add', run: 1, line: undefined },
    { kind: 'person', action: 'update', run: 4, line: 10 },
  ])
  assert.deepEqual(changes[2]?.['before'], { name: 'Åska Alm', family: 'Alm' })
  assert.deepEqual(changes[2]?.['after'], { name: 'Åska Almgren', family: 'Almgren' })
  assert.deepEqual(linesOf(memberships, 'groupKey'), ['N-1', 'N-M', 'N-MA', 'N-SV'])
  assert.deepEqual((await story.roster('bin')).map(only('key', 'binnedRun')), [
    { key: 's2-12', binnedRun: 4 },
  ])
})

const WHY_HELD = `
  holds TOO_MANY_REMOVED persons 36 of 120
  holds TOO_MANY_REMOVED students 24 of 72
  holds TOO_MANY_REMOVED staff 6 of 18
  holds TOO_MANY_REMOVED guardians 6 of 30
  holds TOO_MANY_REMOVED memberships 81 of 258
  holds TOO_MANY_REMOVED persons 30 of 30 at Östskolan
  holds TOO_MANY_REMOVED memberships 81 of 81 at Östskolan
  holds SCHOOL_EMPTIED persons 30 of 30 at Östskolan
  holds SCHOOL_EMPTIED groups 5 of 5 at Östskolan
  holds SCHOOL_EMPTIED memberships 81 of 81 at Östskolan`

const CUT_OUT = `
                            before after added updated removed unchanged setAside
  person                       120    85     1       1      36        83        0
  student                       72    49     1       1      24        47        0
  staff                         18    12     0       0       6        12        0
  guardian                      30    24     0       0       6        24        0
  group                         17    12     0       0       5        12        0
  course                         6     4     0       0       2         4        0
  membership                   258   180     3       0      81       177        0
  persons at Östskolan          30     0     0       0      30         0        0
  groups at Östskolan            5     0     0       0       5         0        0
  memberships at Östskolan      81     0     0       0      81         0        0
  persons at no school          30    24     0       0       6        24        0
  ${WHY_HELD}`

test('a school cut out of the export is held, and the roster is left alone', async () => {
  change(register, 's1-01', { family: 'Ekman' })
  addPupil(register, pupilOf('S1', 13), ['S-1', 'S-MA', 'S-SV'])
  const file = story.write(nights.next(withoutSchool(register, 'O')))

  came(await story.ask('plan', file), `planned, hold, exit 3 ${CUT_OUT}`)
  came(await story.ask('import', file), `held, hold, exit 3 ${CUT_OUT}`)
  assert.equal((await story.roster('persons', '--school', 'O')).length, 30)
  assert.equal((await story.roster('persons', '--search', 'Ekman')).length, 0)
  const { json } = await story.ask('runs')
  assert.deepEqual((json['runs'] as readonly Json[]).map(only('run', 'state')), [
    { run: 5, state: 'held' },
    { run: 4, state: 'applied' },
    { run: 3, state: 'applied' },
    { run: 2, state: 'applied' },
    { run: 1, state: 'applied' },
  ])
})

test('released without removals, the held plan adds and updates, and nobody goes', async () => {
  const released = await story.ask('release', '5', '--without-removals', '--consulted', 'registrar')
  came(
    released,
    `released, hold, exit 0
                 before after added updated removed unchanged setAside
     person         120   121     1       1       0       119        0
     group           17    17     0       0       0        17        0
     course           6     6     0       0       0         6        0
     membership     258   261     3       0       0       258        0
     relation        30    30     0       0       0        30        0
     ${WHY_HELD}`,
  )
  assert.equal((await story.roster('persons', '--school', 'O')).length, 30)
  const { json } = await story.ask('run', '5')
  assert.equal(json['state'], 'released')
  assert.equal((json['decision'] as Json)['consulted'], 'registrar')
})

/** 121 persons, 17 groups, 6 courses, 261 memberships: nothing happens to them. */
const UNCHANGED_121 = `
              before after added updated removed unchanged setAside
  person         121   121     0       0       0       121        0
  group           17    17     0       0       0        17        0
  course           6     6     0       0       0         6        0
  membership     261   261     0       0       0       261        0
  relation        30    30     0       0       0        30        0`

test('the school is back the next night, and there is nothing to do', async () => {
  // What had waited is looked at again once more.
  came(await nights.tonight(), `applied, pass, exit 0 ${UNCHANGED_121}`)
  came(await nights.tonight(), `applied, pass, exit 0, 0 records read ${UNCHANGED_121}`)
})

test('a person leaves and returns while every list stays byte for byte: the same account, all memberships back', async () => {
  const [before] = await story.roster('persons', '--person', 'n2-05')
  const gone = copyOf(register)
  gone.persons.delete('n2-05')
  const left = await nights.tonight(gone)
  came(
    left,
    `applied, pass, exit 5
                 before after added updated removed unchanged setAside
     person         121   120     0       0       1       120        0
     group           17    17     0       0       0        17        0
     membership     261   258     0       0       3       258        3
     problem MEMBER_UNKNOWN 3`,
  )
  // He is still listed as a member, and looked for every night: in the lists N-2, N-MA and N-SV.
  came(
    await nights.tonight(gone),
    `applied, pass, exit 5, 3 records read
                 before after added updated removed unchanged setAside
     person         120   120     0       0       0       120        0
     membership     258   258     0       0       0       258        3
     problem MEMBER_UNKNOWN 3`,
  )
  came(
    await nights.tonight(),
    `applied, pass, exit 0
                 before after added updated removed unchanged setAside
     person         120   121     1       0       0       120        0
     membership     258   261     3       0       0       258        0`,
  )
  const [back] = await story.roster('persons', '--person', 'n2-05')
  assert.equal(back?.['username'], 'n2-05')
  assert.deepEqual(back, before)
  assert.equal((await story.roster('memberships', '--person', 'n2-05')).length, 3)
})

test('while a person is set aside, unchanged and re-ordered lists keep him', async () => {
  const { key, given, family } = pupilOf('S2', 2)
  const named = `<name><fn>${given} ${family}</fn><n><family>${family}</family><given>${given}</given></n></name>`
  const nameless = (text: string): string => {
    const record = personElement(pupilOf('S2', 2))
    return text.replace(record, record.replace(named, '<name><fn></fn></name>'))
  }
  const list = register.lists.get('S-MA') ?? new Map()
  const reversed = new Map([...list].toReversed())
  const aside = `
                 before after added updated removed unchanged setAside
     person         121   121     0       0       0       121        1
     membership     261   261     0       0       0       261        0
     problem NAME_MISSING 1`

  came(
    await nights.import(nameless(nights.next())),
    `applied, pass, exit 5, 1 records read ${aside}`,
  )
  const reordered = nights.next().replace(listElement('S-MA', list), listElement('S-MA', reversed))
  came(await nights.import(nameless(reordered)), `applied, pass, exit 5, 2 records read ${aside}`)
  assert.equal((await story.roster('memberships', '--person', key)).length, 3)
})

test('a record without a readable key puts off removals of its kind, with a finding, to the next clean night', async () => {
  leave(register, 'o1-08')
  const keyless = nights
    .next()
    .replace(
      '<person><sourcedid><source>SIS</source><id>o1-07</id>',
      '<person><sourcedid><source>SIS</source><id> </id>',
    )
  came(
    await nights.import(keyless),
    `applied, pass, exit 5
                 before after added updated removed unchanged setAside
     person         121   121     0       0       0       121        1
     membership     261   258     0       0       3       258        0
     notes REMOVALS_LEFT_OUT persons
     problem KEY_MISSING 1`,
  )
  came(
    await nights.tonight(),
    `applied, pass, exit 0
                 before after added updated removed unchanged setAside
     person         121   120     0       0       1       120        0
     membership     258   258     0       0       0       258        0`,
  )
})
