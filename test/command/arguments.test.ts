import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  actionsOf,
  assignment,
  dateOf,
  dayOf,
  holidaysOf,
  holidaysText,
  onOff,
  planName,
  timeOrOff,
  timesOr,
  weekdaysOf,
  weekdaysText,
  wholeNumber,
  wordsOf,
} from '../../src/command/arguments.ts'

test('a whole number is read within its bounds only', () => {
  assert.equal(wholeNumber(1, 10)('10'), 10)
  for (const text of ['0', '11', '1.5', '-1', 'x', '', '1e1']) {
    assert.throws(() => wholeNumber(1, 10)(text), /whole number from 1 to 10/)
  }
})

test('what reports call removed takes archived courses in, and added restored persons', () => {
  assert.deepEqual(actionsOf('removed'), ['remove', 'archive'])
  assert.deepEqual(actionsOf('added, updated'), ['add', 'restore', 'update', 'rekey'])
  assert.deepEqual(actionsOf('archive'), ['archive'])
  assert.throws(() => actionsOf('gone'), /Give one or more of/)
})

test('words of a list are known words', () => {
  assert.deepEqual(wordsOf(['person', 'group'])('group,person'), ['group', 'person'])
  assert.throws(() => wordsOf(['person', 'group'])('course'), /person, group/)
})

test('a date is one that the calendar has', () => {
  assert.equal(dateOf('2028-02-29'), '2028-02-29')
  for (const text of ['2026-02-29', '2026-13-01', '1.2.2026', 'today']) {
    assert.throws(() => dateOf(text), /YYYY-MM-DD/)
  }
  assert.equal(dayOf('today'), 'today')
})

test('limits are gathered one by one, the last of a name counts', () => {
  const first = assignment('persons.removed=10')
  const second = assignment('groups.removed=30', first)
  assert.deepEqual(assignment('persons.removed=12', second), {
    'persons.removed': 12,
    'groups.removed': 30,
  })
  for (const text of ['persons.removed', 'persons.removed=', 'persons.removed=ten', '=5']) {
    assert.throws(() => assignment(text), /NAME=NUMBER/)
  }
})

test('a plan is named by a run or by at least 8 characters of its hash', () => {
  assert.equal(planName('12'), '12')
  assert.equal(planName('0a1b2c3d'), '0a1b2c3d')
  for (const text of ['0a1b2c3', 'latest', '']) assert.throws(() => planName(text), /8 characters/)
})

test('a switch is on or off', () => {
  assert.equal(onOff('on'), true)
  assert.equal(onOff('off'), false)
  assert.throws(() => onOff('yes'), /on or off/)
})

test('times of day are in order and each once; a word stands for itself', () => {
  const read = timesOr(['by-hand'])
  assert.deepEqual(read('14:00, 02:30,14:00'), ['02:30', '14:00'])
  assert.equal(read('by-hand'), 'by-hand')
  assert.equal(timeOrOff('02:30'), '02:30')
  assert.equal(timeOrOff('off'), null)
  for (const text of ['24:00', '2:30', '', '02:30;14:00', 'on-arrival']) {
    assert.throws(() => read(text), /times of day/, text)
  }
  assert.throws(() => timeOrOff('02:30,14:00'), /one time/)
})

test('weekdays are days and spans of a week', () => {
  assert.deepEqual(weekdaysOf('mon-fri'), [1, 2, 3, 4, 5])
  assert.deepEqual(weekdaysOf('sun,mon-tue,mon'), [1, 2, 7])
  assert.equal(weekdaysText([1, 2, 7]), 'mon,tue,sun')
  for (const text of ['monday', 'fri-mon', '', 'mon-'])
    assert.throws(() => weekdaysOf(text), /mon-fri/)
})

test('holidays are dates and spans, and are shown the same way', () => {
  const days = holidaysOf('2027-05-17,2026-12-30..2027-01-01')
  assert.deepEqual(days, ['2026-12-30', '2026-12-31', '2027-01-01', '2027-05-17'])
  assert.equal(holidaysText(days), '2026-12-30..2027-01-01,2027-05-17')
  assert.deepEqual(holidaysOf('off'), [])
  for (const text of ['2027-01-02..2027-01-01', '2026-02-30', '1900-01-01..2100-01-01', '']) {
    assert.throws(() => holidaysOf(text), /Give /, text)
  }
})
