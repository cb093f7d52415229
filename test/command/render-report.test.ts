import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exitCodeOfPlan } from '../../src/command/plan.ts'
import { reportLines } from '../../src/command/render-report.ts'
import { reportJson, verdictOf } from '../../src/shown/report.ts'
import type { Finding } from '../../src/change/judge.ts'
import { aReport } from './reports.ts'

const held: Finding = {
  code: 'TOO_MANY_REMOVED',
  holds: true,
  what: 'persons',
  count: 55,
  of: 480,
  permille: 115,
  limit: 'persons.removed',
  limitPercent: 5,
  floor: 5,
}

test('the report of an ordinary night', () => {
  assert.equal(
    reportLines(aReport()).join('\n'),
    `Run 12: applied
  delivery  tonight.xml, 1834021 bytes, full pifu-1.3, utf-8, from sis@kommune.example, written 2026-09-02T02:00:00
  into      site default, from source default
  work      1834021 bytes and 31 records read, 44 statements, 0.3 s (receive 0.0 s, index 0.1 s, compare 0.1 s, judge 0.0 s, apply 0.1 s)

             before  after  added  updated  removed  unchanged  set aside  not taken
persons         480    481      3        5        2        473          1          0
  students      400    401      3        0        2        398
  staff          80     80      0        0        0         80
groups           40     40      1        0        1         39          0          0
courses          20     20      1        0        1         19          0          0
memberships    1900   1904     12        1        8       1891          2          0
relations       300    300      0        0        0        300          0          0

1 of the updates change nothing but extension data; they are not judged.
Courses removed are those whose group left: archived or detached.

school        persons  added  removed   groups  added  removed  memberships  added  removed
Norrskolan  300 > 301      3        2  25 > 25      1        1  1200 > 1204     12        8

Problems
  set aside       2  The member is neither in the file nor in the roster. Send the person too. The membership is made as soon as he is known. (MEMBER_UNKNOWN)
  set aside       1  The person has no name at all. Fill in the name in the source system. (NAME_MISSING)
  notice          4  roletype has one digit. (ROLETYPE_NOT_PADDED)

Which records, and where: rollcall run 12`,
  )
})

test('a held plan says what is wrong and what can be done', () => {
  const lines = reportLines(aReport({ outcome: 'held', findings: [held], problems: {} }))
  assert.equal(lines[0], 'Run 12: held, nothing written to the roster')
  assert.deepEqual(lines.slice(-9), [
    'Findings',
    '  holds  55 of 480 persons would be removed (11.5 %); the limit is 5 %, or 5 in all (persons.removed).',
    '         Ask the sender whether they really left, or whether part of the export is missing. (TOO_MANY_REMOVED)',
    '',
    'Ask someone who knows the source system whether this is right. Then one of',
    '  rollcall release 12 --consulted ROLE',
    '  rollcall release 12 --without-removals --consulted ROLE',
    '  rollcall reject 12 --reason TEXT',
    'What it would change: rollcall run 12',
  ])
})

test('a refused delivery says why and where, and shows no counts', () => {
  const report = aReport({
    outcome: 'refused',
    problems: { ENDS_EARLY: 1 },
    refusal: { code: 'ENDS_EARLY', place: 900, found: '<person>', expected: '</enterprise>' },
  })
  const lines = reportLines(report, { line: 31, column: 7 })
  assert.deepEqual(lines.slice(5, 10), [
    'The file ends before its last end tag. (ENDS_EARLY)',
    '  where     line 31, column 7',
    '  found     <person>',
    '  expected  </enterprise>',
    '  to do     The upload was probably interrupted. Send the whole file again.',
  ])
  assert.ok(!lines.some((line) => line.startsWith('persons')))
})

test('a dry run lists every school and gives the verdict', () => {
  const lines = reportLines(aReport({ run: 0, outcome: 'planned', problems: {} }))
  assert.equal(lines[0], 'Dry run: planned, nothing written')
  assert.ok(lines.some((line) => line.startsWith('Sørskolen ')))
  assert.equal(lines.at(-1), 'Verdict: pass. An import would apply this.')
})

test('the very same delivery is answered in few words', () => {
  const lines = reportLines(aReport({ outcome: 'same', problems: {} }))
  assert.equal(lines.length, 4)
  assert.match(lines[0] ?? '', /very same delivery/)
})

test('the verdict is a word of its own beside how the run ended', () => {
  assert.equal(verdictOf(aReport()), 'pass')
  assert.equal(verdictOf(aReport({ outcome: 'held', findings: [held] })), 'hold')
  assert.equal(verdictOf(aReport({ outcome: 'released', findings: [held] })), 'hold')
  assert.equal(verdictOf(aReport({ outcome: 'refused' })), 'refused')
})

test('a plan that an import would hold ends with 3, a refused one with 4, one with records set aside with 5', () => {
  const tallies = aReport().tallies
  const clean = {
    ...tallies,
    person: { ...tallies.person, setAside: 0 },
    membership: { ...tallies.membership, setAside: 0 },
  }
  assert.equal(exitCodeOfPlan(aReport({ outcome: 'planned', tallies: clean })), 0)
  assert.equal(exitCodeOfPlan(aReport({ outcome: 'planned', findings: [held] })), 3)
  assert.equal(exitCodeOfPlan(aReport({ outcome: 'refused' })), 4)
  assert.equal(exitCodeOfPlan(aReport({ outcome: 'planned' })), 5)
})

test('as JSON the counts of each kind stand at the top', () => {
  const json = reportJson(aReport({ outcome: 'held', findings: [held] }))
  assert.deepEqual(
    [json['run'], json['verdict'], json['bytesRead'], json['recordsRead'], json['statements']],
    [12, 'hold', 1_834_021, 31, 44],
  )
  for (const kind of ['person', 'group', 'membership', 'course', 'relation']) {
    const counts = Object.keys(json[kind] as object)
    for (const count of [
      'before',
      'after',
      'added',
      'updated',
      'removed',
      'unchanged',
      'setAside',
    ]) {
      assert.ok(counts.includes(count), `${kind} has ${count}`)
    }
  }
  assert.equal((json['person'] as { after: number }).after, 481)
  assert.deepEqual(
    (json['schools'] as { name: string }[]).map(({ name }) => name),
    ['Norrskolan', 'Sørskolen'],
  )
  assert.match((json['findings'] as { says: string }[])[0]?.says ?? '', /^55 of 480 persons/)
})
