import type { ImsPerson } from '../ims/records.ts'
import type { Profile } from '../roster/person.ts'
import { xmlPiece } from './piece.ts'
import { compilePattern } from './pattern.ts'
import type { EffectiveRules } from './schema.ts'

export interface ProfileReading {
  readonly profile: Profile
  /** The institution role that no rule names. */
  readonly unknown?: string
  /** Institution roles that the profile does not stand for. */
  readonly pieces: readonly string[]
}

const NO_PIECES: readonly string[] = []

/**
 * Who a person is: the primary institution role, or the first where none is primary; where there is no institution
 * role at all, the type of a userid; else the fallback. Each reading without pieces is made once and shared.
 */
export function profileReader(
  rules: EffectiveRules['profiles'],
): (person: ImsPerson) => ProfileReading {
  const byRole = new Map(
    Object.entries(rules.byInstitutionRole).map(([role, profile]) => [
      role,
      { profile, pieces: NO_PIECES },
    ]),
  )
  const byUserId = Object.entries(rules.byUserIdType)
  const byRelation = Object.entries(rules.byRelationType).map(([type, profile]) => ({
    matches: compilePattern(type).matches,
    reading: { profile, pieces: NO_PIECES },
  }))
  const fallback: ProfileReading = { profile: rules.fallback, pieces: NO_PIECES }

  return ({ institutionRoles, userIds, relationTypes = [] }) => {
    const counted = institutionRoles.find(({ primary }) => primary) ?? institutionRoles[0]
    if (counted === undefined) {
      if (byUserId.length > 0) {
        const types = userIds.map(({ type }) => type?.toLowerCase())
        const found = byUserId.find(([type]) => types.includes(type))
        if (found !== undefined) return { profile: found[1], pieces: NO_PIECES }
      }
      if (relationTypes.length === 0) return fallback
      const said = byRelation.find(({ matches }) => relationTypes.some(matches))
      return said?.reading ?? fallback
    }
    const known = byRole.get(counted.type) ?? byRole.get(counted.type.toLowerCase())
    if (known !== undefined && institutionRoles.length === 1) return known
    const pieces = institutionRoles
      .filter((role) => role !== counted || known === undefined)
      .map(({ type, primary }) =>
        xmlPiece(
          'institutionrole',
          { primaryrole: primary ? 'Yes' : 'No', institutionroletype: type },
          '',
        ),
      )
    if (known !== undefined) return { profile: known.profile, pieces }
    if (counted.type === '') return { profile: rules.fallback, pieces: NO_PIECES }
    return { profile: rules.fallback, unknown: counted.type, pieces }
  }
}
