import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  countWaiting,
  type DelayedChange,
  delayOn,
  type Delay,
  waits,
  type WaitingChange,
  withoutRemovals,
} from '../../src/change/waiting.ts'

const student = (effect: DelayedChange['effect']): DelayedChange => ({
  kind: 'person',
  effect,
  person: 1,
  profile: 'student',
})
const delay = (mode: Delay['mode'], more: Partial<Delay> = {}): Delay => ({
  mode,
  delayStaff: false,
  ...more,
})

describe('what waits', () => {
  const cases = [
    ['everything', false, false, false],
    ['additions-and-updates', false, false, true],
    ['additions-only', false, true, true],
  ] as const
  for (const [mode, add, update, remove] of cases) {
    test(`under ${mode}`, () => {
      const asked = (['add', 'update', 'remove'] as const).map((effect) =>
        waits(delay(mode), student(effect)),
      )
      assert.deepEqual(asked, [add, update, remove])
    })
  }

  test('is not the leaving of staff, unless that is set; their changes wait like all others', () => {
    const leaves = { ...student('remove'), profile: 'staff' } as DelayedChange
    assert.equal(waits(delay('additions-only'), leaves), false)
    assert.equal(waits(delay('additions-only', { delayStaff: true }), leaves), true)
    const changes = { ...student('update'), profile: 'staff' } as DelayedChange
    assert.equal(waits(delay('additions-only'), changes), true)
  })

  test('is not what was let through', () => {
    const through = {
      persons: new Set([1]),
      groups: new Set([7]),
      members: new Set([2]),
      lists: new Set([8]),
    }
    const left = (change: DelayedChange): boolean =>
      waits(delay('additions-only', { through }), change)
    const effect = 'remove'
    assert.equal(left(student(effect)), false)
    assert.equal(left({ kind: 'group', effect, group: 7 }), false)
    assert.equal(left({ kind: 'group', effect, group: 8 }), true)
    assert.equal(left({ kind: 'membership', effect, group: 9, person: 2 }), false)
    assert.equal(left({ kind: 'membership', effect, group: 8, person: 3 }), false)
    assert.equal(left({ kind: 'membership', effect, group: 7, person: 1 }), true)
    assert.equal(left({ kind: 'relation', effect, person: 3, other: 1 }), false)
  })

  test('without removals, updates wait only where the mode says so', () => {
    const kept = withoutRemovals(delay('everything'))
    assert.deepEqual(kept, { mode: 'additions-and-updates', delayStaff: true })
    assert.equal(withoutRemovals(delay('additions-only')).mode, 'additions-only')
  })
})

describe('a mode with an end date', () => {
  const settings = { mode: 'additions-only', until: '2026-08-20', delayStaff: true } as const
  test('holds on that day, and not on the next', () => {
    assert.equal(delayOn('2026-08-20', settings).mode, 'additions-only')
    assert.equal(delayOn('2026-08-21', settings).mode, 'everything')
  })

  test('and without one holds on', () => {
    assert.deepEqual(delayOn('2099-01-01', { mode: 'additions-only' }), delay('additions-only'))
    assert.equal(delayOn('2099-01-01', undefined).mode, 'everything')
  })
})

test('what waits is counted by kind, persons by profile too', () => {
  const nothing = { otherId: 0, relation: '', fields: [] }
  const changes: WaitingChange[] = [
    { ...nothing, kind: 'person', action: 'remove', id: 1, profile: 'student' },
    { ...nothing, kind: 'person', action: 'rekey', id: 2, profile: 'staff' },
    { ...nothing, kind: 'course', action: 'archive', id: 3 },
  ]
  const { person, course, group, profiles } = countWaiting(changes)
  assert.deepEqual(person, { updated: 1, removed: 1 })
  assert.deepEqual(course, { updated: 0, removed: 1 })
  assert.deepEqual(group, { updated: 0, removed: 0 })
  assert.deepEqual(profiles, {
    student: { updated: 0, removed: 1 },
    staff: { updated: 1, removed: 0 },
  })
})
