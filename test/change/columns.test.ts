import assert from 'node:assert/strict'
import test from 'node:test'
import * as fc from 'fast-check'
import { float64s, int32s, uint64s, uint8s } from '../../src/change/growable.ts'
import { HashIndex } from '../../src/change/hash-index.ts'
import { Wholes } from '../../src/change/wholes.ts'

test('a column keeps what is pushed as it grows', () => {
  for (const column of [float64s(1), int32s(1), uint8s(1)]) {
    for (let value = 0; value < 200; value++) assert.equal(column.push(value), value)
    assert.deepEqual([column.length, column.at(0), column.at(199)], [200, 0, 199])
    column.set(7, 3)
    assert.equal(column.at(7), 3)
  }
  const words = uint64s(1)
  for (let value = 0n; value < 100n; value++) words.push(2n ** 63n + value)
  assert.equal(words.at(99), 2n ** 63n + 99n)
})

test('a column that grows far loses nothing', () => {
  const column = int32s()
  for (let value = 0; value < 1_000_000; value++) column.push(value)
  for (let value = 0; value < 1_000_000; value++) {
    if (column.at(value) !== value) assert.fail(`${column.at(value)} at ${value}`)
  }
  assert.ok(column.array.length < 1_300_000, 'and takes little more than it needs')
})

const whole = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.maxSafeInteger().map((value) => value % 2 ** 39 || 0),
  fc.constantFrom(
    -(2 ** 39),
    2 ** 39 - 1,
    2 ** 31,
    -(2 ** 31) - 1,
    2 ** 32,
    2 ** 32 - 1,
    -(2 ** 32),
  ),
)

test('whole numbers come back as they were, whenever the first large one comes', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -9, max: 9 })), fc.array(whole), (small, any) => {
      const column = new Wholes()
      const values = [...small, ...any]
      values.forEach((value, index) => assert.equal(column.push(value), index))
      assert.deepEqual([...column], values)
      assert.equal(column.length, values.length)
      column.clear()
      column.push(-1)
      assert.deepEqual([...column], [-1])
    }),
  )
  for (const value of [2 ** 39, -(2 ** 39) - 1, 0.5, Number.NaN, Infinity]) {
    assert.throws(() => new Wholes().push(value), RangeError)
  }
})

test('extended, a column has zeros', () => {
  const column = float64s(2)
  column.push(5)
  column.extend(9)
  assert.deepEqual([column.length, column.at(0), column.at(8)], [9, 5, 0])
  column.extend(3)
  assert.equal(column.length, 9)
})

// Few different low halves, so that many entries want one place.
const half = fc.oneof(fc.bigInt({ min: 0n, max: 3n }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }))
const step = fc.record({ high: half, low: half, removes: fc.boolean() })

test('an index of hashes finds what a map would, whatever is added and removed', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 3000, size: 'max' }), (steps) => {
      const high = uint64s(2)
      const low = uint64s(2)
      const index = new HashIndex(high, low)
      const model = new Map<string, number>()
      const keyOf = (step: { readonly high: bigint; readonly low: bigint }): string =>
        `${step.high} ${step.low}`
      for (const step of steps) {
        const known = model.get(keyOf(step))
        if (known === undefined) {
          high.push(step.high)
          const entry = low.push(step.low)
          index.add(entry)
          model.set(keyOf(step), entry)
        } else if (step.removes) {
          index.remove(known)
          model.delete(keyOf(step))
        }
      }
      for (const step of steps) {
        assert.equal(index.find(step.high, step.low), model.get(keyOf(step)) ?? -1)
      }
    }),
    { numRuns: 30 },
  )
})

test('an index whose entries come and go without end does not run full', () => {
  const high = uint64s()
  const low = uint64s()
  const index = new HashIndex(high, low)
  const entry = low.push(1n)
  high.push(1n)
  for (let round = 0n; round < 20_000n; round++) {
    low.set(entry, round)
    index.add(entry)
    index.remove(entry)
  }
  assert.equal(index.find(1n, 5n), -1)
})
