import { z } from 'zod'
import { GROUP_FIELDS, GROUP_KINDS } from '../roster/group.ts'
import { ROLES } from '../roster/membership.ts'
import { JOIN_ATTRIBUTES, PERSON_FIELDS, PROFILES } from '../roster/person.ts'
import { RECORD_KINDS } from '../roster/record.ts'
import { parseDate } from './dates.ts'
import { NUMBER_COUNTRIES } from './national-number.ts'
import { isPattern } from './pattern.ts'
import { isTurn } from './school-year.ts'
import { isUsernamePattern } from './username.ts'

/**
 * What a rules file may say, and what each key means: docs/rules.schema.json is made from this and docs/rules.md
 * explains it. Every key may be left out; a preset fills it.
 */

export const PRESET_NAMES = [
  'ims',
  'pifu',
  'vigobas',
  'cerebrum-fs',
  'fronter',
  'banner',
  'sits',
  'colleague',
  'itslearning-germany',
  'abc',
  'ss12000',
] as const
export type PresetName = (typeof PRESET_NAMES)[number]

export const COURSE_TEXTS = ['extension', 'short', 'long', 'full', 'key'] as const
export type CourseText = (typeof COURSE_TEXTS)[number]

const text = z.string().min(1)
const texts = z.array(text)
const pattern = z.string().refine(isPattern, {
  message:
    'text in which * stands for any text and {} for the part that is meant, once, not side by side',
})
const allOr = <T extends readonly [string, ...string[]]>(words: T) =>
  z.union([z.literal('all'), z.array(z.enum(words))])
const fieldsOf = <T extends readonly [string, ...string[]]>(words: T) =>
  z.union([
    z.literal('all'),
    z.array(z.enum(words)),
    z.strictObject({ except: z.array(z.enum(words)) }),
  ])

const groupMatcher = z.strictObject({
  scheme: pattern
    .optional()
    .describe('grouptype/scheme; * stands for any text. "" matches an empty one.'),
  level: z.union([z.string(), z.number()]).optional().describe('typevalue/@level.'),
  value: pattern.optional().describe('grouptype/typevalue; * stands for any text.'),
  key: pattern.optional().describe('The sync key; * stands for any text.'),
})
export type GroupMatcherRule = z.output<typeof groupMatcher>

const groupKindRule = groupMatcher.extend({
  kind: z
    .enum([...GROUP_KINDS, 'term', 'none'])
    .describe('What such a group is. "term" and "none" are counted and not taken.'),
})
export type GroupKindRule = z.output<typeof groupKindRule>

const courseText = z.union([
  z.enum(COURSE_TEXTS),
  z.strictObject({
    from: z.enum(COURSE_TEXTS),
    pattern: pattern.describe('Which part of it: SCHOOL-*:{} takes what follows the first colon.'),
  }),
])
export type CourseTextRule = z.output<typeof courseText>

const take = z.strictObject({
  kinds: z.array(z.enum(RECORD_KINDS)).describe('Kinds of records that are taken at all.'),
  profiles: allOr(PROFILES).describe('Persons with these profiles are taken.'),
  groupKinds: allOr(GROUP_KINDS).describe('Groups of these kinds are taken.'),
  onlyGroups: z
    .union([z.literal('all'), z.array(groupMatcher)])
    .describe('Only groups that one of these matches are taken.'),
  exceptGroups: z.array(groupMatcher).describe('Groups that one of these matches are not taken.'),
})

const profiles = z.strictObject({
  byInstitutionRole: z
    .record(text, z.enum(PROFILES))
    .describe(
      'institutionroletype to profile, whatever the case of its letters. The primary role counts.',
    ),
  byUserIdType: z
    .record(text, z.enum(PROFILES))
    .describe(
      'For persons without an institution role: a userid of this type says the profile. First match wins.',
    ),
  byRelationType: z
    .record(pattern, z.enum(PROFILES))
    .describe(
      'ABC-Enterprise: for persons of whom neither says it, the type of a relation in which they stand. First match wins; * stands for any text.',
    ),
  fallback: z.enum(PROFILES).describe('Profile of everybody else.'),
})

const relations = z.strictObject({
  guardian: z.boolean().describe('Whether guardians are taken.'),
  nextOfKin: z.boolean().describe('Whether next of kin are taken.'),
  mentor: z
    .boolean()
    .describe(
      'Whether mentors are taken, both stated ones and those with role mentor in a mentor group.',
    ),
  direction: z
    .enum(['carrier', 'other', 'profile'])
    .describe(
      'Whom the word in extension/relationship names: the person who carries it, the other one, or whom the profile of the carrier says.',
    ),
})

const course = z.strictObject({
  title: z
    .array(courseText)
    .describe('Where the title of a course stands; the first that is there counts.'),
  code: z
    .array(courseText)
    .describe('Where the code of a course stands; the first that is there counts.'),
})

const years = z.strictObject({
  from: z
    .union([
      z.enum(['off', 'begin', 'end']),
      z
        .string()
        .refine((said) => parseDate(said) === said, { message: 'a date such as 2026-08-17' }),
    ])
    .describe(
      'Which day says the school year that is part of the key: the begin or end of the time frame of a group, or this date.',
    ),
  turn: z
    .string()
    .refine(isTurn, { message: 'a month and day in quotes, such as 07-01' })
    .describe('Month and day on which a school year begins.'),
  groupKinds: allOr(GROUP_KINDS).describe('Kinds of groups whose keys get the year.'),
})

const userIds = z.strictObject({
  username: texts.describe(
    'Types of the userid that is the username, best first; "untyped" is one without a type.',
  ),
  feideId: texts.describe('Types of the userid that is the Feide identity.'),
  upn: texts.describe('Types of the userid that is the Microsoft sign-in name.'),
})

const nationalNumber = z.strictObject({
  from: texts.describe(
    'Types of the userid that is the national number, best first; "key" is the sync key.',
  ),
  check: z
    .enum([...NUMBER_COUNTRIES, 'any', 'off'])
    .describe('Country whose check it must pass. One that fails is kept with a warning.'),
})

const patterns = z.array(pattern)
const contacts = z.strictObject({
  username: patterns.describe('Types of the contactinfo that is the username, best first.'),
  email: patterns.describe('Types of the contactinfo that is the e-mail address.'),
  phone: patterns.describe('Types of the contactinfo that is the phone number.'),
  mobile: patterns.describe('Types of the contactinfo that is the mobile number.'),
  url: patterns.describe('Types of the contactinfo that is the web address.'),
})

const protectedRules = z.strictObject({
  privacy: z.boolean().describe('pifu_privacy marks a person as protected.'),
  keys: texts.describe('Sync keys of protected persons, in quotes.'),
  userIdTypes: texts.describe('A userid of one of these types marks its person.'),
  elements: texts.describe(
    'An element of one of these names in the extension marks its person, unless it says 0, no or false.',
  ),
})

const join = z.strictObject({
  by: z
    .enum([...JOIN_ATTRIBUTES, 'off'])
    .describe(
      'A person who has this in common with exactly one person of another source is that person: memberships and relations count, fields do not.',
    ),
})

const ownedFields = z.strictObject({
  person: fieldsOf(PERSON_FIELDS).describe('name and profile always belong to the source.'),
  group: fieldsOf(GROUP_FIELDS).describe('title always belongs to the source.'),
})

const singles = {
  syncKey: z
    .enum(['id', 'source+id'])
    .describe(
      'What a record is known by: sourcedid/id, or source and id where ids of several sources could meet.',
    ),
  keyTypes: patterns.describe(
    'ABC-Enterprise: types of the ids that are sync keys, best first; where none fits, the type that the file declares first. * stands for any text.',
  ),
  type: z
    .enum(['detect', 'full', 'delta', 'event'])
    .describe('How every file is meant; detect reads properties/type.'),
  deliveryTypes: z
    .record(pattern, z.enum(['full', 'delta', 'event']))
    .describe('What the words in properties/type mean, whatever the case of their letters.'),
  carries: z
    .array(z.enum(RECORD_KINDS))
    .describe('Kinds that a full file carries; the others are left alone.'),
  targets: texts.describe(
    'Names of this site. A file that names other targets only is refused; empty: not looked at.',
  ),
  timeZone: z
    .string()
    .refine(isTimeZone, { message: 'a time zone such as Europe/Oslo' })
    .describe('Time zone of times without one.'),
  groupKinds: z
    .array(groupKindRule)
    .describe(
      "What a group is; the first match wins, the file's before the preset's; no match: group.",
    ),
  roles: z
    .record(pattern, z.enum(ROLES))
    .describe('roletype (01 to 08, or as written; * stands for any text) to role.'),
  missingRole: z.enum(ROLES).describe('Role of a member without any.'),
  rolesAreAccessRights: z
    .boolean()
    .describe(
      'Whether the roletypes of this sender are known to be access rights, and roles says how to read them.',
    ),
  parentRelation: z
    .union([z.literal(1), z.literal(2), z.literal('detect')])
    .describe('Which relation names the parent of a group.'),
  parentLabels: patterns.describe(
    'Labels of the links (ABC-Enterprise: types of the relations) that name a parent; others are links without effect. * stands for any text.',
  ),
  absentField: z
    .enum(['keep', 'clear'])
    .describe('A field that was sent and no longer is: stays with the user, or is cleared.'),
  usernames: z
    .string()
    .refine(isUsernamePattern, {
      message:
        'off, or a pattern of {given}, {family} (both also with a length: {given:3}), {n} and a-z 0-9 . _ - @',
    })
    .describe('Pattern of the username for a person who has none, or off.'),
  phoneCountryCode: z
    .union([
      z.literal('off'),
      z.string().regex(/^\+[1-9][0-9]{0,3}$/),
      // What YAML makes of +47 without quotes.
      z.number().int().min(1).max(9999),
    ])
    .describe('Such as +47: put before phone numbers that have no country code; or off.'),
}

/** A rules file as written, before its preset. */
export const rulesFileSchema = z
  .strictObject({
    $schema: z.string().describe('For editors; without effect.'),
    extends: z
      .enum(PRESET_NAMES)
      .describe('The preset that fills what this file leaves out; ims where it is missing.'),
    ...singles,
    take: take.partial().describe('What is taken at all. The rest is counted.'),
    profiles: profiles.partial(),
    relations: relations.partial(),
    course: course.partial(),
    years: years.partial().describe('The school year as a part of keys.'),
    userIds: userIds.partial(),
    contacts: contacts
      .partial()
      .describe('ABC-Enterprise: what the types of contactinfo mean; * stands for any text.'),
    nationalNumber: nationalNumber.partial(),
    protected: protectedRules.partial().describe('Whose identity is protected.'),
    join: join.partial().describe('Whether persons are joined to those of other sources.'),
    ownedFields: ownedFields
      .partial()
      .describe('Fields that belong to the source; the others are left to the user.'),
  })
  .partial()
  .meta({ title: 'Rules of a Rollcall source' })
export type RulesFile = z.output<typeof rulesFileSchema>

const effectiveSchema = z.strictObject({
  ...singles,
  take,
  profiles,
  relations,
  course,
  years,
  userIds,
  contacts,
  nationalNumber,
  protected: protectedRules,
  join,
  ownedFields,
})
/** Rules with nothing left out: preset and file put together. */
export type EffectiveRules = z.output<typeof effectiveSchema>

/** The published JSON Schema of rules files (docs/rules.schema.json). */
export function rulesJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(rulesFileSchema, { target: 'draft-2020-12' })
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
