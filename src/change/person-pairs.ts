import type { NationalNumber, NumberKind } from '../numbers/number.ts'
import type { PersonFields } from '../roster/person.ts'
import {
  type Confidence,
  type Pair,
  type PairReason,
  type Pairs,
  settlePairs,
} from './key-churn.ts'

/** What tells whether two records are the same person. Texts are in lower case, without needless blanks. */
export interface PersonTraits {
  readonly number?: string
  /** Given for as long as somebody has no other: the other one replaces it. */
  readonly numberIsTemporary: boolean
  /** Passes no check: it proves that two are the same, and not that two are different. */
  readonly numberIsDoubtful: boolean
  readonly username?: string
  readonly email?: string
  readonly name?: string
  readonly birthDate?: string
  /** Phones and address. */
  readonly contacts: readonly string[]
}

/** Values that more records than this share, leavers times joiners, say nothing: the address of an office. */
const SHARED_MAX = 100

const TEMPORARY: readonly NumberKind[] = [
  'dNumber',
  'hNumber',
  'fhNumber',
  'fsNumber',
  'duf',
  'samordningsnummer',
  'interimNumber',
  'tfNumber',
]

/** @param number The person's national number as read, which makes two spellings of a number one. */
export function personTraits(
  fields: PersonFields,
  number: NationalNumber | undefined,
): PersonTraits {
  const { username, email, birthDate, mobile, phone, street, postcode } = fields
  const name = plain(fields.name ?? [fields.given, fields.family].filter(Boolean).join(' '))
  const isReal = number !== undefined && !number.notes.includes('placeholder')
  const address = street === undefined ? undefined : `${street} ${postcode ?? ''}`
  return {
    ...(isReal ? { number: plain(number.value) } : {}),
    numberIsTemporary: isReal && TEMPORARY.includes(number.kind),
    numberIsDoubtful: isReal && number.verdict === 'bad',
    ...(username ? { username: plain(username) } : {}),
    ...(email ? { email: plain(email) } : {}),
    ...(name === '' ? {} : { name }),
    ...(birthDate ? { birthDate } : {}),
    contacts: [mobile, phone, address].flatMap((text) => (text ? [plain(text)] : [])),
  }
}

function plain(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ').toLowerCase()
}

/** Which of those who leave are probably which of those who come. */
export function suspectPersons(
  before: readonly PersonTraits[],
  after: readonly PersonTraits[],
): Pairs {
  const candidates = new Map<number, Pair>()
  for (const valueOf of SHARED) {
    const comers = indexesByValue(after, valueOf)
    for (const [value, leaving] of indexesByValue(before, valueOf)) {
      const coming = comers.get(value) ?? []
      if (leaving.length * coming.length > SHARED_MAX) continue
      for (const one of leaving) {
        for (const other of coming) {
          const key = one * after.length + other
          if (candidates.has(key)) continue
          const judged = compareTraits(before[one] as PersonTraits, after[other] as PersonTraits)
          candidates.set(key, { before: one, after: other, ...judged })
        }
      }
    }
  }
  return settlePairs([...candidates.values()])
}

/** What makes two records a possible pair. */
const SHARED: readonly ((traits: PersonTraits) => string | undefined)[] = [
  ({ number }) => number,
  ({ username }) => username,
  ({ email }) => email,
  ({ name, birthDate }) => name && birthDate && `${birthDate} ${name}`,
]

function indexesByValue(
  all: readonly PersonTraits[],
  valueOf: (traits: PersonTraits) => string | undefined,
): Map<string, number[]> {
  const indexes = new Map<string, number[]>()
  all.forEach((traits, index) => {
    const value = valueOf(traits)
    if (!value) return
    const same = indexes.get(value)
    if (same) same.push(index)
    else indexes.set(value, [index])
  })
  return indexes
}

/**
 * How sure it is that two records with something in common are one person, and why. Another number of his own, or
 * another birth date, speaks against it: siblings share an e-mail address, and a username is given anew.
 */
function compareTraits(
  one: PersonTraits,
  other: PersonTraits,
): { readonly confidence: Confidence; readonly reasons: readonly PairReason[] } {
  const same = (trait: 'number' | 'username' | 'email' | 'name' | 'birthDate'): boolean =>
    one[trait] !== undefined && one[trait] === other[trait]
  const has = {
    nationalNumber: same('number'),
    username: same('username'),
    email: same('email'),
    nameAndBirthDate: same('name') && same('birthDate'),
    name: same('name') && !same('birthDate'),
    contact: one.contacts.some((contact) => other.contacts.includes(contact)),
  } as const satisfies { readonly [reason in PairReason]?: boolean }
  const reasons = (Object.keys(has) as (keyof typeof has)[]).filter((reason) => has[reason])
  return { confidence: confidenceOf(one, other, new Set(reasons)), reasons }
}

function confidenceOf(
  one: PersonTraits,
  other: PersonTraits,
  has: ReadonlySet<PairReason>,
): Confidence {
  if (has.has('nationalNumber')) return 'certain'
  if (one.birthDate && other.birthDate && one.birthDate !== other.birthDate) return 'low'
  const isKnownAs = has.has('username') || has.has('email')
  if (hasOtherNumber(one, other)) {
    const replaces = one.numberIsTemporary && !other.numberIsTemporary
    const agrees = has.has('nameAndBirthDate') && (isKnownAs || has.has('contact'))
    return replaces && agrees ? 'high' : 'low'
  }
  if (has.has('nameAndBirthDate')) return 'high'
  if (has.has('username') && has.has('email')) return 'high'
  return isKnownAs && has.has('name') ? 'high' : 'low'
}

function hasOtherNumber(one: PersonTraits, other: PersonTraits): boolean {
  if (one.number === undefined || other.number === undefined) return false
  return !one.numberIsDoubtful && !other.numberIsDoubtful && one.number !== other.number
}
