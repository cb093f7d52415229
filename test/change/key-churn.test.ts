import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { suspectGroups, type GroupTraits } from '../../src/change/group-pairs.ts'
import { churnFindings, type ChurnCount, type Pairs } from '../../src/change/key-churn.ts'
import { personTraits, suspectPersons, type PersonTraits } from '../../src/change/person-pairs.ts'
import { emptyTally } from '../../src/change/tally.ts'
import { readNumber } from '../../src/numbers/read.ts'
import type { PersonFields } from '../../src/roster/person.ts'

function traits(fields: PersonFields): PersonTraits {
  const { nationalNumber } = fields
  return personTraits(
    fields,
    nationalNumber === undefined ? undefined : readNumber('SE', nationalNumber),
  )
}

/** `0-1 high: username name` for each pair. */
function said({ pairs, ambiguous }: Pairs): string[] {
  return [
    ...pairs.map(
      ({ before, after, confidence, reasons }) =>
        `${before}-${after} ${confidence}: ${reasons.join(' ')}`,
    ),
    ...(ambiguous === 0 ? [] : [`ambiguous: ${ambiguous}`]),
  ]
}

const persons = (before: readonly PersonFields[], after: readonly PersonFields[]): string[] =>
  said(suspectPersons(before.map(traits), after.map(traits)))

/** Test numbers of Skatteverket: a samordningsnummer and two personnummer. */
const TEMPORARY = '191401682396'
const PERMANENT = '189001019802'
const ANOTHER = '189001029819'
const BORN = { birthDate: '2012-03-04' }
const anna = { name: 'Anna Berg', ...BORN }

describe('persons under new keys', () => {
  const rows: readonly (readonly [string, PersonFields, PersonFields, readonly string[]])[] = [
    [
      'the same number, however it is written, is certain',
      { name: 'Anna Berg', nationalNumber: PERMANENT },
      { name: 'Anna Lund', nationalNumber: '18900101-9802' },
      ['0-0 certain: nationalNumber'],
    ],
    ['the same name and birth date', anna, anna, ['0-0 high: nameAndBirthDate']],
    [
      'the same username and name',
      { name: 'Anna Berg', username: 'anna' },
      { name: 'ANNA  BERG', username: 'Anna' },
      ['0-0 high: username name'],
    ],
    [
      'a username alone may have been given anew',
      { name: 'Anna Berg', username: 'anna' },
      { name: 'Anna Lund', username: 'anna' },
      ['0-0 low: username'],
    ],
    [
      'siblings share an e-mail address: each has a number of his own',
      { name: 'Anna Berg', email: 'home@example.org', nationalNumber: PERMANENT },
      { name: 'Anna Berg', email: 'home@example.org', nationalNumber: ANOTHER },
      ['0-0 low: email name'],
    ],
    [
      'another birth date speaks against it',
      { name: 'Anna Berg', username: 'anna', birthDate: '2012-03-04' },
      { name: 'Anna Berg', username: 'anna', birthDate: '2013-03-04' },
      ['0-0 low: username name'],
    ],
    [
      'a personnummer replaces a samordningsnummer where something else agrees, too',
      { ...anna, username: 'anna', nationalNumber: TEMPORARY },
      { ...anna, username: 'anna', nationalNumber: PERMANENT },
      ['0-0 high: username nameAndBirthDate'],
    ],
    [
      'and is no more than possible where name and birth date are all',
      { ...anna, nationalNumber: TEMPORARY },
      { ...anna, nationalNumber: PERMANENT },
      ['0-0 low: nameAndBirthDate'],
    ],
    [
      'a personnummer is not replaced by a samordningsnummer',
      { ...anna, username: 'anna', nationalNumber: PERMANENT },
      { ...anna, username: 'anna', nationalNumber: TEMPORARY },
      ['0-0 low: username nameAndBirthDate'],
    ],
    ['a name alone is none', { name: 'Anna Berg' }, { name: 'Anna Berg' }, []],
    ['a phone alone is none', { mobile: '+46700000000' }, { mobile: '+46700000000' }, []],
  ]
  for (const [name, before, after, expected] of rows) {
    test(name, () => assert.deepEqual(persons([before], [after]), expected))
  }

  test('who could be one of two is no pair, and counted', () => {
    assert.deepEqual(persons([anna], [anna, anna]), ['ambiguous: 1'])
    assert.deepEqual(persons([anna, anna], [anna]), ['ambiguous: 2'])
  })

  test('a number settles what an e-mail address leaves open', () => {
    const one = { name: 'A', email: 'home@example.org', nationalNumber: PERMANENT }
    const other = { name: 'B', email: 'home@example.org', nationalNumber: ANOTHER }
    assert.deepEqual(persons([one, other], [other, one]), [
      '0-1 certain: nationalNumber email name',
      '1-0 certain: nationalNumber email name',
    ])
  })

  test('what very many share says nothing', () => {
    const office = Array.from({ length: 20 }, (_, n) => ({
      name: `P${n}`,
      email: 'office@example.org',
    }))
    assert.deepEqual(
      persons(
        office,
        office.map(({ email }, n) => ({ email, name: `Q${n}` })),
      ),
      [],
    )
  })
})

function group(
  id: number,
  title: string,
  parent: number | null,
  members: readonly number[],
): GroupTraits {
  return { id, kind: 'course', title, parent, members: Float64Array.from(members) }
}

describe('groups under new keys', () => {
  const before = [group(1, 'Maths', null, [10, 11, 12])]
  const rows: readonly (readonly [string, GroupTraits, readonly string[]])[] = [
    [
      'the same members',
      group(-2, 'Maths', null, [10, 11, 12]),
      ['0-0 high: title parent members'],
    ],
    ['most members', group(-2, 'maths ', null, [10, 11, 13]), ['0-0 high: title parent members']],
    ['half of them is not most', group(-2, 'Maths', null, [10, 13]), []],
    ['most of few among many', group(-2, 'Maths', null, [10, 11, 12, 13, 14, 15]), []],
    ['no members', group(-2, 'Maths', null, []), []],
    ['another title', group(-2, 'Physics', null, [10, 11, 12]), []],
    ['another parent', group(-2, 'Maths', 7, [10, 11, 12]), []],
  ]
  for (const [name, after, expected] of rows) {
    test(name, () => assert.deepEqual(said(suspectGroups(before, [after])), expected))
  }

  test('two without members agree about them', () => {
    assert.deepEqual(said(suspectGroups([group(1, 'A', null, [])], [group(-2, 'A', null, [])])), [
      '0-0 high: title parent',
    ])
  })

  test('a whole tree is found from the top, whatever the order', () => {
    const old = [group(3, 'Course', 2, [10]), group(1, 'School', null, []), group(2, 'Year', 1, [])]
    const now = [
      group(-2, 'Course', -3, [10]),
      group(-3, 'Year', -4, []),
      group(-4, 'School', null, []),
    ]
    assert.deepEqual(said(suspectGroups(old, now)), [
      '0-0 high: title parent members',
      '1-2 high: title parent',
      '2-1 high: title parent',
    ])
  })

  test('members tell two of the same title apart; without any, neither is a pair', () => {
    const twins = (
      one: readonly number[],
      other: readonly number[],
      sign: 1 | -1,
    ): GroupTraits[] => [group(2 * sign, 'A', null, one), group(3 * sign, 'A', null, other)]
    assert.deepEqual(said(suspectGroups(twins([10], [11], 1), twins([11], [10], -1))), [
      '0-1 high: title parent members',
      '1-0 high: title parent members',
    ])
    assert.deepEqual(said(suspectGroups(twins([], [], 1), twins([], [], -1))), ['ambiguous: 2'])
  })
})

describe('so many new keys that the plan is held', () => {
  const none: ChurnCount = { pairs: 0, proposed: 0, leftOut: 0, ambiguous: 0 }
  const holds = (pairs: number, before: number): boolean => {
    const tallies = {
      person: { ...emptyTally(before) },
      group: emptyTally(),
      membership: emptyTally(),
      relation: emptyTally(),
      course: emptyTally(),
      profiles: {},
      schools: [],
    }
    const found = churnFindings({ person: { ...none, pairs }, group: none }, tallies)
    return found.some((finding) => finding.holds && finding.count === pairs)
  }
  for (const [pairs, before, expected] of [
    [10, 1000, false],
    [11, 1000, true],
    [11, 100_000, true],
    [5, 500, false],
    [5, 499, true],
    [0, 0, false],
  ] as const) {
    test(`${pairs} of ${before}`, () => assert.equal(holds(pairs, before), expected))
  }
})
