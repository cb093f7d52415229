import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { turnOfKey, turnOfYears, type YearNode } from '../../src/change/years.ts'

const group = (yearBefore: number | null, yearId: number | null, more = {}): YearNode => ({
  kind: 'group',
  kindBefore: 'group',
  yearId,
  yearBefore,
  mayGo: true,
  yearTurned: false,
  ...more,
})
const year = (more: Partial<YearNode> = {}): YearNode =>
  group(null, null, { kind: 'year', kindBefore: 'year', ...more })
const newYear = year({ kindBefore: undefined })

function turn(nodes: { readonly [id: number]: YearNode }): [replaced: number[], learned: number] {
  const { replaced, learned } = turnOfYears(
    new Map(Object.entries(nodes).map(([id, node]) => [Number(id), node])),
  )
  return [[...replaced].toSorted((a, b) => a - b), learned]
}

describe('a year node', () => {
  test('under which a group stays changes nothing', () => {
    assert.deepEqual(turn({ 1: year(), 2: group(1, 1) }), [[], 0])
  })

  test('other than the one before makes another group of what is under it', () => {
    assert.deepEqual(turn({ 1: year(), [-2]: newYear, 2: group(1, -2) }), [[2], 0])
    assert.deepEqual(turn({ 1: year(), 3: year(), 2: group(1, 3) }), [[2], 0])
  })

  test('that goes takes what was under it along, wherever that hangs now', () => {
    assert.deepEqual(turn({ [-2]: newYear, 2: group(1, -2), 3: group(1, null) }), [[2, 3], 0])
  })

  test('that is replaced itself replaces what is under it', () => {
    // 4 is a year in the year 1, which is gone; 5 is under it.
    const inner = year({ yearBefore: 1, yearId: -2 })
    assert.deepEqual(turn({ 5: group(4, 4), 4: inner, [-2]: newYear }), [[4, 5], 0])
  })

  test('keeps what is set aside as it is', () => {
    assert.deepEqual(turn({ [-2]: newYear, 2: group(1, -2, { mayGo: false }) }), [[], 0])
  })

  test('under which a group comes that had none, or that it leaves for none, ends nothing', () => {
    assert.deepEqual(turn({ 1: year(), 2: group(null, 1), 3: group(1, null) }), [[], 0])
  })

  test('that is new to a group without one is learned', () => {
    assert.deepEqual(turn({ [-2]: newYear, 2: group(null, -2), 3: group(null, null) }), [[], 1])
  })

  test('that the rules begin or cease to call so is learned', () => {
    const begins = year({ kindBefore: 'group' })
    assert.deepEqual(turn({ 1: begins, 2: group(null, 1), 3: group(null, 1) }), [[], 2])
    const ceases = group(null, null, { kindBefore: 'year' })
    assert.deepEqual(turn({ 1: ceases, 2: group(1, null) }), [[], 1])
  })

  test('that the rules name between a group and its year is learned', () => {
    const begins = year({ kindBefore: 'group', yearBefore: 1, yearId: 1 })
    assert.deepEqual(turn({ 1: year(), 3: begins, 2: group(1, 3) }), [[], 1])
  })
})

describe('the year in a key', () => {
  const sent = (name: string, date: string, from: 'begin' | 'end' = 'begin') => ({
    name,
    date,
    from,
  })

  test('turns with the date that is sent, or with the one that the rules give', () => {
    const before = sent('2025/26', '2025-08-18')
    assert.equal(turnOfKey(before, sent('2026/27', '2026-08-17')), 'turned')
    assert.equal(turnOfKey(before, sent('2025/26', '2026-01-10')), 'same')
    const given = (name: string) => ({ name, from: 'rules' as const })
    assert.equal(turnOfKey(given('2025/26'), given('2026/27')), 'turned')
  })

  test('is learned where only the rules changed', () => {
    const before = sent('2025/26', '2025-07-20')
    assert.equal(turnOfKey(undefined, before), 'learned')
    assert.equal(turnOfKey(before, undefined), 'learned')
    assert.equal(turnOfKey(before, sent('2024/25', '2025-07-20')), 'learned')
    assert.equal(turnOfKey(before, sent('2026/27', '2026-07-20', 'end')), 'learned')
  })
})
