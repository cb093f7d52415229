import type { ImsPerson } from './records.ts'
import {
  keepUnknown,
  keepWhole,
  readJoined,
  readName,
  readOnce,
  type Draft,
} from './read-fields.ts'
import type { Reading } from './reading.ts'
import { ORDER } from './vocabulary.ts'

/** The fields of a person that are one text each. */
export type PersonText = Draft<
  Pick<
    ImsPerson,
    | 'fn'
    | 'sort'
    | 'nickname'
    | 'family'
    | 'given'
    | 'other'
    | 'prefix'
    | 'suffix'
    | 'gender'
    | 'bday'
    | 'email'
    | 'url'
    | 'pobox'
    | 'extadd'
    | 'street'
    | 'locality'
    | 'region'
    | 'pcode'
    | 'country'
    | 'photo'
    | 'systemRole'
  >
>

/** Reads a `<name>` into the fields of a person. `partname` is told the type of each part that has one. */
export function readNames(
  reading: Reading,
  text: PersonText,
  pieces: string[],
  partname?: (type: string) => void,
): void {
  let rank = 0
  while (reading.nextChild()) {
    rank = reading.rank(ORDER.name, rank)
    switch (reading.tokens.name) {
      case 'fn':
        readName(reading, text, 'fn')
        break
      case 'sort':
        readName(reading, text, 'sort')
        break
      case 'nickname':
        readName(reading, text, 'nickname')
        break
      case 'n':
        readNameParts(reading, text, pieces, partname)
        break
      default:
        readNamePart(reading, text, pieces)
    }
  }
}

function readNameParts(
  reading: Reading,
  text: PersonText,
  pieces: string[],
  partname: ((type: string) => void) | undefined,
): void {
  let rank = 0
  while (reading.nextChild()) {
    rank = reading.rank(ORDER.n, rank)
    const { tokens } = reading
    if (tokens.name === 'partname') partname?.(tokens.attribute('partnametype')?.trim() ?? '')
    readNamePart(reading, text, pieces)
  }
}

function readNamePart(reading: Reading, text: PersonText, pieces: string[]): void {
  switch (reading.tokens.name) {
    case 'family':
      readName(reading, text, 'family')
      break
    case 'given':
      readName(reading, text, 'given')
      break
    case 'other':
      readJoined(reading, text, 'other', ' ')
      break
    case 'prefix':
      readOnce(reading, text, 'prefix', pieces)
      break
    case 'suffix':
      readOnce(reading, text, 'suffix', pieces)
      break
    case 'partname':
      keepWhole(reading, pieces)
      break
    default:
      keepUnknown(reading, pieces)
  }
}

/** A person with parts of a name and no formatted one gets it from them. */
export function completeName(reading: Reading, text: PersonText): void {
  if (text.fn !== undefined) return
  const parts = [text.given, text.family].filter((part) => part !== undefined)
  if (parts.length === 0) return
  text.fn = parts.join(' ')
  reading.noteAt('FN_MISSING', reading.place)
}
