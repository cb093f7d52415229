import type { RulesFile } from '../schema.ts'

/**
 * Fronter: nodes, corridors, groups and rooms; a roletype is a right (01 read, 02 write, 03 and 06 delete,
 * 07 change), so that 02 says nothing about teaching. Who may only read is a guest, who may write takes part.
 */
export const FRONTER: RulesFile = {
  timeZone: 'Europe/Oslo',
  profiles: { byInstitutionRole: { Faculty: 'staff' } },
  rolesAreAccessRights: true,
  roles: { '01': 'guest', '02': 'learner', '03': 'teacher', '06': 'teacher', '07': 'teacher' },
  missingRole: 'guest',
  groupKinds: [
    { scheme: 'FronterStructure*', level: 0, kind: 'school' },
    { scheme: 'FronterStructure*', level: 4, kind: 'course' },
    { scheme: 'FronterStructure*', kind: 'group' },
    { scheme: 'Roomprofile*', kind: 'course' },
  ],
  nationalNumber: { check: 'no' },
  phoneCountryCode: '+47',
}
