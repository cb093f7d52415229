import assert from 'node:assert/strict'
import { test } from 'node:test'
import { interruptionText } from '../../src/command/import.ts'
import { ProgressLines } from '../../src/command/progress.ts'

test('without a terminal there is one line whenever a step begins', () => {
  const lines: string[] = []
  const progress = new ProgressLines((line) => lines.push(line))
  progress.show({ step: 'receive', bytes: 0, bytesTotal: 2_000_000, records: 0 })
  progress.show({ step: 'receive', bytes: 1_000_000, bytesTotal: 2_000_000, records: 0 })
  progress.show({ step: 'index', bytes: 0, bytesTotal: 2_000_000, records: 0 })
  progress.show({ step: 'compare', bytes: 0, bytesTotal: 2_000_000, records: 900 })
  assert.deepEqual(lines, [
    'receiving (2.0 MB)',
    'reading (2.0 MB)',
    'comparing (2.0 MB, 900 records so far)',
  ])
})

test('an interruption says what became of the roster', () => {
  assert.equal(interruptionText(undefined), 'the roster is as it was before')
  assert.equal(interruptionText('apply'), 'the roster is as it was before')
  assert.match(interruptionText('report'), /ended already/)
})
