import type { Place } from '../roster/record.ts'
import type { ImsRole, ImsTimeframe } from './records.ts'
import { NO_PIECES, type Reading } from './reading.ts'
import { pieceOf, readElement, readExtension, readUnknown } from './read-extension.ts'
import { NO_TIMEFRAME, readTimeframe } from './read-timeframe.ts'
import { ORDER, ROLE_TYPES, STATUSES } from './vocabulary.ts'

/**
 * Nearly every role of a delivery says its type and its status and nothing else: such roles are shared,
 * so that a million members hold a handful of them.
 */
const PLAIN: ReadonlyMap<string, readonly [inactive: ImsRole, active: ImsRole]> = new Map(
  ['', ...new Set(ROLE_TYPES.values())].map((roleType) => [
    roleType,
    [plain(roleType, false), plain(roleType, true)],
  ]),
)

function plain(roleType: string, active: boolean): ImsRole {
  return Object.freeze({ roleType, active, timeframe: NO_TIMEFRAME, extension: NO_PIECES })
}

/** Reads a `<role>`, called on its start tag. */
export function readRole(reading: Reading): ImsRole {
  const { tokens } = reading
  const place = reading.at()
  let written = tokens.attribute('roletype') ?? ''
  const recstatus = reading.recstatus()
  let status = tokens.attribute('status')?.trim() ?? ''
  let subrole = ''
  let timeframe = NO_TIMEFRAME
  let extension: string[] | undefined
  let extensions = 0
  let rank = 0
  while (reading.nextChild()) {
    rank = reading.rank(ORDER.role, rank)
    switch (tokens.name) {
      case 'status':
        status = reading.text()
        break
      case 'subrole':
        subrole = reading.text()
        break
      case 'roletype':
        reading.note('ROLETYPE_AS_ELEMENT')
        written = reading.text() || written
        break
      case 'timeframe':
        timeframe = readTimeframe(reading, (extension ??= []))
        break
      case 'userid':
      case 'email':
      case 'datasource':
      case 'interimresult':
      case 'finalresult':
        keepUnlessEmpty(reading, (extension ??= []))
        break
      case 'comments':
      case 'datetime':
        reading.skip()
        break
      case 'extension': {
        if (++extensions > 1) reading.note('EXTENSION_REPEATED')
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
  const roleType = roleTypeOf(reading, written, place)
  const active = isActive(reading, status, place)
  if (subrole === '' && recstatus === undefined && timeframe === NO_TIMEFRAME) {
    const shared =
      extension === undefined || extension.length === 0 ? PLAIN.get(roleType) : undefined
    if (shared !== undefined) return shared[active ? 1 : 0]
  }
  return make(roleType, active, timeframe, extension, subrole, recstatus)
}

function make(
  roleType: string,
  active: boolean,
  timeframe: ImsTimeframe,
  extension: string[] | undefined,
  subrole: string,
  recstatus: 1 | 2 | 3 | undefined,
): ImsRole {
  return {
    roleType,
    active,
    timeframe,
    extension: extension === undefined || extension.length === 0 ? NO_PIECES : extension.sort(),
    ...(subrole !== '' && { subrole }),
    ...(recstatus !== undefined && { recstatus }),
  }
}

function keepUnlessEmpty(reading: Reading, pieces: string[]): void {
  const element = readElement(reading)
  if (element === undefined || element.children.length === 0) return
  pieces.push(pieceOf(element))
}

function roleTypeOf(reading: Reading, written: string, place: Place): string {
  const known = ROLE_TYPES.get(written)
  if (known !== undefined) return known
  const value = written.trim()
  if (value === '') {
    reading.noteAt('ROLETYPE_MISSING', place)
    return ''
  }
  if (value.length === 1 && ROLE_TYPES.has(`0${value}`)) {
    reading.noteAt('ROLETYPE_NOT_PADDED', place, value, `0${value}`)
    return `0${value}`
  }
  return ROLE_TYPES.get(value.toLowerCase()) ?? value
}

function isActive(reading: Reading, written: string, place: Place): boolean {
  if (written === '1') return true
  if (written === '') {
    reading.noteAt('STATUS_MISSING', place)
    return true
  }
  if (written === '2') reading.noteAt('STATUS_DELETED', place)
  const known = STATUSES.get(written.toLowerCase())
  if (known !== undefined) return known
  reading.noteAt('VALUE_UNKNOWN', place, written, 'status')
  return true
}
