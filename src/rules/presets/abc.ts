import type { RulesFile } from '../schema.ts'

/**
 * ABC-Enterprise as Norwegian universities export it: every file names its own vocabularies, and these are the names
 * seen. A person is known by the national number, the one id that all of them have and that relations use. Who is
 * employed at a unit is staff; units right below the organisation are schools.
 */
export const ABC: RulesFile = {
  type: 'full',
  timeZone: 'Europe/Oslo',
  keyTypes: ['NO_BIRTHNO'],
  profiles: {
    byUserIdType: {},
    byRelationType: {
      '*ansatt*': 'staff',
      '*employee*': 'staff',
      '*lærer*': 'staff',
      '*fagperson*': 'staff',
      '*gjest*': 'guest',
      '*student*': 'student',
      '*elev*': 'student',
    },
  },
  groupKinds: [
    { scheme: 'organization', kind: 'site' },
    { scheme: 'ou', level: 1, kind: 'school' },
    { scheme: 'ou', kind: 'group' },
    { scheme: 'group', value: 'ue*', kind: 'course' },
    { scheme: 'group', kind: 'group' },
  ],
  roles: {
    '*-people': 'learner',
    '*vitenskapelig*': 'teacher',
    '*lærer*': 'teacher',
    '*teacher*': 'teacher',
    '*fagperson*': 'teacher',
    '*ansatt*': 'guest',
    '*employee*': 'guest',
    '*student*': 'learner',
    '*elev*': 'learner',
  },
  parentRelation: 1,
  contacts: {
    username: ['primary account', 'uname', 'username', 'brukernavn'],
    email: ['primary e-mail address', '*e-mail*', 'email', '*epost*', '*e-post*'],
    mobile: ['cellular phone', '*mobil*', '*cell*'],
    phone: ['*phone*', '*telefon*', '*tlf*'],
    url: ['url', 'web*'],
  },
  userIds: { username: ['username', 'UNAME'] },
  nationalNumber: { from: ['NO_BIRTHNO', 'personNIN', 'fodselsnummer', 'fnr', 'key'], check: 'no' },
  phoneCountryCode: '+47',
}
