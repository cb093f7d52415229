import type { ImsUserId } from '../ims/records.ts'
import { textPiece } from './piece.ts'
import type { EffectiveRules } from './schema.ts'

const ID_FIELDS = ['username', 'nationalNumber', 'feideId', 'upn'] as const
type IdField = (typeof ID_FIELDS)[number]

export interface UserIdsReading {
  readonly username?: ImsUserId
  readonly nationalNumber?: ImsUserId
  readonly feideId?: ImsUserId
  readonly upn?: ImsUserId
  /** Userids that are no field of the roster. */
  readonly pieces: readonly string[]
}

const NONE: UserIdsReading = { pieces: [] }

/**
 * Which userid is which field: for each field the type that the rules name first, of several the first. A userid is
 * one field only; the rest, and by which system a username is checked, is extension data.
 */
export function userIdReader(
  rules: EffectiveRules,
): (userIds: readonly ImsUserId[]) => UserIdsReading {
  const ranks = new Map<string, { readonly field: IdField; readonly rank: number }>()
  const typesOf: { readonly [field in IdField]: readonly string[] } = {
    username: rules.userIds.username,
    nationalNumber: rules.nationalNumber.from.filter((type) => type !== 'key'),
    feideId: rules.userIds.feideId,
    upn: rules.userIds.upn,
  }
  for (const field of ID_FIELDS) {
    for (const [rank, type] of typesOf[field].entries()) {
      const typeKey = type === 'untyped' ? '' : type.toLowerCase()
      if (!ranks.has(typeKey)) ranks.set(typeKey, { field, rank })
    }
  }

  return (userIds) => {
    if (userIds.length === 0) return NONE
    const chosen: { [field in IdField]?: ImsUserId } = {}
    const chosenRanks: { [field in IdField]?: number } = {}
    for (const userId of userIds) {
      const found = userId.value === '' ? undefined : ranks.get((userId.type ?? '').toLowerCase())
      if (found !== undefined && found.rank < (chosenRanks[found.field] ?? Infinity)) {
        chosen[found.field] = userId
        chosenRanks[found.field] = found.rank
      }
    }
    const pieces: string[] = []
    for (const userId of userIds) {
      const { value, type, authenticationType } = userId
      const isField = ID_FIELDS.some((field) => chosen[field] === userId)
      if (isField && authenticationType === undefined) continue
      const attributes = { useridtype: type, authenticationtype: authenticationType }
      const piece = textPiece('userid', attributes, isField ? '' : value)
      if (!isField && value === '') continue
      pieces.push(piece)
    }
    return { ...chosen, pieces }
  }
}
