import type { Problem } from '../../roster/problem.ts'
import { keepUnknown, readOnce } from '../read-fields.ts'
import { completeName, readNames, type PersonText } from '../read-name.ts'
import { NO_PIECES, readRecord, type ReadContext, type Reading } from '../reading.ts'
import type { ImsContact, ImsPerson } from '../records.ts'
import type { Tokens } from '../tokens.ts'
import type { AbcFile, AbcId } from './file.ts'
import { identify, keepTyped, readAbcId, readContact } from './ids.ts'

/** Words and letters seen for a gender. Numbers are left alone: IMS and ISO/IEC 5218 count the other way round. */
const GENDERS: ReadonlyMap<string, '0' | '1' | '2'> = new Map([
  ['unknown', '0'],
  ['u', '0'],
  ['female', '1'],
  ['f', '1'],
  ['k', '1'],
  ['kvinne', '1'],
  ['male', '2'],
  ['m', '2'],
  ['mann', '2'],
])
/** With two digits of a year, nobody is younger than this. */
const AGE_MIN = 5

const NO_RELATIONSHIPS: ImsPerson['relationships'] = Object.freeze([])

/**
 * Reads a `<person>`, called on its start tag. Gives undefined when the window ended inside it, and a Problem when it
 * has no usable key. All ids are userids, too: the rules say which one is the national number or the username.
 */
export function readAbcPerson(
  tokens: Tokens,
  context: ReadContext,
  file: AbcFile,
): ImsPerson | Problem | undefined {
  return readRecord(tokens, context, 'person', (reading) => read(reading, file))
}

function read(reading: Reading, file: AbcFile): ImsPerson | Problem {
  const { tokens } = reading
  const ids: AbcId[] = []
  const contacts: ImsContact[] = []
  const text: PersonText = {}
  const pieces: string[] = []
  const checkPart = (type: string): void => file.types.check(reading, 'partnametype', type)
  let keyIsBad = false
  let addresses = 0
  while (reading.nextChild()) {
    switch (tokens.name) {
      case 'personid': {
        const badBefore = tokens.badText
        const id = readAbcId(reading, file, 'person')
        if (id !== undefined) ids.push(id)
        if (tokens.badText && !badBefore) keyIsBad = true
        break
      }
      case 'name':
        readNames(reading, text, pieces, checkPart)
        break
      case 'birthdate':
        readBirthDate(reading, text, file.year)
        break
      case 'gender': {
        const written = reading.text()
        const gender = GENDERS.get(written.toLowerCase())
        if (gender !== undefined) text.gender = gender
        else if (written !== '') reading.note('VALUE_UNKNOWN', written, 'gender')
        break
      }
      case 'address':
        if (++addresses === 1) readAddress(reading, file, text, pieces)
        else keepTyped(reading, file, 'addresstype', 'person', pieces)
        break
      case 'contactinfo':
        readContact(reading, file, 'person', contacts)
        break
      case 'tag':
        keepTyped(reading, file, 'tagtype', 'person', pieces)
        break
      default:
        keepUnknown(reading, pieces)
    }
  }
  const identity = identify(reading, file, ids, keyIsBad)
  if ('code' in identity) return identity
  completeName(reading, text)
  const relationTypes = file.relationTypes(ids)
  return {
    kind: 'person',
    place: reading.place,
    length: reading.length(),
    sourcedIds: identity.sourcedIds,
    userIds: ids.map(({ type, id }) => ({ value: id, ...(type !== '' && { type }) })),
    tels: [],
    institutionRoles: [],
    ...text,
    ...(contacts.length > 0 && { contacts }),
    ...(relationTypes.length > 0 && { relationTypes }),
    relationships: NO_RELATIONSHIPS,
    statuses: NO_PIECES,
    private: false,
    extension: pieces.length === 0 ? NO_PIECES : pieces.sort(),
    problems: reading.problems(),
  }
}

/**
 * YYYY-MM-DD, or DDMMYY as older senders write it: then the century is the one in which the person is at least
 * `AGE_MIN` years old when the file was made, and less than a hundred more; the last one where the file does not say.
 */
function readBirthDate(reading: Reading, text: PersonText, year: number | undefined): void {
  const place = reading.at()
  const written = reading.text()
  const short = /^(\d{2})(\d{2})(\d{2})$/.exec(written)
  if (short === null) {
    if (written !== '') text.bday ??= written
    return
  }
  const [, day, month, digits] = short
  const youngest = (year ?? 1999 + AGE_MIN) - AGE_MIN
  const inCentury = Number(digits) - (youngest % 100)
  const born = youngest + (inCentury > 0 ? inCentury - 100 : inCentury)
  text.bday ??= `${born}-${month}-${day}`
  reading.noteAt('YEAR_IN_TWO_DIGITS', place, written, String(born))
}

/** The first address is the person's; what the roster has no field for stays beside it. */
function readAddress(reading: Reading, file: AbcFile, text: PersonText, pieces: string[]): void {
  const type = reading.tokens.attribute('addresstype')?.trim() ?? ''
  file.types.check(reading, 'addresstype', type, 'person')
  while (reading.nextChild()) {
    switch (reading.tokens.name) {
      case 'pobox':
        readOnce(reading, text, 'pobox', pieces)
        break
      case 'street':
        readOnce(reading, text, 'street', pieces)
        break
      case 'postcode':
        readOnce(reading, text, 'pcode', pieces)
        break
      case 'city':
        readOnce(reading, text, 'locality', pieces)
        break
      case 'country':
        readOnce(reading, text, 'country', pieces)
        break
      default:
        keepUnknown(reading, pieces)
    }
  }
}
