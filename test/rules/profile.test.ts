import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ImsInstitutionRole, ImsPerson } from '../../src/ims/records.ts'
import type { PersonFields } from '../../src/roster/person.ts'
import { codesOf, person, rules, taken } from './records.ts'

function fieldsOf(said: Partial<ImsPerson>, text = ''): PersonFields {
  return taken(rules(text).person(person(said), 'full')).record.fields
}

function role(type: string, primary = true): ImsInstitutionRole {
  return { type, primary }
}

function profileUnderPifu(userIdType: string): string | undefined {
  return fieldsOf({ userIds: [{ value: '7', type: userIdType }] }, 'extends: pifu').profile
}

describe('profile', () => {
  const PROFILES: readonly (readonly [
    roles: readonly ImsInstitutionRole[],
    text: string,
    profile: string,
    codes: readonly string[],
  ])[] = [
    [[role('Student')], '', 'student', []],
    [[role('STAFF')], '', 'staff', []],
    [[role('Guest')], '', 'guest', []],
    [[role('Administrator')], '', 'administrator', []],
    [[role('Carer')], '', 'guardian', []],
    [[role('Faculty')], '', 'student', ['PROFILE_UNKNOWN']],
    [[role('Faculty')], 'extends: vigobas', 'staff', []],
    [[role('faculty')], 'extends: itslearning-germany', 'staff', []],
    [[role('extern')], 'profiles: { fallback: guest }', 'guest', ['PROFILE_UNKNOWN']],
    [[], 'profiles: { fallback: other }', 'other', []],
    [[role('Student', false), role('Staff')], '', 'staff', []],
    [[role('Staff', false), role('Student', false)], '', 'staff', []],
    [[role('Elev')], 'profiles: { byInstitutionRole: { elev: student } }', 'student', []],
  ]
  for (const [roles, text, profile, codes] of PROFILES) {
    const said = roles
      .map(({ type, primary }) => `${type}${primary ? ' (primary)' : ''}`)
      .join(' and ')
    test(`${said || 'no institution role'} under "${text || 'ims'}" is ${profile}`, () => {
      const reading = rules(text).person(person({ institutionRoles: roles }), 'full')
      assert.equal(taken(reading).record.fields.profile, profile)
      assert.deepEqual(codesOf(reading), codes)
    })
  }

  test('PIFU has no institution role: an employee number makes staff, a pupil number a student', () => {
    assert.deepEqual(['workforceID', 'studentID', 'sisID'].map(profileUnderPifu), [
      'staff',
      'student',
      'student',
    ])
  })

  test('an institution role that the profile does not stand for is kept as extension data', () => {
    const said = { institutionRoles: [role('Staff'), role('Alumni', false)] }
    assert.deepEqual(taken(rules().person(person(said), 'full')).record.extension, [
      '<institutionrole primaryrole="No" institutionroletype="Alumni"/>',
    ])
  })

  test('a person with a profile that is not taken is counted, not a problem', () => {
    const reading = rules('take: { profiles: [staff] }').person(person(), 'full')
    assert.deepEqual(reading, { outcome: 'notTaken', key: 'k1', problems: [] })
  })
})
