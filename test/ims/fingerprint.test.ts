import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { FingerprintSum } from '../../src/ims/fingerprint.ts'
import { hashes } from './gather.ts'

const half = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const fingerprint = fc.tuple(half, half).map(([high, low]) => ({ high, low }))

describe('a fingerprint', () => {
  test('of a text is that of its UTF-8 bytes', () => {
    for (const text of ['', 'a', 'Åsa 😀'])
      assert.deepEqual(hashes.text(text), hashes.bytes(Buffer.from(text)))
  })

  test('has two halves that do not follow from each other', () => {
    const { high, low } = hashes.text('P1')
    assert.notEqual(high, low)
    assert.ok(high >= 0n && high < 2n ** 64n && low >= 0n && low < 2n ** 64n)
  })

  test('is the same on every machine and in every version: mirrors are full of them', () => {
    assert.deepEqual(hashes.text('rollcall'), {
      high: 13991442379123928967n,
      low: 15552274617540480201n,
    })
  })
})

describe('a sum of fingerprints', () => {
  test('is the same in every order, and modulo 2^64 in each half', () => {
    fc.assert(
      fc.property(fc.array(fingerprint), (all) => {
        const sum = new FingerprintSum()
        const reversed = new FingerprintSum()
        for (const one of all) sum.add(one)
        for (const one of all.toReversed()) reversed.add(one)
        assert.deepEqual(sum.value(), reversed.value())
        const total = (half: 'high' | 'low'): bigint =>
          BigInt.asUintN(
            64,
            all.reduce((before, one) => before + one[half], 0n),
          )
        assert.deepEqual(sum.value(), { high: total('high'), low: total('low') })
      }),
    )
  })

  test('forgets what is subtracted again', () => {
    fc.assert(
      fc.property(fingerprint, fingerprint, (a, b) => {
        const sum = new FingerprintSum()
        sum.add(a)
        sum.add(b)
        sum.subtract(a)
        assert.deepEqual(sum.value(), b)
      }),
    )
  })

  test('counts what is added twice as two', () => {
    const one = hashes.text('P1')
    const sum = new FingerprintSum()
    sum.add(one)
    sum.add(one)
    assert.notDeepEqual(sum.value(), one)
  })
})
