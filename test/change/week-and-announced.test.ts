import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Announcement } from '../../src/change/announced.ts'
import { judge, type Finding, type WholeDelivery } from '../../src/change/judge.ts'
import { emptyTally, type SchoolTally, type Tallies, type Tally } from '../../src/change/tally.ts'
import type { Week } from '../../src/change/week.ts'

const tally = (change: Partial<Tally>): Tally => ({ ...emptyTally(), ...change })

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

/** `SLOW_DRAIN persons 21/200` for each finding; `(passes)` behind one that does not hold. */
const said = (findings: readonly Finding[]): string[] =>
  findings.map(
    ({ code, what, count, of, ceiling, holds }) =>
      `${code} ${what} ${count}/${of ?? ceiling}${holds ? '' : ' (passes)'}`,
  )

const OTHERS: WholeDelivery = { missingKinds: [], removalsLeftOut: [], yearsLearned: 0 }

describe('a week', () => {
  const week = (removed: number, before = 200): Week => ({
    since: '2026-09-01T02:00:00Z',
    kinds: {
      person: { removed, before },
      group: { removed: 0, before: 50 },
      membership: { removed: 0, before: 500 },
    },
  })
  const night = (removed: number, earlier: Week): string[] =>
    said(
      judge(
        tallies({ person: tally({ before: 200 - removed, removed }) }),
        { ...OTHERS, week: earlier },
        {},
      ).findings,
    )

  test('exactly at its limit passes, one above holds', () => {
    assert.deepEqual(night(4, week(16)), [])
    assert.deepEqual(night(5, week(16)), ['SLOW_DRAIN persons 21/200'])
  })

  test('exactly at its floor passes, one above holds', () => {
    assert.deepEqual(night(1, week(4, 10)), [])
    assert.deepEqual(night(1, week(5, 10)), ['SLOW_DRAIN persons 6/10'])
  })

  test('a night that takes nothing away drains nothing', () => {
    assert.deepEqual(night(0, week(60)), [])
  })

  test('a night that is too much alone is found once', () => {
    assert.deepEqual(night(60, week(0)), ['TOO_MANY_REMOVED persons 60/140'])
  })

  test('its limit can be set like any other', () => {
    const settings = { 'persons.removed.week': { percent: 25 } }
    const { findings } = judge(
      tallies({ person: tally({ before: 200, removed: 5, added: 9 }) }),
      { ...OTHERS, week: week(30) },
      settings,
    )
    assert.deepEqual(findings, [])
  })
})

describe('an announcement', () => {
  const north = 7
  const at = (school: number, removed: number, before = 500): SchoolTally => ({
    school,
    persons: tally({ before, removed }),
    groups: emptyTally(),
    memberships: emptyTally(),
  })
  const announced = (
    ceiling: number,
    schools: readonly number[] | null = [north],
  ): Announcement[] => [{ id: 3, schools, ceilings: { 'persons.removed': ceiling } }]
  const leaving = (here: number, elsewhere: number): Tallies =>
    tallies({
      person: tally({ before: 5000, removed: here + elsewhere }),
      schools: [at(north, here), at(8, elsewhere, 4500)],
    })
  const judged = (plan: Tallies, announcements: readonly Announcement[]): string[] =>
    said(judge(plan, OTHERS, {}, announcements).findings)

  test('lets through what stays under its ceiling, and says so', () => {
    assert.deepEqual(judged(leaving(479, 0), announced(480)), [
      'ANNOUNCED persons 479/480 (passes)',
    ])
  })

  test('lets through what is exactly at it', () => {
    assert.deepEqual(judged(leaving(480, 0), announced(480)), [
      'ANNOUNCED persons 480/480 (passes)',
    ])
  })

  test('counts for nothing where there is more: judged as always, with both numbers', () => {
    const { findings, decision } = judge(leaving(481, 0), OTHERS, {}, announced(480))
    assert.equal(decision, 'hold')
    assert.deepEqual(said(findings), [
      'TOO_MANY_REMOVED persons 481/5000',
      'TOO_MANY_REMOVED persons 481/500',
      'ANNOUNCED persons 481/480 (passes)',
    ])
    assert.deepEqual(
      findings.map(({ count, ceiling }) => [count, ceiling]),
      [
        [481, 480],
        [481, 480],
        [481, 480],
      ],
    )
  })

  test('does not cover another school', () => {
    assert.deepEqual(judged(leaving(0, 480), announced(480)), [
      'TOO_MANY_REMOVED persons 480/5000',
      'ANNOUNCED persons 0/480 (passes)',
    ])
  })

  test('leaves the rest to be judged as always', () => {
    assert.deepEqual(judged(leaving(480, 250), announced(480)), [
      'ANNOUNCED persons 480/480 (passes)',
    ])
    assert.deepEqual(judged(leaving(480, 251), announced(480)), [
      'TOO_MANY_REMOVED persons 251/5000',
      'ANNOUNCED persons 480/480 (passes)',
    ])
  })

  test('without schools covers the whole delivery and each of its schools', () => {
    assert.deepEqual(judged(leaving(480, 250), announced(730, null)), [
      'ANNOUNCED persons 730/730 (passes)',
    ])
  })

  test('lets a school be emptied only where it is named', () => {
    const closed = leaving(500, 0)
    assert.deepEqual(judged(closed, announced(500)), ['ANNOUNCED persons 500/500 (passes)'])
    assert.deepEqual(judged(closed, announced(500, null)), [
      'SCHOOL_EMPTIED persons 500/500',
      'ANNOUNCED persons 500/500 (passes)',
    ])
  })

  test('of a school hides no more staff than all that is left', () => {
    const plan: Tallies = {
      ...leaving(480, 240),
      profiles: {
        staff: tally({ before: 300, removed: 240 }),
        student: tally({ before: 4700, removed: 480 }),
      },
    }
    assert.deepEqual(judged(plan, announced(480)), [
      'TOO_MANY_REMOVED students 240/4700',
      'TOO_MANY_REMOVED staff 240/300',
      'ANNOUNCED persons 480/480 (passes)',
    ])
  })

  test('is no part of a slow drain', () => {
    const week: Week = {
      since: '2026-09-01T02:00:00Z',
      kinds: {
        person: { removed: 400, before: 5000 },
        group: { removed: 0, before: 1 },
        membership: { removed: 0, before: 1 },
      },
    }
    const whole = { ...OTHERS, week }
    const judgedWith = (announcements: readonly Announcement[]): string[] =>
      said(judge(leaving(110, 0), whole, {}, announcements).findings)
    assert.deepEqual(judgedWith([]), ['SLOW_DRAIN persons 510/5000'])
    assert.deepEqual(judgedWith(announced(110)), ['ANNOUNCED persons 110/110 (passes)'])
  })

  test('that made no difference is not mentioned', () => {
    assert.deepEqual(judged(leaving(100, 0), announced(480)), [])
  })
})

test('a first delivery holds, and nothing else of it is judged', () => {
  const plan = tallies({ person: tally({ added: 500 }) })
  assert.deepEqual(said(judge(plan, { ...OTHERS, firstDelivery: 'holds' }, {}).findings), [
    'FIRST_DELIVERY delivery undefined/undefined',
  ])
  assert.deepEqual(judge(plan, { ...OTHERS, firstDelivery: 'passes' }, {}).findings, [])
})
