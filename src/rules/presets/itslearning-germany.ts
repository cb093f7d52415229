import type { RulesFile } from '../schema.ts'

/** German states: SchILD-NRW and itswizard exports. Their relations name the person who carries them. */
export const ITSLEARNING_GERMANY: RulesFile = {
  timeZone: 'Europe/Berlin',
  profiles: {
    byInstitutionRole: {
      Faculty: 'staff',
      extern: 'guest',
      'System Administrator': 'administrator',
    },
  },
  groupKinds: [
    { level: 0, kind: 'site' },
    { level: 1, kind: 'school' },
  ],
  relations: { direction: 'carrier' },
}
