import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { readNumber } from '../../src/numbers/read.ts'
import { makeTestNumber } from '../../src/numbers/test-number.ts'

const birthDates = fc
  .date({ min: new Date('1940-01-01'), max: new Date('2039-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10))
const below1 = fc.integer({ min: 0, max: 999_999 }).map((n) => n / 1_000_000)

describe('numbers made for demonstrations', () => {
  test('are synthetic in Norway, and never acceptable as a real one', () => {
    fc.assert(
      fc.property(birthDates, below1, (birthDate, random) => {
        const value = makeTestNumber('NO', birthDate, () => random)
        assert.equal(readNumber('NO', value, { acceptSynthetic: true }).verdict, 'ok')
        assert.equal(readNumber('NO', value).series, 'tenor')
        assert.equal(readNumber('NO', value).verdict, 'warn')
      }),
    )
  })

  test('are temporary school numbers in Sweden', () => {
    fc.assert(
      fc.property(birthDates, below1, (birthDate, random) => {
        const value = makeTestNumber('SE', birthDate, () => random)
        assert.equal(readNumber('SE', value).kind, 'tfNumber')
        assert.equal(readNumber('SE', value).verdict, 'ok')
      }),
    )
  })

  test('are the same for the same randomness', () => {
    assert.equal(
      makeTestNumber('NO', '2015-02-28', () => 0.5),
      makeTestNumber('NO', '2015-02-28', () => 0.5),
    )
  })
})
