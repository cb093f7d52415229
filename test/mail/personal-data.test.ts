import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Finding } from '../../src/change/judge.ts'
import type { RunReport } from '../../src/import/report.ts'
import type { Matter } from '../../src/mail/matter.ts'
import { makeMessage } from '../../src/mail/message.ts'
import { LANGUAGES } from '../../src/mail/words.ts'
import { PROBLEMS } from '../../src/roster/problems.ts'
import type { ProblemCode } from '../../src/roster/problem.ts'
import { finished, HOLDING, MATTERS } from './matters.ts'

/** Stands for a name, a number or a sync key: nothing else in a mail can hold it. */
const MARK = 'Zqx9'

/** Whatever may be personal, wherever a report can hold it. */
const marked = fc
  .tuple(
    fc.constantFrom('', '8507099805 ', 'ÅÄÖ <b>', '"\n', 'user@'),
    fc.string({ maxLength: 12 }),
  )
  .map(([before, after]) => `${before}${MARK}${after}`)

const problemCodes = Object.keys(PROBLEMS) as ProblemCode[]
const refusedCodes = problemCodes.filter((code) => PROBLEMS[code].severity === 'refused')

const reports = fc.record({
  outcome: fc.constantFrom<RunReport['outcome'][]>(
    'applied',
    'same',
    'held',
    'released',
    'rejected',
    'refused',
    'failed',
    'queued',
    'paused',
    'observed',
  ),
  refusal: fc.record({
    code: fc.constantFrom(...refusedCodes),
    place: fc.nat(),
    key: marked,
    found: marked,
    expected: marked,
  }),
  delivery: fc.record({
    id: fc.nat(),
    fileName: marked,
    bytes: fc.nat(),
    sha256: fc.oneof(marked, fc.constant('00ff')),
    type: fc.constantFrom<RunReport['delivery']['type'][]>('full', 'delta', 'event'),
    dialect: marked,
    encoding: fc.constant('utf-8' as const),
    datasource: marked,
    datetime: marked,
  }),
  findings: fc.array(
    fc
      .tuple(
        fc.constantFrom(...HOLDING),
        marked,
        marked,
        fc.constantFrom(
          'KEY_CHURN',
          'ENCODING_CHANGED',
          'REPEATS_UNDONE',
          'PARENT_RELATION_CHANGED',
          'SLOW_DRAIN',
          'ANNOUNCED',
        ),
      )
      .map(([finding, found, expected, code]): Finding => ({
        ...finding,
        code: code as Finding['code'],
        found,
        expected,
        since: found,
      })),
    { maxLength: 3 },
  ),
  letThrough: fc.record({ person: marked, by: marked }),
  queue: fc.array(
    fc.record({ run: fc.nat(), outcome: fc.constant('applied' as const), fileName: marked }),
  ),
  suspectedPairs: fc.array(
    fc.record({ oldKey: marked, newKey: marked }).map(({ oldKey, newKey }) => ({
      kind: 'person' as const,
      oldId: 1,
      oldKey,
      newKey,
      place: 1,
      confidence: 'high' as const,
      reasons: ['name' as const],
      leftOut: false,
      rekeyed: false,
      protected: false,
    })),
  ),
  problems: fc.constant(Object.fromEntries(problemCodes.map((code) => [code, 2]))),
  needsFull: fc.record({ since: marked, run: fc.nat() }),
  site: marked,
  source: marked,
})

test('no mail about an import tells a name, a key, a number or a value, whatever its report holds', () => {
  fc.assert(
    fc.property(reports, fc.constantFrom(...LANGUAGES), marked, (report, language, error) => {
      const of = finished(report as unknown as Partial<RunReport>, { error })
      const withoutName: Matter = { ...of, fileName: undefined }
      const { subject, text, html } = makeMessage(withoutName, language)
      for (const part of [subject, text, html]) assert.ok(!part.includes(MARK), part)
    }),
    { numRuns: 400 },
  )
})

test('no mail about what was done by hand tells who did it, to whom, or why', () => {
  fc.assert(
    fc.property(marked, marked, fc.constantFrom(...LANGUAGES), (key, by, language) => {
      const { report } = MATTERS.undo
      const left = report.left.map((each) => ({ ...each, key }))
      const changes = [...report.changes, { kind: key, action: by, n: 1 }]
      const matter: Matter = { ...MATTERS.undo, report: { ...report, by, left, changes } }
      const { subject, text, html } = makeMessage(matter, language)
      for (const part of [subject, text, html]) assert.ok(!part.includes(MARK), part)
    }),
  )
})
