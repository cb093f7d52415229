import type { RulesFile } from '../schema.ts'

/**
 * VigoBAS, Norwegian counties: relation 2 names the parent, the sync key is the national number, the aggregate
 * groups of a school (ELEVER, LÆRERE, ADMINISTRATIVTANSATTE) list members without a role.
 */
export const VIGOBAS: RulesFile = {
  timeZone: 'Europe/Oslo',
  parentRelation: 2,
  profiles: { byInstitutionRole: { Faculty: 'staff' } },
  groupKinds: [
    { value: 'ELEVER', kind: 'group' },
    { value: 'LÆRERE', kind: 'group' },
    { value: 'ADMINISTRATIVTANSATTE', kind: 'group' },
  ],
  missingRole: 'guest',
  nationalNumber: { from: ['personNIN', 'key'], check: 'no' },
  phoneCountryCode: '+47',
}
