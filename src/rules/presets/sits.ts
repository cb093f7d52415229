import type { RulesFile } from '../schema.ts'

/** SITS:Vision: every group is a course, whatever its type. */
export const SITS: RulesFile = {
  timeZone: 'Europe/London',
  profiles: { byInstitutionRole: { Faculty: 'staff' } },
  groupKinds: [{ kind: 'course' }],
  course: { title: ['extension', 'long', 'short'], code: ['extension', 'key'] },
}
