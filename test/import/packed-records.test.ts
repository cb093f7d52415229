import assert from 'node:assert/strict'
import test from 'node:test'
import { PackedRecords } from '../../src/import/packed-records.ts'

test('packed records come back as they were, the longest and oddest too', () => {
  const records = new PackedRecords<{ readonly key: string; readonly text: string }>()
  const texts = [
    '',
    'Åsa 😀 \u2028 "',
    'x'.repeat(3 * 1024 * 1024),
    'å'.repeat(3 * 1024 * 1024),
    'y',
  ]
  texts.forEach((text, key) => {
    const bytes = records.add({ key: `${key}`, text })
    assert.equal(Buffer.from(bytes).toString(), JSON.stringify({ key: `${key}`, text }))
  })
  texts.forEach((text, key) => assert.equal(records.get(key).text === text, true, `${key}`))
  assert.equal(records.length, 5)
})

test('many small records are found by number', () => {
  const records = new PackedRecords<{ readonly n: number }>()
  for (let n = 0; n < 100_000; n++) records.add({ n })
  assert.deepEqual([records.get(0), records.get(99_999)], [{ n: 0 }, { n: 99_999 }])
})

test('records are found in any order, also once all of them are unpacked for it', () => {
  const records = new PackedRecords<{ readonly n: number; readonly text: string }>()
  const add = (n: number): unknown => records.add({ n, text: `${n}`.padStart(1000) })
  for (let n = 0; n < 10_000; n++) add(n)
  for (let round = 0; round < 30; round++) {
    for (let n = round; n < 10_000; n += 997) assert.equal(records.get(n).n, n)
  }
  for (let n = 10_000; n < 15_000; n++) add(n)
  for (let n = 0; n < 15_000; n += 101) assert.equal(records.get(n).n, n)
})
