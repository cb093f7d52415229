import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FINDING_CODES, type Finding } from '../../src/change/judge.ts'
import { findingLines } from '../../src/command/render-findings.ts'
import { findingSentences } from '../../src/shown/findings.ts'

const schools = { '2': 'Norrskolan' }
const removed: Finding = {
  code: 'TOO_MANY_REMOVED',
  holds: true,
  what: 'students',
  school: 2,
  count: 55,
  of: 480,
  permille: 115,
  limit: 'persons.removed.school',
  limitPercent: 25,
  floor: 3,
}

const SENTENCES: readonly (readonly [Finding, string])[] = [
  [
    removed,
    '55 of 480 students at Norrskolan would be removed (11.5 %); the limit is 25 %, or 3 in all (persons.removed.school).',
  ],
  [
    { ...removed, what: 'persons', school: 0 },
    '55 of 480 persons without a school would be removed (11.5 %); the limit is 25 %, or 3 in all (persons.removed.school).',
  ],
  [
    {
      ...removed,
      code: 'TOO_MANY_ADDED',
      limit: 'persons.added.school',
      limitPercent: 50,
      floor: 30,
    },
    '55 students would be added at Norrskolan to the 480 there are (11.5 %); the limit is 50 %, or 30 in all (persons.added.school).',
  ],
  [
    {
      code: 'TOO_MANY_ADDED',
      holds: true,
      what: 'persons',
      count: 120,
      of: 0,
      limit: 'persons.added',
      limitPercent: 20,
      floor: 100,
    },
    '120 persons would be added to the 0 there are; the limit is 20 %, or 100 in all (persons.added).',
  ],
  [
    {
      code: 'TOO_MANY_ARCHIVED',
      holds: true,
      what: 'courses',
      count: 9,
      of: 20,
      permille: 450,
      limit: 'courses.archived',
      limitPercent: 20,
      floor: 5,
    },
    '9 of 20 courses would be archived (45.0 %); the limit is 20 %, or 5 in all (courses.archived).',
  ],
  [
    { code: 'KIND_EMPTIED', holds: true, what: 'groups', count: 40, of: 40, permille: 1000 },
    'All 40 groups would be removed; none would be left.',
  ],
  [
    {
      code: 'SCHOOL_EMPTIED',
      holds: true,
      what: 'persons',
      school: 9,
      count: 7,
      of: 7,
      permille: 1000,
    },
    'All 7 persons at school 9 would be removed; none would be left there.',
  ],
  [
    { code: 'KIND_MISSING', holds: true, what: 'memberships' },
    'The delivery is full, yet it holds no memberships, and the roster has some.',
  ],
  [
    { code: 'PARENT_RELATION_CHANGED', holds: true, what: 'groups', found: '2', expected: '1' },
    'Relation 2 names the parent in this delivery; so far it was relation 1.',
  ],
  [
    {
      code: 'ENCODING_CHANGED',
      holds: true,
      what: 'file',
      found: 'windows-1252',
      expected: 'utf-8',
    },
    'The file is windows-1252; so far this source sent utf-8.',
  ],
]

for (const [finding, sentence] of SENTENCES) {
  test(`a finding is told as: ${sentence}`, () => {
    assert.equal(findingSentences(finding, schools).says, sentence)
  })
}

test('every finding says what to do', () => {
  for (const code of FINDING_CODES) {
    const { todo } = findingSentences({ code, holds: true, what: 'persons' }, schools)
    assert.match(todo, /^[A-Z].*\.$/)
  }
})

test('what holds stands before what is only noted', () => {
  const note: Finding = { code: 'REMOVALS_LEFT_OUT', holds: false, what: 'persons' }
  const lines = findingLines([note, removed], schools)
  assert.match(lines[0] ?? '', /^ {2}holds {2}55 of 480/)
  assert.match(lines[2] ?? '', /^ {2}note {3}A record has no readable key/)
})
