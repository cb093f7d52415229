import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ImsGroup } from '../../src/ims/records.ts'
import { rosterKey } from '../../src/roster/group.ts'
import { schoolYear } from '../../src/rules/school-year.ts'
import { codesOf, group, rules, taken, type } from './records.ts'

const course = { types: [type('', '2', 'COURSE')] }
const keyOf = (text: string, said: Partial<ImsGroup>): string =>
  rosterKey(taken(rules(text).group(group(said), 'full')).record)

test('a school year begins on its turn', () => {
  const YEARS: readonly (readonly [date: string, turn: string, year: string])[] = [
    ['2026-06-30', '07-01', '2025/26'],
    ['2026-07-01', '07-01', '2026/27'],
    ['2026-07-31', '08-01', '2025/26'],
    ['2026-01-01', '07-01', '2025/26'],
    ['2026-12-31', '07-01', '2026/27'],
    ['1999-08-01', '07-01', '1999/00'],
    ['2026-01-01', '01-01', '2026'],
    ['2026-12-31', '01-01', '2026'],
  ]
  for (const [date, turn, year] of YEARS) assert.equal(schoolYear(date, turn), year, date)
})

describe('the year in the key of a course', () => {
  const timeframe = { begin: '2026-08-17', end: '2027-06-18' }

  test('is off unless the rules say it', () => {
    const { record } = taken(rules().group(group({ ...course, timeframe }), 'full'))
    assert.deepEqual([rosterKey(record), 'year' in record], ['k1', false])
  })

  test('comes from the begin or the end of the time frame, in any form that dates are read in', () => {
    assert.equal(keyOf('years: { from: begin }', { ...course, timeframe }), 'k1@2026/27')
    assert.equal(keyOf('years: { from: end }', { ...course, timeframe }), 'k1@2026/27')
    const written = { begin: '17.08.2026', end: '2027-07-31' }
    assert.equal(keyOf('years: { from: begin }', { ...course, timeframe: written }), 'k1@2026/27')
    assert.equal(keyOf('years: { from: end }', { ...course, timeframe: written }), 'k1@2027/28')
    const august = 'years: { from: end, turn: "08-01" }'
    assert.equal(keyOf(august, { ...course, timeframe: written }), 'k1@2026/27')
  })

  test('or from a date in the rules, whatever is sent', () => {
    const text = 'years: { from: 2025-08-18 }'
    assert.equal(keyOf(text, { ...course, timeframe }), 'k1@2025/26')
    assert.equal(keyOf(text, course), 'k1@2025/26')
  })

  test('is read though the source does not own the dates', () => {
    const text = 'years: { from: begin }\nownedFields: { group: [long] }'
    assert.equal(keyOf(text, { ...course, timeframe }), 'k1@2026/27')
  })

  test('sets a course aside that has not the date', () => {
    const read = (said: Partial<ImsGroup>) =>
      rules('years: { from: begin }').group(group({ ...course, ...said }), 'full')
    assert.deepEqual(codesOf(read({})), ['YEAR_MISSING'])
    const reading = read({ timeframe: { begin: 'H2026', end: '2027-06-18' } })
    assert.deepEqual(reading, {
      outcome: 'setAside',
      key: 'k1',
      problem: {
        code: 'YEAR_MISSING',
        place: 0,
        kind: 'group',
        key: 'k1',
        found: 'H2026',
        expected: 'YYYY-MM-DD',
      },
    })
  })

  test('a message that deletes it needs none', () => {
    const said = group({ ...course, recstatus: 3 })
    assert.equal(taken(rules('years: { from: begin }').group(said, 'delta')).deleted, true)
  })
})

test('groups of other kinds get the year only if the rules name their kind', () => {
  const timeframe = { begin: '2026-08-17' }
  assert.equal(keyOf('years: { from: begin }', {}), 'k1')
  const text = 'years: { from: begin, groupKinds: [course, group] }'
  assert.equal(keyOf(text, { timeframe }), 'k1@2026/27')
  assert.equal(keyOf('years: { from: begin, groupKinds: all }', { timeframe }), 'k1@2026/27')
})

test('a turn or a date that no calendar has is a fault of the rules', () => {
  const SAYS = [
    ['years: { from: begin, turn: "02-29" }', /years\.turn/],
    [
      'years: { from: begin, turn: august }',
      /years\.turn: found "august", expected a month and day/,
    ],
    ['years: { from: 2026-02-30 }', /years\.from/],
    ['years: { from: now }', /years\.from: found "now", expected/],
    ['years: { from: begin, groupKinds: [term] }', /years\.groupKinds/],
  ] as const
  for (const [text, says] of SAYS) assert.throws(() => rules(text), { message: says }, text)
})
