import type { Problem } from '../roster/problem.ts'
import type { ImsGroup, ImsGroupLink, ImsGroupType, ImsSourcedId } from './records.ts'
import { characterCount, firstCharacters } from './characters.ts'
import { NO_PIECES, readRecord, type ReadContext, type Reading } from './reading.ts'
import { readExtension, readUnknown } from './read-extension.ts'
import { keepUnknown, readOnce, type Draft } from './read-fields.ts'
import { GroupExtension, orgNumberPiece } from './read-group-extension.ts'
import { readIdentity, readSourcedId } from './read-sourcedid.ts'
import { NO_TIMEFRAME, readTimeframe } from './read-timeframe.ts'
import type { Tokens } from './tokens.ts'
import { ORDER, RELATIONS } from './vocabulary.ts'
import { leaf } from './xml.ts'

type GroupText = Draft<
  Pick<
    ImsGroup,
    | 'short'
    | 'long'
    | 'full'
    | 'email'
    | 'url'
    | 'orgName'
    | 'orgNumber'
    | 'enrollAccept'
    | 'enrollAllowed'
  >
>

const SHORT_CHARACTERS_MAX = 60

/**
 * Reads a `<group>`, called on its start tag. Gives undefined when the window ended inside it, and a Problem
 * when it has no usable key.
 */
export function readGroup(tokens: Tokens, context: ReadContext): ImsGroup | Problem | undefined {
  return readRecord(tokens, context, 'group', read)
}

function read(reading: Reading): ImsGroup | Problem {
  const { tokens } = reading
  const recstatus = reading.recstatus()
  const allIds: ImsSourcedId[] = []
  const types: ImsGroupType[] = []
  const orgUnits: string[] = []
  const links: ImsGroupLink[] = []
  const text: GroupText = {}
  const beyond = new GroupExtension()
  const { pieces } = beyond
  let timeframe = NO_TIMEFRAME
  let keyIsBad = false
  let extensions = 0
  let rank = 0
  while (reading.nextChild()) {
    rank = reading.rank(ORDER.group, rank)
    switch (tokens.name) {
      case 'sourcedid': {
        const badBefore = tokens.badText
        const sourcedId = readSourcedId(reading)
        if (sourcedId !== undefined) allIds.push(sourcedId)
        if (tokens.badText && !badBefore) keyIsBad = true
        break
      }
      case 'grouptype':
        readGroupType(reading, types, pieces)
        break
      case 'description':
        readDescription(reading, text, pieces)
        break
      case 'org':
        readOrg(reading, text, orgUnits, pieces)
        break
      case 'timeframe':
        timeframe = readTimeframe(reading, pieces)
        break
      case 'enrollcontrol':
        readEnrollControl(reading, text, pieces)
        break
      case 'email':
        readOnce(reading, text, 'email', pieces)
        break
      case 'url':
        readOnce(reading, text, 'url', pieces)
        break
      case 'relationship':
        readLink(reading, links)
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
  const { sourcedIds, key } = identity
  // What is to be deleted needs no description.
  if (recstatus !== 3) completeShort(reading, text, key.id)
  const { orgNumber, ...course } = beyond.fields()
  if (orgNumber !== undefined) {
    text.orgNumber ??= orgNumber
    if (text.orgNumber !== orgNumber) keepOrgNumber(pieces, orgNumber)
  }
  return {
    kind: 'group',
    place: reading.place,
    length: reading.length(),
    ...(recstatus !== undefined && { recstatus }),
    sourcedIds,
    types,
    timeframe,
    orgUnits,
    links,
    ...text,
    ...course,
    extension: pieces.length === 0 ? NO_PIECES : pieces.sort(),
    problems: reading.problems(),
  }
}

/** The organisation has another number than its PIFU identifier says: neither may get lost. */
function keepOrgNumber(pieces: string[], number: string): void {
  const piece = orgNumberPiece(number)
  if (!pieces.includes(piece)) pieces.push(piece)
}

function readGroupType(reading: Reading, types: ImsGroupType[], pieces: string[]): void {
  const { tokens } = reading
  const values: { readonly level: string; readonly value: string }[] = []
  let scheme = ''
  let schemeLevel = ''
  let rank = 0
  while (reading.nextChild()) {
    rank = reading.rank(ORDER.grouptype, rank)
    const level = tokens.attribute('level')?.trim() ?? ''
    switch (tokens.name) {
      case 'scheme':
        if (level !== '') reading.note('LEVEL_ON_SCHEME', level)
        schemeLevel = level
        scheme = reading.text()
        break
      case 'typevalue': {
        const value = reading.text()
        if (value === '' && level !== '') reading.note('TYPEVALUE_EMPTY', level)
        values.push({ level, value })
        break
      }
      default:
        keepUnknown(reading, pieces)
    }
  }
  if (values.length === 0) values.push({ level: '', value: '' })
  for (const { level, value } of values) {
    const type = { scheme, level: level === '' ? schemeLevel : level, value }
    if (type.scheme !== '' || type.level !== '' || value !== '') types.push(type)
  }
}

function readDescription(reading: Reading, text: GroupText, pieces: string[]): void {
  let rank = 0
  while (reading.nextChild()) {
    rank = reading.rank(ORDER.description, rank)
    const { name } = reading.tokens
    switch (name) {
      case 'short':
      case 'long':
      case 'full':
        readOnce(reading, text, name, pieces)
        break
      default:
        keepUnknown(reading, pieces)
    }
  }
}

/** The short description is what a group is called: without one it is taken from the longer ones, at last from the key. */
function completeShort(reading: Reading, text: GroupText, key: string): void {
  if (text.short === undefined) {
    const longer = text.long ?? text.full
    text.short = longer === undefined ? key : firstCharacters(longer, SHORT_CHARACTERS_MAX)
    reading.noteAt('SHORT_MISSING', reading.place)
    return
  }
  if (text.short.length <= SHORT_CHARACTERS_MAX) return
  const count = characterCount(text.short)
  if (count <= SHORT_CHARACTERS_MAX) return
  reading.noteAt('SHORT_TOO_LONG', reading.place, String(count), String(SHORT_CHARACTERS_MAX))
}

function readOrg(reading: Reading, text: GroupText, units: string[], pieces: string[]): void {
  let rank = 0
  while (reading.nextChild()) {
    rank = reading.rank(ORDER.org, rank)
    switch (reading.tokens.name) {
      case 'orgname':
        readOnce(reading, text, 'orgName', pieces)
        break
      case 'orgunit': {
        const unit = reading.text()
        if (unit !== '') units.push(unit)
        break
      }
      case 'type': {
        const type = reading.text()
        if (type !== '') pieces.push(`<org>${leaf('type', type)}</org>`)
        break
      }
      case 'id':
        readOnce(reading, text, 'orgNumber', pieces)
        break
      default:
        keepUnknown(reading, pieces)
    }
  }
}

function readEnrollControl(reading: Reading, text: GroupText, pieces: string[]): void {
  let rank = 0
  while (reading.nextChild()) {
    rank = reading.rank(ORDER.enrollcontrol, rank)
    switch (reading.tokens.name) {
      case 'enrollaccept':
        readOnce(reading, text, 'enrollAccept', pieces)
        break
      case 'enrollallowed':
        readOnce(reading, text, 'enrollAllowed', pieces)
        break
      default:
        keepUnknown(reading, pieces)
    }
  }
}

function readLink(reading: Reading, links: ImsGroupLink[]): void {
  const { tokens } = reading
  const place = reading.at()
  const written = tokens.attribute('relation')?.trim() ?? ''
  const others: ImsSourcedId[] = []
  let label = ''
  while (reading.nextChild()) {
    switch (tokens.name) {
      case 'sourcedid': {
        if (label !== '') reading.note('ORDER_UNUSUAL', 'sourcedid')
        const other = readSourcedId(reading)
        if (other !== undefined) others.push(other)
        break
      }
      case 'label':
        label = reading.text()
        break
      default:
        reading.note('ELEMENT_UNKNOWN', tokens.name)
        reading.skip()
    }
  }
  const relation = written === '' ? 1 : RELATIONS.get(written.toLowerCase())
  if (relation === undefined) {
    reading.noteAt('VALUE_UNKNOWN', place, written, 'relation')
    return
  }
  if (others.length === 0) reading.noteAt('RELATION_INCOMPLETE', place, 'relationship')
  for (const sourcedId of others) links.push({ relation, label, sourcedId })
}
