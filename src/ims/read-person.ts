import type { Problem } from '../roster/problem.ts'
import type { ImsInstitutionRole, ImsPerson, ImsSourcedId, ImsTel, ImsUserId } from './records.ts'
import { NO_PIECES, readRecord, type ReadContext, type Reading } from './reading.ts'
import { readExtension, readUnknown } from './read-extension.ts'
import { keepUnknown, keepWhole, readJoined, readOnce } from './read-fields.ts'
import { completeName, readNames, type PersonText } from './read-name.ts'
import { PersonExtension } from './read-person-extension.ts'
import { readIdentity, readSourcedId } from './read-sourcedid.ts'
import type { Tokens } from './tokens.ts'
import { GENDERS, INSTITUTION_ROLES, ORDER, SYSTEM_ROLES, TEL_TYPES } from './vocabulary.ts'
import { attribute, leaf } from './xml.ts'

export type { ReadContext } from './reading.ts'

/**
 * Reads a `<person>`, called on its start tag. Gives undefined when the window ended inside it, and a Problem
 * when it has no usable key. A person without any name is read: whether he needs one depends on the delivery.
 */
export function readPerson(tokens: Tokens, context: ReadContext): ImsPerson | Problem | undefined {
  return readRecord(tokens, context, 'person', read)
}

function read(reading: Reading): ImsPerson | Problem {
  const { tokens } = reading
  const recstatus = reading.recstatus()
  const allIds: ImsSourcedId[] = []
  const userIds: ImsUserId[] = []
  const tels: ImsTel[] = []
  const institutionRoles: ImsInstitutionRole[] = []
  const text: PersonText = {}
  const beyond = new PersonExtension(reading)
  const { pieces } = beyond
  let keyIsBad = false
  let extensions = 0
  let rank = 0
  while (reading.nextChild()) {
    rank = reading.rank(ORDER.person, rank)
    switch (tokens.name) {
      case 'sourcedid': {
        const badBefore = tokens.badText
        const sourcedId = readSourcedId(reading)
        if (sourcedId !== undefined) allIds.push(sourcedId)
        if (tokens.badText && !badBefore) keyIsBad = true
        break
      }
      case 'userid':
        readUserId(reading, userIds)
        break
      case 'name':
        readNames(reading, text, pieces)
        break
      case 'demogaphics':
        reading.note('ELEMENT_MISSPELT', 'demogaphics', 'demographics')
        readDemographics(reading, text, pieces)
        break
      case 'demographics':
        readDemographics(reading, text, pieces)
        break
      case 'email':
        readOnce(reading, text, 'email', pieces)
        break
      case 'url':
        readOnce(reading, text, 'url', pieces)
        break
      case 'tel':
        readTel(reading, tels, pieces)
        break
      case 'adr':
        readAddress(reading, text, pieces)
        break
      case 'photo':
        readPhoto(reading, text, pieces)
        break
      case 'systemrole':
        readSystemRole(reading, text)
        break
      case 'institutionrole':
        readInstitutionRole(reading, institutionRoles)
        break
      case 'comments':
        reading.skip()
        break
      case 'datasource': {
        const datasource = reading.text()
        if (datasource !== '') pieces.push(leaf('datasource', datasource))
        break
      }
      case 'extension':
        if (++extensions > 1) reading.note('EXTENSION_REPEATED')
        readExtension(reading, (element) => beyond.take(element))
        break
      default:
        readUnknown(reading, (element) => beyond.take(element))
    }
  }
  const identity = readIdentity(reading, allIds, keyIsBad)
  if ('code' in identity) return identity
  const { sourcedIds } = identity
  notePrimaryRoles(reading, institutionRoles)
  completeName(reading, text)
  return {
    kind: 'person',
    place: reading.place,
    length: reading.length(),
    ...(recstatus !== undefined && { recstatus }),
    sourcedIds,
    userIds,
    tels,
    institutionRoles,
    ...text,
    ...beyond.fields(),
    extension: pieces.length === 0 ? NO_PIECES : pieces.sort(),
    problems: reading.problems(),
  }
}

function readUserId(reading: Reading, userIds: ImsUserId[]): void {
  const { tokens } = reading
  // An empty password is none. How it was encrypted says nothing without it.
  if ((tokens.attribute('password') ?? '') !== '') reading.note('PASSWORD_DROPPED')
  const type = tokens.attribute('useridtype')?.trim() ?? ''
  const authenticationType = tokens.attribute('authenticationtype')?.trim() ?? ''
  const value = reading.trimmedText()
  if (value === '') return
  userIds.push({
    value,
    ...(type !== '' && { type }),
    ...(authenticationType !== '' && { authenticationType }),
  })
}

function readDemographics(reading: Reading, text: PersonText, pieces: string[]): void {
  let rank = 0
  while (reading.nextChild()) {
    rank = reading.rank(ORDER.demographics, rank)
    switch (reading.tokens.name) {
      case 'gender': {
        const written = reading.text()
        const gender = GENDERS.get(written.toLowerCase())
        if (gender !== undefined) text.gender = gender
        else if (written !== '') reading.note('VALUE_UNKNOWN', written, 'gender')
        break
      }
      case 'bday':
        readOnce(reading, text, 'bday', pieces)
        break
      case 'disability':
        keepWhole(reading, pieces)
        break
      default:
        keepUnknown(reading, pieces)
    }
  }
}

function readTel(reading: Reading, tels: ImsTel[], pieces: string[]): void {
  const written = reading.tokens.attribute('teltype')?.trim() ?? ''
  const value = reading.text()
  if (value === '') return
  const type = written === '' ? 1 : TEL_TYPES.get(written.toLowerCase())
  if (type !== undefined) {
    tels.push({ value, type })
    return
  }
  reading.note('VALUE_UNKNOWN', written, 'teltype')
  pieces.push(leaf('tel', value, attribute('teltype', written)))
}

function readAddress(reading: Reading, text: PersonText, pieces: string[]): void {
  let rank = 0
  while (reading.nextChild()) {
    rank = reading.rank(ORDER.adr, rank)
    const { name } = reading.tokens
    switch (name) {
      case 'street':
        readJoined(reading, text, 'street', '\n')
        break
      case 'pobox':
      case 'extadd':
      case 'locality':
      case 'region':
      case 'pcode':
      case 'country':
        readOnce(reading, text, name, pieces)
        break
      default:
        keepUnknown(reading, pieces)
    }
  }
}

function readPhoto(reading: Reading, text: PersonText, pieces: string[]): void {
  const imgtype = reading.tokens.attribute('imgtype')?.trim() ?? ''
  if (imgtype !== '') pieces.push(`<photo${attribute('imgtype', imgtype)}/>`)
  while (reading.nextChild()) {
    if (reading.tokens.name === 'extref') readOnce(reading, text, 'photo', pieces)
    else keepUnknown(reading, pieces)
  }
}

function readSystemRole(reading: Reading, text: PersonText): void {
  const attribute = reading.tokens.attribute('systemroletype')?.trim() ?? ''
  const written = reading.text() || attribute
  if (written === '') return
  text.systemRole = inVocabulary(reading, SYSTEM_ROLES, written)
}

function readInstitutionRole(reading: Reading, roles: ImsInstitutionRole[]): void {
  const { tokens } = reading
  const attribute = tokens.attribute('institutionroletype')?.trim() ?? ''
  const primary = tokens.attribute('primaryrole')?.trim() ?? ''
  if (primary !== 'Yes' && primary !== 'No') reading.note('PRIMARYROLE_UNUSUAL', primary)
  const written = attribute || reading.text()
  if (attribute !== '') reading.skip()
  if (written === '') return
  roles.push({
    type: inVocabulary(reading, INSTITUTION_ROLES, written),
    primary: primary.toLowerCase() === 'yes',
  })
}

/** The word as the standard spells it; a word that is not in it stays as written (senders have their own). */
function inVocabulary(
  reading: Reading,
  words: ReadonlyMap<string, string>,
  written: string,
): string {
  const word = words.get(written.toLowerCase())
  if (word !== undefined && word !== written) reading.note('VALUE_IN_OTHER_CASE', written, word)
  return word ?? written
}

function notePrimaryRoles(reading: Reading, roles: readonly ImsInstitutionRole[]): void {
  if (roles.length > 0 && !roles.some((role) => role.primary)) {
    reading.noteAt('PRIMARYROLE_UNUSUAL', reading.place, 'No', 'Yes')
  }
}
