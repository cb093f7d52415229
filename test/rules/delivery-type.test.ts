import assert from 'node:assert/strict'
import { test } from 'node:test'
import { properties, rules } from './records.ts'

const TYPES: readonly (readonly [word: string | undefined, type: string])[] = [
  [undefined, 'full'],
  ['', 'full'],
  ['full', 'full'],
  ['FULL', 'full'],
  ['REFRESH', 'full'],
  ['SYNC-1.0', 'full'],
  ['delta', 'delta'],
  ['DB Increment', 'delta'],
  ['DATABASE UPDATE', 'delta'],
  ['event', 'event'],
  ['melding', 'event'],
]

for (const [word, type] of TYPES) {
  test(`a file of type ${word === undefined ? 'none' : `"${word}"`} is ${type}`, () => {
    assert.equal(rules().deliveryType(properties(word === undefined ? {} : { type: word })), type)
  })
}

test('a type that no rule names is a problem: a guess could remove what was merely not repeated', () => {
  assert.deepEqual(rules().deliveryType(properties({ type: 'Nightly', place: 5 })), {
    code: 'TYPE_UNKNOWN',
    place: 5,
    found: 'Nightly',
    expected: 'full, delta or event',
  })
})

test('rules may name further types, or say it for every file', () => {
  const nightly = properties({ type: 'Nightly changes' })
  assert.equal(rules('deliveryTypes: { "nightly*": delta }').deliveryType(nightly), 'delta')
  assert.equal(rules('type: full').deliveryType(nightly), 'full')
  assert.equal(
    rules('deliveryTypes: { refresh: delta }').deliveryType(properties({ type: 'REFRESH' })),
    'delta',
  )
})
