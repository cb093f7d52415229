import {
  ANNOUNCED_AHEAD_MAX_DAYS,
  ANNOUNCED_AT_SCHOOLS,
  ANNOUNCED_LIMITS,
  type AnnouncedLimit,
} from '../change/announced.ts'
import { RollcallError } from '../errors.ts'
import { dayIn, parseDateTime } from '../rules/dates.ts'
import { insertAnnouncement, schoolsByKey } from '../store/announcements.ts'
import type { Database } from '../store/connect.ts'
import type { Source } from '../store/sites.ts'
import { compileSourceRules } from './source-rules.ts'

export interface AnnounceRequest {
  readonly database: Database
  readonly siteId: number
  readonly source: Source
  /** Keys of the schools that it is about; none for the whole delivery. */
  readonly schools: readonly string[]
  /** Names of limits and the most that passes. */
  readonly ceilings: { readonly [limit: string]: number }
  /** Its last day, `YYYY-MM-DD`, in the time zone of the source. */
  readonly until: string
  readonly reason: string
  readonly sender: string
  readonly now: () => Date
}

const DAY_MS = 24 * 60 * 60 * 1000

/**
 * Makes a change known beforehand; gives the announcement's number.
 * @throws RollcallError ERR_SETTING_OUT_OF_BOUNDS for a ceiling or day that cannot be, ERR_NOT_FOUND for a school
 */
export async function announce(request: AnnounceRequest): Promise<number> {
  const { database, siteId, source, schools, reason, sender, now } = request
  const ceilings = checkedCeilings(request)
  const until = endOfDay(request)
  return database.site(siteId, async (session) => {
    const found = await schoolsByKey(session, siteId, schools)
    const known = new Set(found.map(({ key }) => key))
    if (schools.some((key) => !known.has(key))) {
      throw new RollcallError('ERR_NOT_FOUND', 'There is no school with one of these keys', {
        hint: 'rollcall roster groups --kind school lists them.',
      })
    }
    return insertAnnouncement(session, siteId, {
      sourceId: source.id,
      schools: schools.length === 0 ? null : found.map(({ id }) => id),
      ceilings,
      reason,
      madeBy: sender,
      madeAt: now().toISOString(),
      until,
    })
  })
}

function checkedCeilings({ ceilings, schools }: AnnounceRequest): {
  readonly [limit in AnnouncedLimit]?: number
} {
  const known: readonly string[] = schools.length > 0 ? ANNOUNCED_AT_SCHOOLS : ANNOUNCED_LIMITS
  const where = schools.length > 0 ? ' for schools' : ''
  const names = Object.keys(ceilings)
  const faults = names
    .filter((name) => !known.includes(name))
    .map((name) => `${name}: cannot be announced${where}; there are ${known.join(', ')}`)
  if (names.length === 0) faults.push('no ceiling was given, such as persons.removed=480')
  if (faults.length === 0) return ceilings
  throw new RollcallError('ERR_SETTING_OUT_OF_BOUNDS', faults.join('\n'), {
    hint: 'Nothing was announced.',
  })
}

/** The first moment after the last day. */
function endOfDay({ until, source, now }: AnnounceRequest): string {
  const { timeZone } = compileSourceRules(source.rules)
  const today = dayIn(timeZone, now())
  const ahead = (Date.parse(`${until}T00:00:00Z`) - Date.parse(`${today}T00:00:00Z`)) / DAY_MS
  if (!(ahead >= 0 && ahead <= ANNOUNCED_AHEAD_MAX_DAYS)) {
    throw new RollcallError(
      'ERR_SETTING_OUT_OF_BOUNDS',
      `the last day, ${until}, is not from today to ${ANNOUNCED_AHEAD_MAX_DAYS} days ahead`,
      { hint: 'Nothing was announced.' },
    )
  }
  const next = new Date(Date.parse(`${until}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10)
  const end = parseDateTime(next, timeZone)
  if (end === undefined) throw new RollcallError('ERR_INTERNAL', 'a day has no end')
  return new Date(end).toISOString()
}
