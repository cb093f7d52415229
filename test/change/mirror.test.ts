import assert from 'node:assert/strict'
import test from 'node:test'
import * as fc from 'fast-check'
import { ListMirror } from '../../src/change/list-mirror.ts'
import { NOT_TAKEN, RecordMirror, withRealIds } from '../../src/change/mirror.ts'

test('a record is found by raw fingerprint, by key and by id', () => {
  const mirror = new RecordMirror()
  const slot = mirror.add(41, 1n, 2n)
  mirror.setRaw(slot, 3n, 4n)
  mirror.setCanonical(slot, 5n, 6n)
  assert.deepEqual(
    [mirror.findRaw(3n, 4n), mirror.findKey(1n, 2n), mirror.findId(41)],
    [slot, slot, slot],
  )
  assert.deepEqual(
    [mirror.findRaw(4n, 3n), mirror.findKey(2n, 1n), mirror.findId(42)],
    [-1, -1, undefined],
  )
  assert.deepEqual(
    [mirror.sameCanonical(slot, 5n, 6n), mirror.sameCanonical(slot, 5n, 7n)],
    [true, false],
  )
})

test('without a raw fingerprint a record is not found by any', () => {
  const mirror = new RecordMirror()
  const slot = mirror.add(41, 1n, 2n)
  assert.deepEqual([mirror.hasRaw(slot), mirror.findRaw(0n, 0n)], [false, -1])
  mirror.setRaw(slot, 3n, 4n)
  mirror.setRaw(slot, 7n, 8n)
  assert.deepEqual([mirror.findRaw(3n, 4n), mirror.findRaw(7n, 8n)], [-1, slot])
  mirror.setRaw(slot, 0n, 0n)
  assert.deepEqual([mirror.findRaw(7n, 8n), mirror.hasRaw(slot)], [-1, false])
})

test('what is removed is not found any more, and another may have its key', () => {
  const mirror = new RecordMirror()
  const slot = mirror.add(41, 1n, 2n)
  mirror.setRaw(slot, 3n, 4n)
  assert.equal(mirror.findId(41), slot)
  mirror.remove(slot)
  assert.deepEqual(
    [mirror.findRaw(3n, 4n), mirror.findKey(1n, 2n), mirror.findId(41)],
    [-1, -1, undefined],
  )
  const other = mirror.add(-2, 1n, 2n)
  assert.deepEqual([mirror.findKey(1n, 2n), mirror.findId(-2)], [other, other])
})

test('a changed key is found in place of the old one', () => {
  const mirror = new RecordMirror()
  const slot = mirror.add(41, 1n, 2n)
  mirror.setKey(slot, 9n, 9n)
  assert.deepEqual([mirror.findKey(1n, 2n), mirror.findKey(9n, 9n)], [-1, slot])
})

test('what rules leave out has no id', () => {
  const mirror = new RecordMirror()
  const slot = mirror.add(NOT_TAKEN, 1n, 2n)
  assert.deepEqual([mirror.findKey(1n, 2n), mirror.findId(NOT_TAKEN)], [slot, undefined])
})

const word = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n })
const entry = fc.record({
  keyHigh: word,
  keyLow: word,
  rawHigh: word,
  rawLow: word,
  canonHigh: word,
  canonLow: word,
})
const entries = fc.uniqueArray(entry, {
  selector: ({ keyLow }) => keyLow,
  maxLength: 3000,
  size: 'max',
})

test('packed and unpacked it is the same mirror, free slots left out', () => {
  fc.assert(
    fc.property(entries, fc.nat(), (list, removed) => {
      const mirror = new RecordMirror()
      list.forEach((each, index) => {
        const slot = mirror.add(index + 1, each.keyHigh, each.keyLow)
        mirror.setRaw(slot, each.rawHigh, each.rawLow)
        mirror.setCanonical(slot, each.canonHigh, each.canonLow)
      })
      const gone = list.length === 0 ? -1 : removed % list.length
      if (gone >= 0) mirror.remove(gone)
      const packed = mirror.pack()
      assert.equal(packed.length, Math.max(0, list.length - (gone >= 0 ? 1 : 0)) * 56)
      // The database gives bytes that begin anywhere.
      const shifted = new Uint8Array(packed.length + 3)
      shifted.set(packed, 3)
      const again = RecordMirror.unpack(shifted.subarray(3))
      list.forEach((each, index) => {
        const slot = again.findKey(each.keyHigh, each.keyLow)
        if (index === gone) {
          assert.equal(slot, -1)
          return
        }
        assert.equal(again.ids.at(slot), index + 1)
        assert.equal(again.findId(index + 1), slot)
        assert.ok(again.sameCanonical(slot, each.canonHigh, each.canonLow))
        assert.equal(again.rawLow.at(again.findRaw(each.rawHigh, each.rawLow)), each.rawLow)
      })
    }),
    { numRuns: 20 },
  )
})

test('references become ids counted from a base; what is not taken stays so', () => {
  const mirror = new RecordMirror()
  for (const id of [-2, 17, NOT_TAKEN, -3]) mirror.add(id, 1n, 1n)
  const real = RecordMirror.unpack(withRealIds(mirror.pack(), 7, 100))
  assert.deepEqual([...real.ids.array.subarray(0, 4)], [102, 17, NOT_TAKEN, 103])
})

test('lists come back as they were packed', () => {
  const lists = new ListMirror()
  lists.add(7, 1n, 2n)
  lists.add(7, 3n, 4n)
  lists.add(NOT_TAKEN, 5n, 6n)
  lists.states.set(7, { sumHigh: 2n ** 64n - 1n, sumLow: 9n, unsettled: 2 })
  const again = ListMirror.unpack(lists.packElements(), lists.packStates())
  assert.deepEqual(
    [again.groupIds.at(again.findRaw(3n, 4n)), again.groupIds.at(again.findRaw(5n, 6n))],
    [7, NOT_TAKEN],
  )
  assert.equal(again.findRaw(9n, 9n), -1)
  assert.deepEqual([...again.states], [...lists.states])
})

test('elements and states of some groups give way to others', () => {
  const lists = new ListMirror()
  for (const id of [7, 8]) {
    lists.add(id, BigInt(id), 1n)
    lists.states.set(id, { sumHigh: 0n, sumLow: BigInt(id), unsettled: 0 })
  }
  const added = new ListMirror()
  added.add(-2, 5n, 5n)
  added.states.set(-2, { sumHigh: 1n, sumLow: 1n, unsettled: 0 })
  const next = lists.replace(
    (id) => id === 7,
    added,
    (id) => (id < 0 ? 100 - id : id),
  )
  assert.deepEqual([...next.groupIds.array.subarray(0, next.groupIds.length)], [8, 102])
  assert.deepEqual([next.findRaw(7n, 1n), [...next.states.keys()]], [-1, [8, 102]])
})
