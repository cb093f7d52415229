/** Nights on which the tree of groups changes: a parent leaves and returns, a class goes to another school, a circle. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Story } from './commands.ts'
import { copyOf, join } from './deliveries.ts'
import { Nights } from './nights.ts'
import { came, only } from './numbers.ts'

const story = new Story()
before(() => story.hold())
after(() => story.end())
const nights = new Nights(story)
const { register } = nights

// Class S-1 has a group of three pupils under it: 18 groups and 262 memberships.
register.groups.set('S-1a', { title: 'Läsgrupp', parent: 'S-1', type: 'class' })
register.lists.set('S-1a', new Map())
for (const pupil of ['s1-01', 's1-02', 's1-03']) join(register, 'S-1a', pupil)

/** Where a group hangs now, whatever its record says. */
async function parentOf(group: string): Promise<object | undefined> {
  const rows = await story.roster('groups', '--group', group)
  return rows.filter(({ key }) => key === group).map(only('parentTitle', 'school', 'members'))[0]
}

test('a child of a class that leaves hangs under the school meanwhile, and returns with its parent', async () => {
  await nights.tonight()
  const without = copyOf(register)
  without.groups.delete('S-1')
  without.lists.delete('S-1')
  came(
    await nights.tonight(without),
    `applied, pass, exit 0
                               before after added updated removed unchanged setAside
     person                       120   120     0       0       0       120        0
     group                         18    17     0       1       1        16        0
     membership                   262   249     0       0      13       249        0
     persons at Sydskolan          30    30     0       0       0        30        0
     memberships at Sydskolan      85    72     0       0      13        72        0
     problem PARENT_LEFT 1`,
  )
  assert.deepEqual(await parentOf('S-1a'), {
    parentTitle: 'Sydskolan',
    school: 'Sydskolan',
    members: 3,
  })
  came(
    await nights.tonight(),
    `applied, pass, exit 0
                               before after added updated removed unchanged setAside
     group                         17    18     1       1       0        16        0
     membership                   249   262    13       0       0       249        0
     memberships at Sydskolan      72    85    13       0       0        72        0`,
  )
  assert.deepEqual(await parentOf('S-1a'), {
    parentTitle: 'Klass S-1',
    school: 'Sydskolan',
    members: 3,
  })
})

test('a class that moves to another school takes its members along: nobody is new or gone', async () => {
  register.groups.set('O-2', { title: 'Klass O-2', parent: 'S', type: 'class' })
  // Its pupils keep their courses at Östskolan, and its teacher is still listed there: they count at both schools.
  came(
    await nights.tonight(),
    `applied, pass, exit 0, 1 records read
                               before after added updated removed unchanged setAside
     person                       120   120     0       0       0       120        0
     group                         18    18     0       1       0        17        0
     membership                   262   262     0       0       0       262        0
     persons at Sydskolan          30    43     0       0       0        30        0
     persons at Östskolan          30    30     0       0       0        30        0
     memberships at Sydskolan      85    98     0       0       0        85        0
     memberships at Östskolan      82    69     0       0       0        82        0
     groups at Sydskolan            6     7     0       0       0         6        0
     groups at Östskolan            5     4     0       1       0         4        0`,
  )
  came(
    await nights.tonight(),
    `applied, pass, exit 0, 0 records read
                               before after added updated removed unchanged setAside
     persons at Sydskolan          43    43     0       0       0        43        0
     persons at Östskolan          30    30     0       0       0        30        0
     memberships at Sydskolan      98    98     0       0       0        98        0
     memberships at Östskolan      69    69     0       0       0        69        0
     groups at Sydskolan            7     7     0       0       0         7        0
     groups at Östskolan            4     4     0       0       0         4        0`,
  )
})

test('groups that are parents of each other are set aside and stay as they were, with their members', async () => {
  const circle = copyOf(register)
  circle.groups.set('S-1', { title: 'Klass S-1', parent: 'S-1a', type: 'class' })
  came(
    await nights.tonight(circle),
    `applied, pass, exit 5
                 before after added updated removed unchanged setAside
     person         120   120     0       0       0       120        0
     group           18    18     0       0       0        18        2
     membership     262   262     0       0       0       262        0
     problem PARENT_CYCLE 2`,
  )
  assert.deepEqual(await parentOf('S-1'), {
    parentTitle: 'Sydskolan',
    school: 'Sydskolan',
    members: 13,
  })
  assert.deepEqual(await parentOf('S-1a'), {
    parentTitle: 'Klass S-1',
    school: 'Sydskolan',
    members: 3,
  })
})
