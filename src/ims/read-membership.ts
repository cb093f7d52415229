import type { Problem } from '../roster/problem.ts'
import type { ImsMember, ImsMembership, ImsRole, ImsSourcedId } from './records.ts'
import { NO_PIECES, readRecord, type ReadContext, type Reading } from './reading.ts'
import { pieceOf, readExtension, readUnknown } from './read-extension.ts'
import { readRole } from './read-role.ts'
import { currentFirst, keyTooLong, readSourcedId } from './read-sourcedid.ts'
import type { Tokens } from './tokens.ts'
import { ID_TYPES, ORDER } from './vocabulary.ts'

/**
 * Reads a `<membership>`, called on its start tag. Gives undefined when the window ended inside it, and a
 * Problem when the list names no group. A member that cannot be used is left out of `members`; why (a Problem
 * of severity setAside, one for each such member) stands among the list's problems.
 */
export function readMembership(
  tokens: Tokens,
  context: ReadContext,
): ImsMembership | Problem | undefined {
  return readRecord(tokens, context, 'membership', readList)
}

function readList(reading: Reading): ImsMembership | Problem {
  const { tokens } = reading
  const { shapes } = reading.context
  shapes?.begin(reading)
  const recstatus = reading.recstatus()
  const allIds: ImsSourcedId[] = []
  const members: ImsMember[] = []
  let extension: string[] | undefined
  let type = ''
  let rank = 0
  let empty = true
  let unreadable = false
  let badMember = false
  let keyIsBad = false
  while (reading.nextChild()) {
    const name = tokens.name
    if (tokens.badText) unreadable = true
    if (name === 'member') {
      rank = 2
      empty = false
      tokens.badText = false
      reading.beginMember()
      const member = shapes?.read(reading) ?? readMember(reading)
      if (member !== undefined) members.push(member)
      if (tokens.badText) badMember = true
      tokens.badText = false
      continue
    }
    rank = reading.rank(ORDER.membership, rank)
    switch (name) {
      case 'sourcedid': {
        const badBefore = tokens.badText
        const sourcedId = readSourcedId(reading)
        if (sourcedId !== undefined) allIds.push(sourcedId)
        if (tokens.badText && !badBefore) keyIsBad = true
        break
      }
      case 'comments':
        reading.skip()
        break
      case 'type':
        type = reading.text()
        if (type !== '') reading.note('MEMBERSHIP_TYPED', type)
        break
      case 'extension': {
        const pieces = (extension ??= [])
        readExtension(reading, (element) => pieces.push(pieceOf(element)))
        break
      }
      default: {
        const pieces = (extension ??= [])
        readUnknown(reading, (element) => pieces.push(pieceOf(element)))
      }
    }
  }
  if (tokens.badText) unreadable = true
  // The scan wants to know of any bad byte: the file may be in another encoding than it says.
  if (badMember || unreadable) tokens.badText = true
  const sourcedIds = currentFirst(allIds)
  const key = sourcedIds[0]
  if (unreadable) {
    const readable = keyIsBad ? undefined : key?.id
    return reading.problem('BYTES_UNREADABLE', reading.place, readable)
  }
  if (key === undefined) return reading.problem('KEY_MISSING', reading.place)
  const tooLong = keyTooLong(reading, key.id)
  if (tooLong !== undefined) return tooLong
  if (empty) reading.noteAt('MEMBERSHIP_EMPTY', reading.place)
  return {
    kind: 'membership',
    place: reading.place,
    length: reading.length(),
    sourcedIds,
    members,
    extension: extension === undefined ? NO_PIECES : extension.sort(),
    problems: reading.problems(),
    ...(recstatus !== undefined && { recstatus }),
    ...(type !== '' && { type }),
  }
}

const NO_ROLES: readonly ImsRole[] = Object.freeze([])

/** Gives undefined for a member that cannot be used, with its problem noted. No closures here: there are a million of them. */
function readMember(reading: Reading): ImsMember | undefined {
  const { tokens } = reading
  const place = reading.at()
  const from = tokens.start
  const { keys, notes } = reading
  let sourcedId: ImsSourcedId | undefined
  let keyIsBad = false
  let idtype: 1 | 2 | undefined
  let first: ImsRole | undefined
  let roles: ImsRole[] | undefined
  let extra: string[] | undefined
  let rank = 0
  while (reading.nextChild()) {
    switch (tokens.name) {
      case 'sourcedid': {
        if (rank > 1) reading.note('ORDER_UNUSUAL', 'sourcedid')
        else rank = 1
        const badBefore = tokens.badText
        const found = readSourcedId(reading)
        if (tokens.badText && !badBefore) keyIsBad = true
        // An old or duplicate id beside the current one does not name the member.
        if (found !== undefined && (sourcedId === undefined || isFormer(sourcedId))) {
          sourcedId = found
        }
        break
      }
      case 'idtype':
        if (rank > 2) reading.note('ORDER_UNUSUAL', 'idtype')
        else rank = 2
        idtype = readIdType(reading)
        break
      case 'role': {
        rank = 3
        const role = readRole(reading)
        if (first === undefined) first = role
        else if (roles === undefined) roles = [first, role]
        else roles.push(role)
        break
      }
      case 'comments':
        reading.skip()
        break
      case 'extension':
        extra = readExtra(reading, extra)
        break
      default:
        reading.note('ELEMENT_UNKNOWN', tokens.name)
        extra = readExtra(reading, extra)
    }
  }
  const key = sourcedId === undefined || keyIsBad ? undefined : sourcedId.id
  if (tokens.badText) {
    reading.setAside('BYTES_UNREADABLE', place, key)
    return undefined
  }
  if (sourcedId === undefined) {
    reading.setAside('KEY_MISSING', place)
    return undefined
  }
  const max = reading.context.limits.keyCharactersMax
  if (sourcedId.id.length > max) {
    const length = String(sourcedId.id.length)
    reading.setAside('KEY_TOO_LONG', place, undefined, length, String(max))
    return undefined
  }
  if (idtype === undefined) {
    reading.noteAt('IDTYPE_MISSING', place)
    idtype = 1
  }
  if (first === undefined) {
    reading.noteAt('ROLE_MISSING', place)
    return { place, sourcedId, idtype, roles: NO_ROLES }
  }
  if (extra !== undefined) {
    // A member has no extension of its own in any dialect: what it says is said of its first role.
    first = { ...first, extension: [...first.extension, ...extra].sort() }
    if (roles !== undefined) roles[0] = first
  }
  const member: ImsMember = { place, sourcedId, idtype, roles: roles ?? [first] }
  if (reading.keys === keys + 1 && reading.notes === notes) {
    reading.context.shapes?.learn(reading, from, reading.keyFrom, reading.keyTo, member)
  }
  return member
}

function isFormer(sourcedId: ImsSourcedId): boolean {
  return sourcedId.type === 'Old' || sourcedId.type === 'Duplicate'
}

function readExtra(reading: Reading, extra: string[] | undefined): string[] {
  const pieces = extra ?? []
  if (reading.tokens.name === 'extension') {
    readExtension(reading, (element) => pieces.push(pieceOf(element)))
  } else {
    readUnknown(reading, (element) => pieces.push(pieceOf(element)))
  }
  return pieces
}

function readIdType(reading: Reading): 1 | 2 | undefined {
  const attribute = reading.tokens.attribute('idtype')
  let written = reading.text()
  if (written === '' && attribute !== undefined) {
    reading.note('IDTYPE_AS_ATTRIBUTE')
    written = attribute.trim()
  }
  const known = ID_TYPES.get(written) ?? ID_TYPES.get(written.toLowerCase())
  if (known === undefined && written !== '') {
    reading.note('VALUE_UNKNOWN', written, 'idtype')
    return 1
  }
  return known
}
