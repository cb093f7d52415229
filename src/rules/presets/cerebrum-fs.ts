import type { RulesFile } from '../schema.ts'

/** Cerebrum and FS, Norwegian universities: places (Sted) in the scheme NO-FS, with levels; Faculty for teachers. */
export const CEREBRUM_FS: RulesFile = {
  timeZone: 'Europe/Oslo',
  profiles: { byInstitutionRole: { Faculty: 'staff', extern: 'guest' } },
  parentRelation: 1,
  groupKinds: [
    { scheme: 'NO-FS', level: 0, kind: 'site' },
    { scheme: 'NO-FS', value: 'Sted', level: 1, kind: 'school' },
    { scheme: 'NO-FS', value: 'Undervisning*', kind: 'course' },
    { scheme: 'NO-FS', value: 'Emne*', kind: 'course' },
  ],
  nationalNumber: { check: 'no' },
  phoneCountryCode: '+47',
}
