import type { Problem } from '../../roster/problem.ts'
import type { Reading } from '../reading.ts'
import type { ImsContact, ImsSourcedId } from '../records.ts'
import { isSecret, pieceOf, readElement } from '../read-extension.ts'
import { attribute, leaf } from '../xml.ts'
import type { AbcFile, AbcId, AbcKind } from './file.ts'
import type { TypeKind } from './types.ts'

/** Elements that name a record, wherever they stand. */
const ID_ELEMENTS: ReadonlyMap<string, AbcKind> = new Map([
  ['personid', 'person'],
  ['groupid', 'group'],
  ['ouid', 'ou'],
  ['orgid', 'org'],
])
const TYPE_ATTRIBUTES: { readonly [kind in AbcKind]: TypeKind } = {
  person: 'personidtype',
  group: 'groupidtype',
  ou: 'ouidtype',
  org: 'orgidtype',
}

/** What an element of this name names; undefined for any other. */
export function idKindOf(element: string): AbcKind | undefined {
  return ID_ELEMENTS.get(element)
}

/** Reads the current element as an id; undefined where it is empty. */
export function readAbcId(reading: Reading, file: AbcFile, kind: AbcKind): AbcId | undefined {
  const attributeName = TYPE_ATTRIBUTES[kind]
  const type = reading.tokens.attribute(attributeName)?.trim() ?? ''
  file.types.check(reading, attributeName, type)
  const id = reading.trimmedText()
  return id === '' ? undefined : { kind, type, id }
}

/** The sync key of a record, and its other ids as pieces; or why it cannot be used. */
export function identify(
  reading: Reading,
  file: AbcFile,
  ids: readonly AbcId[],
  keyIsBad: boolean,
): { readonly key: AbcId; readonly sourcedIds: readonly ImsSourcedId[] } | Problem {
  const key = file.key(ids)
  if (reading.tokens.badText) {
    return reading.problem('BYTES_UNREADABLE', reading.place, keyIsBad ? undefined : key?.id)
  }
  if (key === undefined) return reading.problem('KEY_MISSING', reading.place)
  const max = reading.context.limits.keyCharactersMax
  if (key.id.length > max) {
    return reading.problem('KEY_TOO_LONG', reading.place, undefined, `${key.id.length}`, `${max}`)
  }
  return { key, sourcedIds: [{ source: key.type, id: key.id }] }
}

/** Ids beside the key, which the roster has no field for. */
export function otherIds(ids: readonly AbcId[], key: AbcId): string[] {
  return ids
    .filter((id) => id !== key)
    .map(({ kind, type, id }) => leaf(`${kind}id`, id, attribute(TYPE_ATTRIBUTES[kind], type)))
}

/** Reads a `<contactinfo>`. What says that it is a password is dropped. */
export function readContact(
  reading: Reading,
  file: AbcFile,
  subject: string,
  contacts: ImsContact[],
): void {
  const type = reading.tokens.attribute('contacttype')?.trim() ?? ''
  file.types.check(reading, 'contacttype', type, subject)
  const value = reading.text()
  if (value === '') return
  if (isSecret(type.toLowerCase())) reading.note('PASSWORD_DROPPED')
  else contacts.push({ type, value })
}

/** Keeps a `<tag>`, or another element with a type of its own, as a piece. */
export function keepTyped(
  reading: Reading,
  file: AbcFile,
  kind: TypeKind,
  subject: string | undefined,
  pieces: string[],
): void {
  const type = reading.tokens.attribute(kind)?.trim() ?? ''
  file.types.check(reading, kind, type, subject)
  const element = readElement(reading)
  if (element === undefined || element.children.length === 0) return
  if (isSecret(type.toLowerCase())) reading.note('PASSWORD_DROPPED')
  else pieces.push(pieceOf(element))
}
