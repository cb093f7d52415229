import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { KeyTexts } from '../../src/import/key-texts.ts'
import { collidingKeys } from '../hostile/colliding-keys.ts'
import { hashes } from '../ims/gather.ts'

describe('keys that a run meets', () => {
  test('have the hash that they always have, however often they come', () => {
    const keys = new KeyTexts(hashes)
    for (const key of ['P1', 'P2', 'P1', 'Åsa', '', 'P2'])
      assert.deepEqual(keys.text(key), hashes.text(key))
    assert.equal(keys.length, 4)
    assert.equal(keys.collision, undefined)
  })

  test('are told apart under any hash: two that it gives the same are named', () => {
    const weak = new KeyTexts({
      bytes: (bytes) => hashes.bytes(bytes),
      text: (text) => ({ high: 7n, low: BigInt(text.length) }),
    })
    for (const key of ['P1', 'Q12', 'P1', 'Q12']) weak.text(key)
    assert.equal(weak.collision, undefined)
    weak.text('P2')
    weak.text('P3')
    assert.deepEqual(weak.collision, { one: 'P1', other: 'P2' })
  })

  test('may be made to have one hash, and are told apart even so', () => {
    const [one, other] = collidingKeys(1)
    assert.notEqual(one, other)
    assert.deepEqual(hashes.text(one), hashes.text(other))
    const keys = new KeyTexts(hashes)
    keys.text(one)
    keys.text(other)
    assert.deepEqual(keys.collision, { one, other })
  })
})
