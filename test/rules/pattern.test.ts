import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePattern, isPattern } from '../../src/rules/pattern.ts'

const PARTS: readonly (readonly [pattern: string, value: string, part: string | undefined])[] = [
  ['course', 'COURSE', 'COURSE'],
  ['course', 'courses', undefined],
  ['', '', ''],
  ['', 'x', undefined],
  ['*', 'anything', 'anything'],
  ['pifu-*', 'PIFU-MÅNE', 'PIFU-MÅNE'],
  ['*-x', 'a-x', 'a-x'],
  ['*-x', 'a-y', undefined],
  ['a*a', 'a', undefined],
  ['a*a', 'aa', 'aa'],
  ['*:{}:*', 'NO-1:MAT:2025:x', 'MAT'],
  ['{}-*', 'MAT1-7A-2025', 'MAT1'],
  ['*:{}', 'S:7A', '7A'],
  ['*:{}', 'S', undefined],
  ['GR-{}', 'GR-', ''],
]

for (const [pattern, value, part] of PARTS) {
  test(`"${pattern}" on "${value}" gives ${part ?? 'nothing'}`, () => {
    assert.equal(compilePattern(pattern).part(value), part)
    assert.equal(compilePattern(pattern).matches(value), part !== undefined)
  })
}

test('wildcards side by side and two parts meant are no pattern', () => {
  for (const wrong of ['a**b', '*{}', '{}x{}']) assert.equal(isPattern(wrong), false, wrong)
  for (const right of ['', '*', '{}', '*a*', 'a{}b*']) assert.equal(isPattern(right), true, right)
})

test('a pattern of many wildcards takes one pass over a long key', () => {
  const value = 'ab'.repeat(100_000)
  assert.equal(compilePattern('*a*a*a*a*a*a*a*a*a*a*c').matches(value), false)
})
