import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assertAgree, readBefore } from './agree.ts'
import { Draw } from './draw.ts'
import { GOOD_FILES } from './good-files.ts'
import { mutate, NAMES } from './mutate.ts'

/** A hundred thousand are read by a command of its own (mutations.ts). */
const FILES = 5000
const SEED = 1

const before = GOOD_FILES.map(readBefore)
const others = GOOD_FILES.map(({ bytes }) => bytes)

describe('damaged files', () => {
  test(`are read or refused, the same in every way of reading: ${FILES} of them`, (t) => {
    const done = new Set<string>()
    const counts = { refused: 0, read: 0, records: 0, known: 0 }
    for (let nth = 0; nth < FILES; nth++) {
      const draw = new Draw(SEED * 1_000_000 + nth)
      const good = draw.pick(before)
      const { bytes, damages } = mutate(draw, good.bytes, others)
      for (const damage of damages) done.add(damage)
      try {
        const { refused, records, known } = assertAgree(
          bytes,
          good,
          draw.pick([1, 16, 64, 500, 4096]),
        )
        counts[refused === undefined ? 'read' : 'refused']++
        counts.records += records
        counts.known += known
      } catch (error) {
        t.diagnostic(`file ${nth}, ${good.name}: ${damages.join(', ')}`)
        throw error
      }
    }
    t.diagnostic(JSON.stringify(counts))
    assert.equal(done.size, NAMES.length, 'every kind of damage is done')
    assert.ok(counts.read > FILES / 10 && counts.refused > FILES / 10, 'files are read and refused')
    assert.ok(counts.known > counts.records / 2, 'the shortcut is taken')
  })

  test('are the same for the same seed', () => {
    const [good = Buffer.alloc(0)] = others
    const one = (seed: number): string => mutate(new Draw(seed), good, others).bytes.toString('hex')
    assert.equal(one(5), one(5))
    assert.notEqual(one(5), one(6))
  })
})
