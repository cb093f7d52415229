import type { ImsPerson } from '../ims/records.ts'
import { nameOfPiece, textOfPiece } from './piece.ts'
import type { EffectiveRules } from './schema.ts'

/** Texts by which a mark says that it is not set. */
const NOT_SET: ReadonlySet<string> = new Set(['0', 'no', 'false', 'nei', 'nej', 'ei', 'nein'])

/** Whose identity is protected. In doubt it is: a mark without text is a mark. */
export function protectionReader(
  rules: EffectiveRules['protected'],
): (person: ImsPerson, key: string) => boolean {
  const keys = new Set(rules.keys)
  const types = new Set(rules.userIdTypes.map((type) => type.toLowerCase()))
  const elements = new Set(rules.elements.map((name) => name.toLowerCase()))

  return (person, key) =>
    (rules.privacy && person.private) ||
    (keys.size > 0 && keys.has(key)) ||
    (types.size > 0 && person.userIds.some(({ type }) => types.has(type?.toLowerCase() ?? ''))) ||
    (elements.size > 0 && person.extension.some((piece) => isSetMark(piece, elements)))
}

function isSetMark(piece: string, elements: ReadonlySet<string>): boolean {
  return (
    elements.has(nameOfPiece(piece).toLowerCase()) && !NOT_SET.has(textOfPiece(piece).toLowerCase())
  )
}
