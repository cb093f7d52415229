import type { DeliveryType, ImsPerson } from '../ims/records.ts'
import { PERSON_FIELDS, type PersonField, type PersonRecord } from '../roster/person.ts'
import type { Problem } from '../roster/problem.ts'
import type { Reading } from './contract.ts'
import { contactsReader } from './contacts.ts'
import { FieldCollector, ownedFields } from './fields.ts'
import { identityOf, type KeyOf } from './key.ts'
import { PERSON_FIELD_CHARACTERS_MAX } from './limits.ts'
import { nationalNumberReader, type NumberCheck } from './national-number.ts'
import { withCountryCode } from './phone.ts'
import { allPieces, textPiece, xmlPiece } from './piece.ts'
import { profileReader } from './profile.ts'
import { protectionReader } from './protection.ts'
import { relationsReader } from './relations.ts'
import type { EffectiveRules } from './schema.ts'
import { userIdReader } from './user-ids.ts'

/** IMS Enterprise and ISO/IEC 5218 number the genders the other way round, so the roster has words. */
const GENDERS = { '0': 'unknown', '1': 'female', '2': 'male' } as const
const OWNED_ALWAYS: readonly PersonField[] = ['name', 'profile']
const NO_PROBLEMS: readonly Problem[] = []

export type PersonReader = (person: ImsPerson, delivery: DeliveryType) => Reading<PersonRecord>

/** Reads persons through a source's rules; the same person gives the same reading. */
export function personReader(
  rules: EffectiveRules,
  keyOf: KeyOf,
  checkNumber: NumberCheck | undefined,
): PersonReader {
  const takesPersons = rules.take.kinds.includes('person')
  const profilesTaken = rules.take.profiles === 'all' ? undefined : new Set(rules.take.profiles)
  const owned = ownedFields(rules.ownedFields.person, PERSON_FIELDS, OWNED_ALWAYS)
  const profileOf = profileReader(rules.profiles)
  const relationsOf = relationsReader(rules.relations, keyOf)
  const userIdsOf = userIdReader(rules)
  const contactsOf = contactsReader(rules.contacts)
  const nationalNumberOf = nationalNumberReader(rules.nationalNumber, checkNumber)
  const isProtected = protectionReader(rules.protected)
  const countryCode = countryCodeIn(rules.phoneCountryCode)

  return (person, delivery) => {
    const identity = identityOf(person.sourcedIds, keyOf)
    if (identity === undefined) {
      return {
        outcome: 'setAside',
        problem: { code: 'KEY_MISSING', place: person.place, kind: 'person' },
      }
    }
    const { key } = identity
    const deleted = person.recstatus === 3 && delivery !== 'full'
    const who = profileOf(person)
    if (!takesPersons || (profilesTaken?.has(who.profile) === false && !deleted)) {
      return { outcome: 'notTaken', key, problems: NO_PROBLEMS }
    }
    const name = nameOf(person)
    // A message that removes a person need not say his name again.
    if (name === undefined && !deleted) {
      const problem: Problem = { code: 'NAME_MISSING', place: person.place, kind: 'person', key }
      return { outcome: 'setAside', key, problem }
    }

    const collector = new FieldCollector(person, key, owned, PERSON_FIELD_CHARACTERS_MAX)
    if (who.unknown !== undefined) collector.warn('PROFILE_UNKNOWN', who.unknown)
    const ids = userIdsOf(person.userIds)
    const number = nationalNumberOf(ids.nationalNumber, identity.id)
    if (number?.doubtful === true) collector.warn('NUMBER_DOUBTFUL', number.value)
    const contacts = contactsOf(person.contacts)
    const reached = contacts.fields
    const tels = telsOf(person, countryCode, reached)
    if (tels.normalised !== undefined) collector.warn('PHONE_NORMALISED', tels.normalised)

    collector.put('name', name)
    collector.put('family', person.family)
    collector.put('given', person.given)
    collector.put('other', person.other)
    collector.put('nickname', person.nickname)
    collector.put('prefix', person.prefix)
    collector.put('suffix', person.suffix)
    collector.put('sort', person.sort)
    collector.put('profile', who.profile)
    collector.put('username', ids.username?.value ?? reached.username)
    collector.put('email', person.email ?? reached.email)
    collector.put('nationalNumber', number?.value)
    collector.put('feideId', ids.feideId?.value)
    collector.put('upn', ids.upn?.value)
    collector.putDate('birthDate', person.bday)
    collector.put('gender', person.gender === undefined ? undefined : GENDERS[person.gender])
    collector.put('phone', tels.phone)
    collector.put('mobile', tels.mobile)
    collector.put('url', person.url ?? reached.url)
    collector.put('photo', person.photo)
    collector.put('street', person.street)
    collector.put('extadd', person.extadd)
    collector.put('pobox', person.pobox)
    collector.put('postcode', person.pcode)
    collector.put('locality', person.locality)
    collector.put('region', person.region)
    collector.put('country', person.country)
    collector.put('language', person.preferredLanguage)
    if (person.statuses.length > 0) collector.put('status', person.statuses.join(', '))

    const relations = relationsOf(person.relationships, who.profile)
    for (const word of relations.unknown)
      collector.warn('VALUE_UNKNOWN', word, 'a kind of relation')

    const made: string[] = []
    made.push(...identity.pieces, ...ids.pieces, ...who.pieces, ...tels.pieces, ...contacts.pieces)
    if (person.systemRole !== undefined) {
      made.push(xmlPiece('systemrole', { systemroletype: person.systemRole }, ''))
    }
    return {
      outcome: 'taken',
      record: {
        key,
        fields: collector.fields,
        protected: isProtected(person, key),
        relations: relations.claims,
        extension: allPieces(person.extension, made),
      },
      deleted,
      problems: collector.problems,
      aliases: identity.aliases,
      ...(identity.oldKey !== undefined && { oldKey: identity.oldKey }),
    }
  }
}

function countryCodeIn(rule: string | number): string | undefined {
  if (rule === 'off') return undefined
  return typeof rule === 'number' ? `+${rule}` : rule
}

/** The formatted name, or what there is of its parts. */
function nameOf({ fn, given, family }: ImsPerson): string | undefined {
  if (fn !== undefined) return fn
  if (given !== undefined && family !== undefined) return `${given} ${family}`
  return family ?? given
}

interface Tels {
  readonly phone?: string | undefined
  readonly mobile?: string | undefined
  /** A number as it was, where a country code was put before it. */
  readonly normalised?: string | undefined
  readonly pieces: readonly string[]
}

const NO_TELS: Tels = { pieces: [] }

/** The first voice number and the first mobile; others are extension data. */
function telsOf(
  { tels: sent }: ImsPerson,
  countryCode: string | undefined,
  reached: { readonly phone?: string; readonly mobile?: string },
): Tels {
  const tels = [...sent]
  if (reached.phone !== undefined) tels.push({ value: reached.phone, type: 1 })
  if (reached.mobile !== undefined) tels.push({ value: reached.mobile, type: 3 })
  if (tels.length === 0) return NO_TELS
  let phone: string | undefined
  let mobile: string | undefined
  let normalised: string | undefined
  const pieces: string[] = []
  for (const { value, type } of tels) {
    const number = countryCode === undefined ? value : withCountryCode(value, countryCode)
    if (number !== value) normalised ??= value
    if (type === 1 && phone === undefined) phone = number
    else if (type === 3 && mobile === undefined) mobile = number
    else pieces.push(textPiece('tel', { teltype: String(type) }, number))
  }
  return { phone, mobile, normalised, pieces }
}
