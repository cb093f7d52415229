import type { Session } from './connect.ts'
import { supersede } from './runs.ts'

/** What of a source waits for its turn. */
export interface Line {
  /** Types of the deliveries whose plans are held. */
  readonly held: readonly string[]
  readonly queued: number
}

const TYPE = `report->'delivery'->>'type'`

export async function lineOf(session: Session, siteId: number, sourceId: number): Promise<Line> {
  const rows = await session.query<{ state: string; type: string }>(
    `select state, ${TYPE} as type from runs
     where site_id = $1 and source_id = $2 and state in ('held', 'queued')`,
    [siteId, sourceId],
  )
  return {
    held: rows.flatMap(({ state, type }) => (state === 'held' ? [type] : [])),
    queued: rows.filter(({ state }) => state === 'queued').length,
  }
}

/** A run whose delivery is kept and was not planned yet. */
export interface KeptRun {
  readonly id: number
  readonly startedAt: string
  readonly deliveryId: number
  readonly fileName: string
  readonly sha256: string
  readonly bytes: number
  /** Below the deliveries folder; null once the bytes were deleted. */
  readonly path: string | null
  readonly type: string
  readonly acceptOlder: boolean
}

const KEPT = `select r.run_id as id, r.started_at as "startedAt", d.delivery_id as "deliveryId",
    r.report->'delivery'->>'fileName' as "fileName", d.sha256, d.bytes, d.path,
    r.report->'delivery'->>'type' as type, coalesce((r.report->>'acceptOlder')::boolean, false) as "acceptOlder"
  from runs r join deliveries d using (site_id, delivery_id)`

/**
 * The delivery whose turn it is, in order of receipt; none while a plan of the source is held. A full delivery that waits
 * takes the place of full ones whose plans are held, as always.
 */
export async function nextInLine(
  session: Session,
  siteId: number,
  sourceId: number,
  now: string,
): Promise<KeptRun | undefined> {
  const queued = await session.query<KeptRun>(
    `${KEPT} where r.site_id = $1 and r.source_id = $2 and r.state = 'queued' order by r.run_id`,
    [siteId, sourceId],
  )
  if (queued.length === 0) return undefined
  const { held } = await lineOf(session, siteId, sourceId)
  if (held.length > 0) {
    const fullComes = queued.some(({ type }) => type === 'full')
    if (!fullComes || held.some((type) => type !== 'full')) return undefined
    await supersede(session, siteId, sourceId, now)
  }
  return queued[0]
}

/** Deliveries that came while the source was paused: the newest full one and all others, in order; and older full ones. */
export async function pausedRuns(
  session: Session,
  siteId: number,
  sourceId: number,
): Promise<{ readonly next: readonly KeptRun[]; readonly older: readonly KeptRun[] }> {
  const runs = await session.query<KeptRun>(
    `${KEPT} where r.site_id = $1 and r.source_id = $2 and r.state = 'paused' order by r.run_id`,
    [siteId, sourceId],
  )
  const newest = runs.findLast(({ type }) => type === 'full')
  const isOlder = (run: KeptRun): boolean => run.type === 'full' && run !== newest
  return { next: runs.filter((run) => !isOlder(run)), older: runs.filter(isOlder) }
}

/** Puts what came during a pause into the line, without full deliveries that a newer one replaces. */
export async function queuePaused(
  session: Session,
  siteId: number,
  { next, older }: Awaited<ReturnType<typeof pausedRuns>>,
  now: string,
): Promise<void> {
  await session.execute(
    `update runs set state = 'superseded', decision = jsonb_build_object('at', $3::text, 'superseded', true)
     where site_id = $1 and run_id = any($2)`,
    [siteId, older.map(({ id }) => id), now],
  )
  await session.execute(
    `update runs set state = 'queued', report = report || '{"outcome": "queued"}'
     where site_id = $1 and run_id = any($2)`,
    [siteId, next.map(({ id }) => id)],
  )
}

/** A delivery of the source that says only what changed will not be used: the next full one has to say the rest. */
export async function needsFull(
  session: Session,
  siteId: number,
  sourceId: number,
  missed: { readonly since: string; readonly run: number },
): Promise<void> {
  await session.execute(
    `update sources set state = jsonb_build_object('needsFull', $3::jsonb) || state where site_id = $1 and source_id = $2`,
    [siteId, sourceId, JSON.stringify(missed)],
  )
}

/**
 * A delivery of the source was given up or thrown away before anybody could read what it is. Where the last one that was read
 * said only what changed, this one is taken to have done so, too: the next full one has to say the rest.
 */
export async function missedDelivery(
  session: Session,
  siteId: number,
  sourceId: number,
  since: string,
): Promise<void> {
  const [last] = await session.query<{ run: number; type: string }>(
    `select run_id as run, ${TYPE} as type from runs
     where site_id = $1 and source_id = $2 and ${TYPE} is not null order by run_id desc limit 1`,
    [siteId, sourceId],
  )
  if (last === undefined || last.type === 'full') return
  await needsFull(session, siteId, sourceId, { since, run: last.run })
}

/** A source whose line may go on by itself: its pause has a last day, or something is in line and nothing is held. */
export interface IdleLine {
  readonly siteId: number
  readonly sourceId: number
  readonly rules: string | null
  /** The last day of its pause; null where it is not paused. */
  readonly pausedUntil: string | null
}

/** Those whose pause ended before a day, and lines that nobody looked after. Of one site, or with the operator's view of all. */
export function idleLines(session: Session, day: string, siteId?: number): Promise<IdleLine[]> {
  return session.query<IdleLine>(
    `select site_id as "siteId", source_id as "sourceId", rules, settings->'pause'->>'until' as "pausedUntil"
     from sources s where ($2::int is null or site_id = $2) and (settings->'pause'->>'until' < $1
       or not settings ? 'pause' and exists (
           select from runs r where r.site_id = s.site_id and r.source_id = s.source_id and r.state = 'queued')
         and not exists (
           select from runs r where r.site_id = s.site_id and r.source_id = s.source_id and r.state = 'held'))
     order by 1, 2`,
    [day, siteId ?? null],
  )
}
