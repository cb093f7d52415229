import { z } from 'zod'

/**
 * What is read of an SS12000:2020 interface. Everything else that it sends is passed over, and of these only what a record
 * cannot do without has to be there: servers differ.
 */

const text = z.string().max(10_000)
const reference = z.object({ id: text })
const day = text.nullish()
const spell = { startDate: day, endDate: day }

export const organisation = z.object({
  id: text,
  displayName: text.nullish(),
  organisationType: text.nullish(),
  organisationNumber: text.nullish(),
  parentOrganisation: reference.nullish(),
  schoolUnitCode: text.nullish(),
  email: text.nullish(),
  url: text.nullish(),
  ...spell,
})
export type Organisation = z.output<typeof organisation>

const typed = z.object({ value: text, type: text.nullish() })

export const person = z.object({
  id: text,
  givenName: text.nullish(),
  middleName: text.nullish(),
  familyName: text.nullish(),
  eduPersonPrincipalNames: z.array(text).nullish(),
  civicNo: z.object({ value: text, nationality: text.nullish() }).nullish(),
  birthDate: day,
  sex: text.nullish(),
  securityMarking: text.nullish(),
  personStatus: text.nullish(),
  emails: z.array(typed).nullish(),
  phoneNumbers: z.array(typed.extend({ mobile: z.boolean().nullish() })).nullish(),
  addresses: z
    .array(
      z.object({
        type: text.nullish(),
        streetAddress: text.nullish(),
        locality: text.nullish(),
        postalCode: z.union([text, z.number()]).nullish(),
        country: text.nullish(),
      }),
    )
    .nullish(),
  enrolments: z
    .array(z.object({ enroledAt: reference, cancelled: z.boolean().nullish(), ...spell }))
    .nullish(),
  responsibles: z.array(z.object({ person: reference, relationType: text.nullish() })).nullish(),
})
export type Person = z.output<typeof person>

const member = z.object({ person: reference, ...spell })
const assigned = { assignmentRoleType: text.nullish(), ...spell }

export const group = z.object({
  id: text,
  displayName: text.nullish(),
  groupType: text.nullish(),
  organisation: reference.nullish(),
  groupMemberships: z.array(member).nullish(),
  // As a draft of the standard had it, and some servers have it still.
  studentMemberships: z.array(member).nullish(),
  ...spell,
})
export type Group = z.output<typeof group>

export const duty = z.object({
  id: text,
  person: reference.nullish(),
  dutyAt: reference.nullish(),
  dutyRole: text.nullish(),
  assignmentRole: z.array(z.object({ group: reference, ...assigned })).nullish(),
  ...spell,
})
export type Duty = z.output<typeof duty>

export const activity = z.object({
  id: text,
  groups: z.array(reference).nullish(),
  teachers: z.array(z.object({ duty: reference, ...spell })).nullish(),
  ...spell,
})
export type Activity = z.output<typeof activity>

/** Everything that is read, whole. */
export interface Read {
  readonly organisations: readonly Organisation[]
  readonly persons: readonly Person[]
  readonly groups: readonly Group[]
  readonly duties: readonly Duty[]
  readonly activities: readonly Activity[]
}

export const SCHEMAS_OF_THINGS = {
  organisations: organisation,
  persons: person,
  groups: group,
  duties: duty,
  activities: activity,
} as const
export type Thing = keyof typeof SCHEMAS_OF_THINGS
