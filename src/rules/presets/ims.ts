import type { EffectiveRules } from '../schema.ts'

/**
 * Plain IMS Enterprise 1.1 and 1.01, and under every other preset. Scheme names that only one dialect uses are read
 * here already, so that a PIFU or Banner file is not misread where nobody has chosen a preset; a preset adds what
 * would be a guess without knowing the sender.
 */
export const IMS: EffectiveRules = {
  syncKey: 'id',
  keyTypes: [],
  type: 'detect',
  // Words seen in properties/type. What may be an update is read as a delta: then absence removes nothing.
  deliveryTypes: {
    full: 'full',
    snapshot: 'full',
    '*refresh*': 'full',
    'sync*': 'full',
    delta: 'delta',
    '*increment*': 'delta',
    '*update*': 'delta',
    event: 'event',
    melding: 'event',
  },
  carries: ['person', 'group', 'membership'],
  targets: [],
  timeZone: 'UTC',
  take: {
    kinds: ['person', 'group', 'membership'],
    profiles: 'all',
    groupKinds: 'all',
    onlyGroups: 'all',
    exceptGroups: [],
  },
  profiles: {
    // The defaults of the modelled platform. It has none for Faculty: senders who use it have it in their preset.
    byInstitutionRole: {
      student: 'student',
      staff: 'staff',
      guest: 'guest',
      administrator: 'administrator',
      carer: 'guardian',
      aicc: 'other',
    },
    byUserIdType: {},
    byRelationType: {},
    fallback: 'student',
  },
  groupKinds: [
    { scheme: 'pifu-ims-go-org', value: 'skoleeier', kind: 'site' },
    { scheme: 'pifu-ims-go-org', value: 'skole', kind: 'school' },
    { scheme: 'pifu-ims-go-grp', value: 'undervisningsgruppe', kind: 'course' },
    { scheme: 'pifu-ims-go-grp', value: 'kontaktlærergruppe', kind: 'mentorGroup' },
    { scheme: 'pifu-ims-go-*', kind: 'group' },
    // NS 4170, annex D: PIFU- and the name of the municipality.
    { scheme: 'PIFU-*', value: 'Kommune', kind: 'site' },
    { scheme: 'PIFU-*', value: 'Skole', kind: 'school' },
    { scheme: 'PIFU-*', value: 'Undervisningsgruppe', kind: 'course' },
    { scheme: 'PIFU-*', kind: 'group' },
    { scheme: 'Luminis', value: 'Term', kind: 'term' },
    { scheme: 'Luminis', value: '*Section*', kind: 'course' },
    { scheme: 'Luminis', kind: 'group' },
    { value: 'site', kind: 'site' },
    { value: 'school', kind: 'school' },
    { value: 'course', kind: 'course' },
    { value: 'undervisningsgrupp', kind: 'course' },
    { scheme: '', level: 0, kind: 'site' },
    { scheme: 'itslorganisation', level: 0, kind: 'site' },
    { scheme: '', level: 1, kind: 'school' },
    { scheme: 'itslorganisation', level: 1, kind: 'school' },
  ],
  roles: {
    '01': 'learner',
    '02': 'teacher',
    '03': 'guest',
    '04': 'guest',
    '05': 'leadership',
    '06': 'mentor',
    '07': 'administrator',
    '08': 'assistant',
  },
  missingRole: 'learner',
  rolesAreAccessRights: false,
  parentRelation: 'detect',
  parentLabels: ['*'],
  relations: { guardian: true, nextOfKin: true, mentor: true, direction: 'carrier' },
  course: { title: ['extension', 'short', 'long'], code: ['extension'] },
  userIds: {
    username: ['username', 'localUserName', 'untyped'],
    feideId: ['feideID', 'feideName'],
    upn: ['microsoftUPN'],
  },
  contacts: { username: [], email: [], phone: [], mobile: [], url: [] },
  nationalNumber: { from: ['personNIN', 'NIN'], check: 'any' },
  protected: { privacy: true, keys: [], userIdTypes: [], elements: [] },
  ownedFields: { person: 'all', group: 'all' },
  absentField: 'keep',
  usernames: 'off',
  phoneCountryCode: 'off',
}
