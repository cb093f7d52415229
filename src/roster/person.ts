/**
 * What kind of user a person is. Rules map `institutionroletype` to one of these.
 */
export const PROFILES = ['student', 'staff', 'guardian', 'guest', 'administrator', 'other'] as const
export type Profile = (typeof PROFILES)[number]

/**
 * The roster's own fields of a person, in the order in which they are fingerprinted and shown.
 * A new field goes last: the order is part of the canonical fingerprint.
 */
export const PERSON_FIELDS = [
  'name',
  'family',
  'given',
  'other',
  'nickname',
  'prefix',
  'suffix',
  'sort',
  'profile',
  'username',
  'email',
  'nationalNumber',
  'feideId',
  'upn',
  'birthDate',
  'gender',
  'phone',
  'mobile',
  'url',
  'photo',
  'street',
  'extadd',
  'pobox',
  'postcode',
  'locality',
  'region',
  'country',
  'language',
  'status',
] as const
export type PersonField = (typeof PERSON_FIELDS)[number]

/** Attributes that tell who somebody is, whichever source sends him. */
export const JOIN_ATTRIBUTES = [
  'nationalNumber',
  'username',
  'email',
  'feideId',
  'upn',
] as const satisfies readonly PersonField[]
export type JoinAttribute = (typeof JOIN_ATTRIBUTES)[number]

export type PersonFields = { readonly [field in PersonField]?: string }

/** Kinds of relation between two persons. Read "`of` is this person's …": a guardian relation joins a child and a guardian. */
export const RELATION_KINDS = ['guardian', 'nextOfKin', 'mentor'] as const
export type RelationKind = (typeof RELATION_KINDS)[number]

/**
 * One person's statement that he and another person are related.
 * `other` is the other person's key; `role` tells what the *other* is to the person who states it:
 * `'guardian'` says "the other is my guardian", `'child'` says "I am the other's guardian".
 */
export interface RelationClaim {
  readonly kind: RelationKind
  readonly other: string
  readonly otherIs: 'elder' | 'younger'
}

/** A person of a delivery, as read through a source's rules: exactly what is fingerprinted and kept as "sent". */
export interface PersonRecord {
  readonly key: string
  readonly fields: PersonFields
  /** True when rules, a list or `pifu_privacy` mark the person's identity as protected. */
  readonly protected: boolean
  readonly relations: readonly RelationClaim[]
  /** XML of what the roster has no field for, one piece an element, without comments and blanks; never a password. */
  readonly extension: readonly string[]
}
