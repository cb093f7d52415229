import type { RulesFile } from '../schema.ts'

/**
 * PIFU-IMS SAS 0.9 to 1.3 and NS 4170. PIFU has no institution role: who has an employee number is staff, who has a
 * pupil number is a pupil.
 */
export const PIFU: RulesFile = {
  timeZone: 'Europe/Oslo',
  profiles: { byUserIdType: { workforceID: 'staff', studentID: 'student' } },
  parentRelation: 1,
  nationalNumber: { check: 'no' },
  phoneCountryCode: '+47',
}
