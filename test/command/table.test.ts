import assert from 'node:assert/strict'
import { test } from 'node:test'
import { oneLine, tableLines } from '../../src/command/table.ts'

test('columns are aligned, numbers on the right, without blanks at line ends', () => {
  const lines = tableLines(
    [{ heading: 'name' }, { heading: 'count', align: 'right' }, { heading: 'note' }],
    [
      ['a', '1', ''],
      ['longer', '1234567', 'x'],
    ],
  )
  assert.deepEqual(lines, ['name      count  note', 'a             1', 'longer  1234567  x'])
})

test('letters with marks of their own take one place', () => {
  const lines = tableLines([{ heading: 'n' }, { heading: 'x' }], [['A\u030Asa', 'y']])
  assert.equal(lines[1], 'A\u030Asa  y')
  assert.equal(lines[0], 'n    x')
})

test('control characters of a file do not reach the terminal', () => {
  assert.equal(oneLine('a\u001B[31mb\nc\u2028d'), 'a [31mb c d')
})
