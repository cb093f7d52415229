import type { Problem } from '../../roster/problem.ts'
import type { ImsContact, ImsGroup, ImsGroupLink } from '../records.ts'
import { keepUnknown } from '../read-fields.ts'
import { readElement, pieceOf } from '../read-extension.ts'
import { Reading, readRecord, type ReadContext } from '../reading.ts'
import type { Tokens } from '../tokens.ts'
import type { AbcFile, AbcId } from './file.ts'
import { groupOf } from './group.ts'
import { keepTyped, readAbcId, readContact } from './ids.ts'

/** A unit or organisation and where it ends in the window. */
export interface UnitRead {
  readonly record: ImsGroup | Problem
  readonly from: number
  readonly to: number
}

/**
 * Reads an `<organization>` with all its units, called on its start tag; gives undefined when the window ended inside
 * it. A unit that cannot be used is a Problem of its own, and the others are read.
 */
export function readOrganization(
  tokens: Tokens,
  context: ReadContext,
  file: AbcFile,
): readonly UnitRead[] | undefined {
  return readRecord(tokens, context, 'group', (reading) => {
    const units: UnitRead[] = []
    readUnit(reading, file, 'org', undefined, units)
    return units
  })
}

/** Reads the element that `reading` begins at, and after it the units inside. `above` is what it stands in. */
function readUnit(
  reading: Reading,
  file: AbcFile,
  kind: 'org' | 'ou',
  above: AbcId | undefined,
  units: UnitRead[],
): void {
  const { tokens, context } = reading
  const from = tokens.start
  const subject = kind === 'org' ? 'organization' : 'ou'
  const ids: AbcId[] = []
  const names: string[] = []
  const contacts: ImsContact[] = []
  const pieces: string[] = []
  let parent = above
  let keyIsBad = false
  let isBad = false
  let inside = false
  tokens.badText = false
  while (reading.nextChild()) {
    const { name } = tokens
    if (name === `${kind}id`) {
      const badBefore = tokens.badText
      const id = readAbcId(reading, file, kind)
      if (id !== undefined) ids.push(id)
      if (tokens.badText && !badBefore) keyIsBad = true
    } else if (name === `${kind}name`) {
      readUnitName(reading, file, kind, names, pieces)
    } else if (name === 'parentid' && kind === 'ou') {
      const named = readAbcId(reading, file, 'ou')
      const isItself = ids.some(({ id, type }) => id === named?.id && type === named.type)
      // A top unit may point to itself: it hangs under its organisation.
      if (named !== undefined && !isItself) parent = named
    } else if (name === 'ou') {
      reading.beginMember()
      // What is wrong with a unit is not wrong with the one around it.
      isBad ||= tokens.badText
      readUnit(new Reading(tokens, context, 'group'), file, 'ou', file.key(ids) ?? above, units)
      inside ||= tokens.badText
      tokens.badText = false
    } else if (name === 'contactinfo') {
      readContact(reading, file, subject, contacts)
    } else if (name === 'address') {
      keepTyped(reading, file, 'addresstype', subject, pieces)
    } else if (name === 'tag') {
      keepTyped(reading, file, 'tagtype', subject, pieces)
    } else if (name === 'realm' && kind === 'org') {
      const element = readElement(reading)
      if (element !== undefined && element.children.length > 0) pieces.push(pieceOf(element))
    } else {
      keepUnknown(reading, pieces)
    }
  }
  tokens.badText ||= isBad
  const links: ImsGroupLink[] =
    parent === undefined ? [] : [{ relation: 1, label: '', sourcedId: file.sourcedId(parent) }]
  const key = file.key(ids)
  const record = groupOf(reading, file, {
    scheme: kind === 'org' ? 'organization' : 'ou',
    level: kind === 'org' || key === undefined ? '' : String(file.level(key)),
    ids,
    keyIsBad,
    names,
    links,
    contacts,
    pieces,
  })
  // The pass over the file wants to know of any bad byte: the file may be in another encoding than it says.
  tokens.badText ||= inside
  units.push({ record, from, to: tokens.stop })
}

function readUnitName(
  reading: Reading,
  file: AbcFile,
  kind: 'org' | 'ou',
  names: string[],
  pieces: string[],
): void {
  const typeKind = `${kind}nametype` as const
  const isFirst = names.length === 0
  if (!isFirst) {
    keepTyped(reading, file, typeKind, undefined, pieces)
    return
  }
  file.types.check(reading, typeKind, reading.tokens.attribute(typeKind)?.trim() ?? '')
  const name = reading.text()
  if (name !== '') names.push(name)
}
