import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ImsPerson } from '../../src/ims/records.ts'
import { person, rules, taken } from './records.ts'

describe('protected identity', () => {
  const PROTECTED: readonly (readonly [
    why: string,
    text: string,
    said: Partial<ImsPerson>,
    marked: boolean,
  ])[] = [
    ['nothing marks', '', {}, false],
    ['pifu_privacy marks', '', { private: true }, true],
    ['pifu_privacy may be switched off', 'protected: { privacy: false }', { private: true }, false],
    ['a list of keys marks', 'protected: { keys: ["k1"] }', {}, true],
    ['a list of other keys does not', 'protected: { keys: ["k2"] }', {}, false],
    [
      'a userid of a type marks',
      'protected: { userIdTypes: [hidden] }',
      { userIds: [{ value: '1', type: 'HIDDEN' }] },
      true,
    ],
    [
      'an element marks',
      'protected: { elements: [skyddad] }',
      { extension: ['<x:skyddad>1</x:skyddad>'] },
      true,
    ],
    [
      'an empty element marks',
      'protected: { elements: [skyddad] }',
      { extension: ['<skyddad/>'] },
      true,
    ],
    [
      'an element that says no does not',
      'protected: { elements: [skyddad] }',
      { extension: ['<skyddad>0</skyddad>'] },
      false,
    ],
  ]
  for (const [why, text, said, marked] of PROTECTED) {
    test(why, () => {
      assert.equal(taken(rules(text).person(person(said), 'full')).record.protected, marked)
    })
  }
})
