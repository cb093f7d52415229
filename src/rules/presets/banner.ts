import type { RulesFile } from '../schema.ts'

/** Banner with Luminis Message Broker: sections are courses, academic terms come as groups and are not taken. */
export const BANNER: RulesFile = {
  profiles: {
    byInstitutionRole: {
      Faculty: 'staff',
      Employee: 'staff',
      Alumni: 'other',
      ProspectiveStudent: 'other',
      Friends: 'other',
    },
  },
  userIds: { username: ['Logon ID', 'username', 'untyped'] },
  course: { title: ['extension', 'full', 'long', 'short'], code: ['extension', 'short'] },
}
