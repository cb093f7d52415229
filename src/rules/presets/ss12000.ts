import type { RulesFile } from '../schema.ts'

/** What a collector writes of an SS12000:2020 interface (collect/ss12000-records.ts): its own words, in IMS Enterprise. */
export const SS12000: RulesFile = {
  timeZone: 'Europe/Stockholm',
  parentRelation: 1,
  groupKinds: [
    { scheme: 'SS12000', value: 'Huvudman', kind: 'site' },
    { scheme: 'SS12000', value: 'Skolenhet', kind: 'school' },
    { scheme: 'SS12000', value: 'Undervisning', kind: 'course' },
    { scheme: 'SS12000', value: 'Mentor', kind: 'mentorGroup' },
    { scheme: 'SS12000', kind: 'group' },
  ],
  relations: { direction: 'other' },
  userIds: { username: ['eduPersonPrincipalName'] },
  nationalNumber: { from: ['personNIN'], check: 'se' },
  protected: { elements: ['securityMarking'] },
  phoneCountryCode: '+46',
}
