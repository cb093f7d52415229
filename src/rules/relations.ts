import type { ImsRelationship } from '../ims/records.ts'
import type { Profile, RelationClaim, RelationKind } from '../roster/person.ts'
import type { KeyOf } from './key.ts'
import type { EffectiveRules } from './schema.ts'

/** What a word says about the person whom it names. */
interface Word {
  readonly kind: RelationKind
  readonly named: 'elder' | 'younger'
}

const GUARDIAN: Word = { kind: 'guardian', named: 'elder' }
const CHILD: Word = { kind: 'guardian', named: 'younger' }
const WORDS: ReadonlyMap<string, Word> = new Map([
  ['guardian', GUARDIAN],
  ['parent', GUARDIAN],
  ['carer', GUARDIAN],
  ['mother', GUARDIAN],
  ['father', GUARDIAN],
  ['child', CHILD],
  ['pupil', CHILD],
  ['student', CHILD],
  ['nextofkin', { kind: 'nextOfKin', named: 'elder' }],
  ['mentor', { kind: 'mentor', named: 'elder' }],
  ['mentee', { kind: 'mentor', named: 'younger' }],
])

export interface RelationsReading {
  readonly claims: readonly RelationClaim[]
  /** Words that name no relation. */
  readonly unknown: readonly string[]
}

const NONE: RelationsReading = { claims: [], unknown: [] }

/**
 * Whom a person says he is related to. Two conventions exist: the word names the person who carries the element
 * (IMS Enterprise of German senders) or the other one (PIFU contact persons, IMS-ES). Repeated ones count once.
 */
export function relationsReader(
  rules: EffectiveRules['relations'],
  keyOf: KeyOf,
): (relationships: readonly ImsRelationship[], profile: Profile) => RelationsReading {
  return (relationships, profile) => {
    if (relationships.length === 0) return NONE
    const claims: RelationClaim[] = []
    const unknown: string[] = []
    for (const relationship of relationships) {
      const word = WORDS.get(relationship.word.toLowerCase())
      if (word === undefined) {
        unknown.push(relationship.word)
        continue
      }
      if (!rules[word.kind]) continue
      const other = keyOf(relationship.sourcedId)
      const otherIs = otherIn(word, relationship.form, rules.direction, profile)
      const repeated = claims.some(
        (claim) => claim.kind === word.kind && claim.other === other && claim.otherIs === otherIs,
      )
      if (!repeated) claims.push({ kind: word.kind, other, otherIs })
    }
    return { claims, unknown }
  }
}

function otherIn(
  word: Word,
  form: ImsRelationship['form'],
  direction: EffectiveRules['relations']['direction'],
  profile: Profile,
): RelationClaim['otherIs'] {
  if (form === 'contact' || direction === 'other') return word.named
  if (direction === 'profile' && word.kind === 'guardian') {
    if (profile === 'guardian') return 'younger'
    if (profile === 'student') return 'elder'
  }
  return word.named === 'elder' ? 'younger' : 'elder'
}
