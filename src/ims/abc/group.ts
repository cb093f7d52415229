import type { Problem } from '../../roster/problem.ts'
import { keepUnknown } from '../read-fields.ts'
import { NO_TIMEFRAME } from '../read-timeframe.ts'
import { NO_PIECES, readRecord, type ReadContext, type Reading } from '../reading.ts'
import type { ImsContact, ImsGroup, ImsGroupLink } from '../records.ts'
import type { Tokens } from '../tokens.ts'
import type { AbcFile, AbcId } from './file.ts'
import { identify, keepTyped, otherIds, readAbcId } from './ids.ts'

/** Longest title; what is longer stands whole in `full`. */
const TITLE_CHARACTERS_MAX = 256

/**
 * Reads a `<group>`, called on its start tag. Gives undefined when the window ended inside it, and a Problem when it
 * has no usable key. Its type is that of its id; where it hangs, relations say that stand elsewhere.
 */
export function readAbcGroup(
  tokens: Tokens,
  context: ReadContext,
  file: AbcFile,
): ImsGroup | Problem | undefined {
  return readRecord(tokens, context, 'group', (reading) => read(reading, file))
}

function read(reading: Reading, file: AbcFile): ImsGroup | Problem {
  const { tokens } = reading
  const ids: AbcId[] = []
  const pieces: string[] = []
  let description = ''
  let keyIsBad = false
  while (reading.nextChild()) {
    switch (tokens.name) {
      case 'groupid': {
        const badBefore = tokens.badText
        const id = readAbcId(reading, file, 'group')
        if (id !== undefined) ids.push(id)
        if (tokens.badText && !badBefore) keyIsBad = true
        break
      }
      case 'description':
        if (description === '') description = reading.text()
        else keepUnknown(reading, pieces)
        break
      case 'tag':
        keepTyped(reading, file, 'tagtype', 'group', pieces)
        break
      default:
        keepUnknown(reading, pieces)
    }
  }
  return groupOf(reading, file, {
    scheme: 'group',
    level: '',
    ids,
    keyIsBad,
    names: description === '' ? [] : [description],
    links: [],
    contacts: [],
    pieces,
  })
}

/** What was read of a group, a unit or an organisation. */
export interface GroupParts {
  /** The scheme of its type, whose value is the type of its key. */
  readonly scheme: 'group' | 'ou' | 'organization'
  readonly level: string
  readonly ids: readonly AbcId[]
  readonly keyIsBad: boolean
  /** The first one is the title. */
  readonly names: readonly string[]
  /** Parents that its own element names, before those of relations. */
  readonly links: readonly ImsGroupLink[]
  readonly contacts: readonly ImsContact[]
  readonly pieces: readonly string[]
}

/** The record of a group, a unit or an organisation, with the reading at its end tag. */
export function groupOf(reading: Reading, file: AbcFile, parts: GroupParts): ImsGroup | Problem {
  const { ids, names, contacts } = parts
  const identity = identify(reading, file, ids, parts.keyIsBad)
  if ('code' in identity) return identity
  const { key, sourcedIds } = identity
  if (file.isUnclear(ids)) return reading.problem('SUBJECT_UNCLEAR', reading.place, key.id)
  const [title] = names
  if (title === undefined) reading.noteAt('SHORT_MISSING', reading.place)
  const pieces = [...parts.pieces, ...otherIds(ids, key)]
  return {
    kind: 'group',
    place: reading.place,
    length: reading.length(),
    sourcedIds,
    types: [{ scheme: parts.scheme, level: parts.level, value: key.type }],
    short: title ?? key.id,
    ...(title !== undefined && title.length > TITLE_CHARACTERS_MAX && { full: title }),
    timeframe: NO_TIMEFRAME,
    orgUnits: [],
    links: [...parts.links, ...file.parents(ids)],
    ...(contacts.length > 0 && { contacts }),
    extension: pieces.length === 0 ? NO_PIECES : pieces.sort(),
    problems: reading.problems(),
  }
}
