import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ImsPerson } from '../../src/ims/records.ts'
import type { RelationClaim } from '../../src/roster/person.ts'
import { codesOf, id, person, rules, taken } from './records.ts'

function related(form: 'relationship' | 'contact', word: string): Partial<ImsPerson> {
  return { relationships: [{ form, word, sourcedId: id('p2') }] }
}

function claim(kind: RelationClaim['kind'], otherIs: RelationClaim['otherIs']): RelationClaim {
  return { kind, other: 'p2', otherIs }
}

describe('relations', () => {
  const guardian = { institutionRoles: [{ type: 'Carer', primary: true }] }
  const OTHERS: readonly (readonly [
    why: string,
    text: string,
    said: Partial<ImsPerson>,
    claims: readonly RelationClaim[],
  ])[] = [
    [
      'a guardian carries the word parent',
      '',
      related('relationship', 'parent'),
      [claim('guardian', 'younger')],
    ],
    [
      'a child carries the word child',
      '',
      related('relationship', 'child'),
      [claim('guardian', 'elder')],
    ],
    [
      'a PIFU contact names the other',
      '',
      related('contact', 'guardian'),
      [claim('guardian', 'elder')],
    ],
    ['next of kin', '', related('contact', 'nextofkin'), [claim('nextOfKin', 'elder')]],
    [
      'the word names the other',
      'relations: { direction: other }',
      related('relationship', 'parent'),
      [claim('guardian', 'elder')],
    ],
    [
      'the profile says who is who: a guardian',
      'relations: { direction: profile }',
      { ...guardian, ...related('relationship', 'child') },
      [claim('guardian', 'younger')],
    ],
    [
      'the profile says who is who: a pupil',
      'relations: { direction: profile }',
      related('relationship', 'parent'),
      [claim('guardian', 'elder')],
    ],
    [
      'guardians are not taken',
      'relations: { guardian: false }',
      related('contact', 'guardian'),
      [],
    ],
    [
      'next of kin are not taken',
      'relations: { nextOfKin: false }',
      related('contact', 'nextofkin'),
      [],
    ],
  ]
  for (const [why, text, said, claims] of OTHERS) {
    test(why, () => {
      assert.deepEqual(taken(rules(text).person(person(said), 'full')).record.relations, claims)
    })
  }

  test('a relation that is said twice counts once', () => {
    const { relationships } = related('relationship', 'child')
    const twice = person({ relationships: [...(relationships ?? []), ...(relationships ?? [])] })
    assert.equal(taken(rules().person(twice, 'full')).record.relations.length, 1)
  })

  test('a word that names no relation is left out with a warning', () => {
    assert.deepEqual(
      codesOf(rules().person(person(related('relationship', 'neighbour')), 'full')),
      ['VALUE_UNKNOWN'],
    )
  })
})
