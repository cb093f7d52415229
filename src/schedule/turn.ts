import type { ReadLimits } from '../ims/limits.ts'
import { importArrival } from '../import/arrivals.ts'
import { isPaused } from '../import/pause.ts'
import { receives } from '../import/receives.ts'
import { endPauseNow } from '../import/resume.ts'
import { RollcallError } from '../errors.ts'
import { codeOf } from '../log.ts'
import { dayIn } from '../rules/dates.ts'
import { type Head, heads } from '../store/arrivals.ts'
import type { Database } from '../store/connect.ts'
import { type IdleLine, idleLines } from '../store/queue.ts'
import { isDue, timeZoneOf } from './due.ts'

/** Who the service is, for deliveries and the journal. */
export const SERVICE = 'service'
/** How long a turn waits for a site that somebody else holds: its turn comes again. */
const SITE_WAIT_MS = 250
const DAY_MS = 86_400_000

export interface TurnRequest {
  readonly database: Database
  readonly siteId: number
  readonly deliveriesFolder: string
  readonly limits: ReadLimits
  readonly now: () => Date
  /** Told which arrival is being imported. */
  readonly onArrival: (arrivalId: number) => void
}

/** What a site's turn came to. */
export type Turn = {
  /** Something of the site is due still. */
  readonly more: boolean
} & (
  | { readonly did: 'nothing' }
  /** Somebody else holds the site. */
  | { readonly did: 'busy' }
  | { readonly did: 'line'; readonly source: number; readonly runs: number }
  | {
      readonly did: 'import'
      readonly source: number
      readonly arrival: number
      readonly run: number
      readonly outcome: string
    }
  | {
      readonly did: 'given up' | 'broken'
      readonly source: number
      readonly arrival: number
      readonly error: string
    }
)

/**
 * One turn of a site: the first delivery that is due is imported, and no more, so that a site with many does not keep the
 * others waiting. What waits in line because of a pause that is over comes before.
 */
export async function takeTurn(request: TurnRequest): Promise<Turn> {
  try {
    const { database, siteId, now } = request
    const [isOn, lines, waiting] = await database.site(siteId, async (session) => [
      await receives(session, siteId),
      await idleLines(session, tomorrow(now()), siteId),
      await heads(session, siteId),
    ])
    if (!isOn) return { did: 'nothing', more: false }
    const line = lines.find((each) => isIdle(each, now()))
    if (line === undefined) return await importNext(request, waiting)
    return await goOn(request, line, lines.length > 1 || waiting.some((head) => isDue(head, now())))
  } catch (error) {
    if (error instanceof RollcallError && error.code === 'ERR_SITE_BUSY') {
      return { did: 'busy', more: false }
    }
    throw error
  }
}

async function importNext(request: TurnRequest, waiting: readonly Head[]): Promise<Turn> {
  const { now, onArrival } = request
  const [next, ...others] = waiting
    .filter((head) => isDue(head, now()))
    .toSorted((a, b) => a.arrivalId - b.arrivalId)
  if (next === undefined) return { did: 'nothing', more: false }
  const { arrivalId: arrival, sourceId: source } = next
  const more = others.length > 0 || next.behind > 0
  onArrival(arrival)
  try {
    const report = await importArrival({
      ...request,
      arrivalId: arrival,
      waitMs: SITE_WAIT_MS,
      onProgress: () => {},
    })
    if (report === undefined) return { did: 'nothing', more }
    const { run, outcome } = report
    return { did: 'import', source, arrival, run, outcome, more }
  } catch (error) {
    if (error instanceof RollcallError && error.code === 'ERR_SITE_BUSY') throw error
    const code = codeOf(error)
    const did = code === 'ERR_RUN_CUT_OFF' ? 'given up' : 'broken'
    return { did, source, arrival, error: code, more: others.length > 0 }
  }
}

/** Goes on with what came during a pause that is over, or with a line that was left when a process ended. */
async function goOn(request: TurnRequest, { sourceId }: IdleLine, waiting: boolean): Promise<Turn> {
  const { reports } = await endPauseNow({
    ...request,
    sourceId,
    sender: SERVICE,
    // By any way but the command line, so that a first delivery among them waits for a person.
    channel: 'drop box',
    dryRun: false,
    onProgress: () => {},
  })
  return { did: 'line', source: sourceId, runs: reports.length, more: waiting }
}

/** Whether a line may go on, in the time zone of its source. */
export function isIdle(
  { pausedUntil, rules }: { readonly pausedUntil: string | null; readonly rules: string | null },
  now: Date,
): boolean {
  return pausedUntil === null || !isPaused({ until: pausedUntil }, dayIn(timeZoneOf(rules), now))
}

/** A day that no time zone is past yet. */
export function tomorrow(now: Date): string {
  return new Date(now.getTime() + DAY_MS).toISOString().slice(0, 10)
}
