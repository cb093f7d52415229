import assert from 'node:assert/strict'
import test from 'node:test'
import * as fc from 'fast-check'
import { judge, type WholeDelivery } from '../../src/change/judge.ts'
import {
  LIMIT_NAMES,
  LIMITS,
  limitFaults,
  limitOf,
  type LimitName,
} from '../../src/change/limits.ts'
import { after, emptyTally, type Tallies, type Tally } from '../../src/change/tally.ts'

const LATER: WholeDelivery = { missingKinds: [], removalsLeftOut: [], yearsLearned: 0 }

function tally(change: Partial<Tally>): Tally {
  return { ...emptyTally(), ...change }
}

function tallies(change: Partial<Tallies>): Tallies {
  const none = emptyTally()
  return {
    person: none,
    group: none,
    membership: none,
    relation: none,
    course: none,
    profiles: {},
    schools: [],
    ...change,
  }
}

/** Limits of a night; those of a week are judged with what earlier nights removed. */
type NightLimit = Exclude<LimitName, `${string}.week`>
const NIGHT_LIMITS = LIMIT_NAMES.filter((name): name is NightLimit => !name.endsWith('.week'))

/** What each limit counts, with `count` of `before`. */
const COUNTED: {
  readonly [name in NightLimit]: (count: number, before: number) => Partial<Tallies>
} = {
  'persons.removed': (removed, before) => ({ person: tally({ before, removed, added: before }) }),
  'persons.updated': (updated, before) => ({ person: tally({ before, updated }) }),
  'persons.added': (added, before) => ({ person: tally({ before, added }) }),
  'groups.removed': (removed, before) => ({ group: tally({ before, removed, added: before }) }),
  'groups.updated': (updated, before) => ({ group: tally({ before, updated }) }),
  'courses.archived': (removed, before) => ({
    course: tally({ before, removed }),
    group: tally({ before: before + 1, removed }),
  }),
  'memberships.removed': (removed, before) => ({
    membership: tally({ before, removed, added: before }),
  }),
  'memberships.updated': (updated, before) => ({ membership: tally({ before, updated }) }),
  'persons.removed.school': (removed, before) =>
    school({ persons: tally({ before, removed, added: before }) }),
  'persons.added.school': (added, before) => school({ persons: tally({ before, added }) }),
  'memberships.removed.school': (removed, before) =>
    school({ memberships: tally({ before, removed, added: before }) }),
}

function school(change: {
  readonly persons?: Tally
  readonly memberships?: Tally
}): Partial<Tallies> {
  const none = emptyTally()
  return { schools: [{ school: 7, persons: none, groups: none, memberships: none, ...change }] }
}

for (const name of NIGHT_LIMITS) {
  test(`${name} holds above floor and limit, and not at either`, () => {
    const { percent, floor } = LIMITS[name]
    const holds = (count: number, before: number): boolean =>
      judge(tallies(COUNTED[name](count, before)), LATER, {}).findings.some(
        ({ limit }) => limit === name,
      )
    // So many that the limit is far above the floor, and the percentage of them a whole number.
    const many = 100 * (floor + 1) * 100
    const atLimit = (many * percent) / 100
    assert.deepEqual([holds(atLimit, many), holds(atLimit + 1, many)], [false, true])
    // So few that one above the floor is above the limit.
    assert.deepEqual([holds(floor, 1), holds(floor + 1, 1)], [false, true])
    // One less than a whole percentage leaves no room for rounding.
    assert.equal(holds(atLimit, many - 1), true)
  })
}

test('the defaults are those of the specification', () => {
  const said = Object.fromEntries(
    LIMIT_NAMES.map((name) => [name, [LIMITS[name].percent, LIMITS[name].floor]]),
  )
  assert.deepEqual(said, {
    'persons.removed': [5, 5],
    'persons.updated': [30, 5],
    'persons.added': [20, 100],
    'persons.removed.school': [25, 3],
    'persons.added.school': [50, 30],
    'groups.removed': [20, 5],
    'groups.updated': [40, 5],
    'courses.archived': [20, 5],
    'memberships.removed': [15, 50],
    'memberships.removed.school': [50, 25],
    'memberships.updated': [40, 50],
    'persons.removed.week': [10, 5],
    'groups.removed.week': [30, 5],
    'memberships.removed.week': [25, 50],
  })
})

test('a limit may be set within its bounds, and no further', () => {
  const bounds: {
    readonly [name in LimitName]: readonly [min: number, max: number, floorMax: number]
  } = {
    'persons.removed': [1, 25, 50],
    'persons.removed.school': [1, 25, 50],
    'persons.updated': [10, 80, 50],
    'persons.added': [5, 100, 500],
    'persons.added.school': [5, 100, 500],
    'groups.removed': [5, 60, 50],
    'groups.updated': [10, 80, 50],
    'courses.archived': [5, 60, 50],
    'memberships.removed': [5, 60, 50],
    'memberships.removed.school': [5, 60, 50],
    'memberships.updated': [10, 80, 50],
    'persons.removed.week': [1, 25, 50],
    'groups.removed.week': [5, 60, 50],
    'memberships.removed.week': [5, 60, 50],
  }
  for (const name of LIMIT_NAMES) {
    const [min, max, floorMax] = bounds[name]
    const faults = (percent: number, floor: number): number =>
      limitFaults({ [name]: { percent, floor } }).length
    assert.deepEqual([faults(min, 0), faults(max, floorMax)], [0, 0], name)
    assert.deepEqual(
      [
        faults(min - 1, 0),
        faults(max + 1, 0),
        faults(min, -1),
        faults(min, floorMax + 1),
        faults(min + 0.5, 0),
      ],
      [1, 1, 1, 1, 1],
      name,
    )
  }
  assert.equal(limitFaults({ everything: { percent: 5 } }).length, 1)
})

test('what a source does not set has the default', () => {
  const { percent, floor } = limitOf('persons.removed', { 'persons.removed': { percent: 9 } })
  assert.deepEqual([percent, floor], [9, 5])
})

test('extension data alone is not judged', () => {
  const person = tally({ before: 100, updated: 90, updatedInExtension: 60 })
  assert.equal(judge(tallies({ person }), LATER, {}).decision, 'pass')
  assert.equal(
    judge(tallies({ person: { ...person, updatedInExtension: 59 } }), LATER, {}).decision,
    'hold',
  )
})

test('students, staff and guardians are judged by the limit for persons removed', () => {
  const removed = tally({ before: 100, removed: 6 })
  for (const [profile, what] of [
    ['student', 'students'],
    ['staff', 'staff'],
    ['guardian', 'guardians'],
  ] as const) {
    const { findings } = judge(tallies({ profiles: { [profile]: removed } }), LATER, {})
    assert.deepEqual(findings, [
      {
        code: 'TOO_MANY_REMOVED',
        holds: true,
        what,
        count: 6,
        of: 100,
        permille: 60,
        limit: 'persons.removed',
        limitPercent: 5,
        floor: 5,
      },
    ])
  }
  assert.deepEqual(judge(tallies({ profiles: { guest: removed } }), LATER, {}).findings, [])
})

test('whatever had records and would have none holds: a kind, a school, a kind at a school', () => {
  const gone = tally({ before: 1, removed: 1 })
  const none = emptyTally()
  for (const kind of ['person', 'group', 'membership'] as const) {
    const { decision, findings } = judge(tallies({ [kind]: gone }), LATER, {})
    assert.deepEqual(
      [decision, findings[0]?.code, findings[0]?.what],
      ['hold', 'KIND_EMPTIED', `${kind}s`],
    )
  }
  for (const what of ['persons', 'groups', 'memberships']) {
    const at = { persons: none, groups: none, memberships: none, [what]: gone }
    const { findings } = judge(tallies({ schools: [{ school: 7, ...at }] }), LATER, {})
    assert.deepEqual(
      findings.map(({ code, what, school }) => [code, what, school]),
      [['SCHOOL_EMPTIED', what, 7]],
    )
    // "No school" is no school.
    assert.deepEqual(judge(tallies({ schools: [{ school: 0, ...at }] }), LATER, {}).findings, [])
  }
})

test('a school that all of its persons move away from is emptied too', () => {
  const none = emptyTally()
  const persons = tally({ before: 3, moved: -3 })
  const schools = [{ school: 7, persons, groups: none, memberships: none }]
  assert.equal(judge(tallies({ schools }), LATER, {}).decision, 'hold')
})

test('a missing kind and a changed decision hold; removals that were left out are only told', () => {
  const decision = (whole: Partial<WholeDelivery>): string =>
    judge(tallies({}), { ...LATER, ...whole }, {}).decision
  assert.equal(decision({ missingKinds: ['group'] }), 'hold')
  assert.equal(decision({ parentRelation: { before: '1', now: '2' } }), 'hold')
  assert.equal(decision({ encoding: { before: 'utf-8', now: 'windows-1252' } }), 'hold')
  assert.equal(decision({ removalsLeftOut: ['person'] }), 'pass')
})

test('the first delivery on an empty site passes, however large', () => {
  const person = tally({ added: 1_000_000 })
  assert.equal(
    judge(tallies({ person }), { ...LATER, firstDelivery: 'passes' }, {}).decision,
    'pass',
  )
})

const count = fc.nat({ max: 300 })
const anyTally = fc
  .record({ before: count, added: count, updated: count, removed: count })
  .map((change) => tally({ ...change, removed: Math.min(change.before, change.removed) }))
const anyTallies = fc.record({ person: anyTally, membership: anyTally }).map(tallies)

test('the same tallies get the same verdict, and none with fewer removals a harder one', () => {
  fc.assert(
    fc.property(anyTallies, (before) => {
      const verdict = judge(before, LATER, {})
      assert.deepEqual(judge(before, LATER, {}), verdict)
      const milder = {
        ...before,
        person: { ...before.person, removed: Math.floor(before.person.removed / 2) },
      }
      assert.ok(judge(milder, LATER, {}).findings.length <= verdict.findings.length)
    }),
  )
})

test('after is what was there, what came and what moved, less what went', () => {
  assert.equal(after(tally({ before: 10, added: 3, removed: 5, moved: -2 })), 6)
})
