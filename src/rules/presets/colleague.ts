import type { RulesFile } from '../schema.ts'

/** Datatel Colleague: every group is a course section. */
export const COLLEAGUE: RulesFile = {
  profiles: { byInstitutionRole: { Faculty: 'staff' } },
  groupKinds: [{ kind: 'course' }],
  course: { title: ['extension', 'long', 'short'], code: ['extension', 'short'] },
}
