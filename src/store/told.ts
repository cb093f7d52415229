import type { SiteSettings, SourceSettings } from './sites.ts'
import type { Session } from './connect.ts'

/** Of the class of advisory locks that processes take turns by while they make the mails of a site. */
const TELL_LOCK = 0x6d61696c

/** Whether no other process makes mails of the site until this transaction ends. */
export async function mayTell(session: Session, siteId: number): Promise<boolean> {
  const [row] = await session.query<{ free: boolean }>(
    `select pg_try_advisory_xact_lock(${TELL_LOCK}, $1) as free`,
    [siteId],
  )
  return row?.free === true
}

/** A run with all that a mail says about it. */
export interface ToldRun {
  readonly kind: string
  readonly state: string
  readonly startedAt: string
  readonly finishedAt: string | null
  readonly report: unknown
  readonly decision: { readonly [detail: string]: unknown } | null
  readonly episode: number | null
  /** How its delivery came by itself; null where a person sent it from the command line. */
  readonly channel: string | null
  readonly receivedAt: string | null
  /** Below the deliveries folder; null once the bytes were deleted. */
  readonly path: string | null
}

export async function runToTell(
  session: Session,
  siteId: number,
  runId: number,
): Promise<ToldRun | undefined> {
  const [row] = await session.query<ToldRun>(
    `select r.kind, r.state, r.started_at as "startedAt", r.finished_at as "finishedAt", r.report, r.decision, r.episode,
       a.channel, coalesce(a.arrived_at, d.received_at) as "receivedAt", d.path
     from runs r
       left join deliveries d on d.site_id = r.site_id and d.delivery_id = r.delivery_id
       left join arrivals a on a.site_id = r.site_id and a.arrival_id = r.arrival_id
     where r.site_id = $1 and r.run_id = $2`,
    [siteId, runId],
  )
  return row
}

export interface ToldSource {
  readonly id: number
  readonly name: string
  readonly rules: string | null
  readonly settings: SourceSettings
}

export interface ToldSite {
  readonly name: string
  readonly settings: SiteSettings
  readonly sources: readonly ToldSource[]
}

export async function siteToTell(session: Session, siteId: number): Promise<ToldSite | undefined> {
  const [site] = await session.query<Omit<ToldSite, 'sources'>>(
    'select name, settings from sites where site_id = $1',
    [siteId],
  )
  if (site === undefined) return undefined
  const sources = await session.query<ToldSource>(
    'select source_id as id, name, rules, settings from sources where site_id = $1 order by source_id',
    [siteId],
  )
  return { ...site, sources }
}

/** Persons in the recycle bin of a site. */
export async function binCount(session: Session, siteId: number): Promise<number> {
  const [row] = await session.query<{ n: number }>(
    `select count(*)::int as n from persons where site_id = $1 and state = 'binned'`,
    [siteId],
  )
  return row?.n ?? 0
}

/** The holds of an episode up to a run: how many, since when, and the report of the one before. */
export async function episodeUpTo(
  session: Session,
  siteId: number,
  episode: number,
  runId: number,
): Promise<{ readonly holds: number; readonly since: string; readonly before: unknown }> {
  const [row] = await session.query<{ holds: number; since: string; before: unknown }>(
    `select count(*)::int as holds, min(started_at) as since,
       (array_agg(report order by run_id desc) filter (where run_id < $3))[1] as before
     from runs where site_id = $1 and episode = $2 and run_id <= $3`,
    [siteId, episode, runId],
  )
  return row ?? { holds: 0, since: '', before: null }
}

/** Plans of a site that wait, the newest of each episode, of which a reminder is due. */
export function episodesToRemind(
  session: Session,
  siteId: number,
  now: string,
): Promise<{ readonly episode: number; readonly runId: number; readonly sourceId: number }[]> {
  return session.query(
    `select e.episode, max(r.run_id) as "runId", e.source_id as "sourceId"
     from mail_episodes e join runs r on r.site_id = e.site_id and r.episode = e.episode and r.state = 'held'
     where e.site_id = $1 and e.remind_at <= $2 group by e.episode, e.source_id order by e.episode`,
    [siteId, now],
  )
}

/** Counts one more mail about an episode, with when the next is due; gives how many there are now. */
export async function countEpisodeMail(
  session: Session,
  siteId: number,
  { episode, sourceId, remindAt }: { episode: number; sourceId: number; remindAt: string },
): Promise<number> {
  const [row] = await session.query<{ told: number }>(
    `insert into mail_episodes (site_id, episode, source_id, told, remind_at) values ($1, $2, $3, 1, $4)
     on conflict (site_id, episode) do update set told = mail_episodes.told + 1, remind_at = $4 returning told`,
    [siteId, episode, sourceId, remindAt],
  )
  return row?.told ?? 1
}

/** Sites with something that the clock makes due: a reminder, a summary, the yearly question. Needs the operator's view. */
export async function sitesDueByClock(session: Session, now: string): Promise<number[]> {
  const rows = await session.query<{ id: number }>(
    `select site_id as id from mail_episodes e where remind_at <= $1 and exists (select from runs r
       where r.site_id = e.site_id and r.episode = e.episode and r.source_id = e.source_id and r.state = 'held')
     union select site_id from mail_marks
       where at <= $1::timestamptz - case what when 'daily' then interval '24 hours' else interval '0' end
     union select site_id from recipients r where not exists (select from mail_marks m
       where m.site_id = r.site_id and m.what = case r.what when 'weekly' then 'weekly' else 'review' end)
     order by 1`,
    [now],
  )
  return rows.map(({ id }) => id)
}

export type Mark = 'daily' | 'weekly' | 'review'

/** When a summary of a day begins, or when something else that returns is due next; made with the time given where there is none. */
export async function markOf(
  session: Session,
  siteId: number,
  { what, id, at }: { what: Mark; id: number; at: string },
): Promise<string> {
  const [row] = await session.query<{ at: string }>(
    `insert into mail_marks (site_id, what, id, at) values ($1, $2, $3, $4)
     on conflict (site_id, what, id) do update set at = mail_marks.at returning at`,
    [siteId, what, id, at],
  )
  return row?.at ?? at
}

export function marks(
  session: Session,
  siteId: number,
  what: Mark,
): Promise<{ readonly id: number; readonly at: string }[]> {
  return session.query(
    'select id, at from mail_marks where site_id = $1 and what = $2 order by id',
    [siteId, what],
  )
}

export async function setMark(
  session: Session,
  siteId: number,
  { what, id, at }: { what: Mark; id: number; at: string },
): Promise<void> {
  await session.execute(
    'update mail_marks set at = $4 where site_id = $1 and what = $2 and id = $3',
    [siteId, what, id, at],
  )
}

export async function dropMark(
  session: Session,
  siteId: number,
  what: Mark,
  id: number,
): Promise<void> {
  await session.execute('delete from mail_marks where site_id = $1 and what = $2 and id = $3', [
    siteId,
    what,
    id,
  ])
}

/** Imports of a source that ended within a time, in order; those of full deliveries only if asked for. */
export function runsBetween(
  session: Session,
  siteId: number,
  {
    sourceId,
    from,
    to,
    withFull,
  }: { sourceId: number; from: string; to: string; withFull: boolean },
): Promise<{ readonly run: number; readonly state: string; readonly report: unknown }[]> {
  return session.query(
    `select run_id as run, state, report from runs
     where site_id = $1 and source_id = $2 and kind = 'import' and finished_at > $3 and finished_at <= $4
       and ($5 or report->'delivery'->>'type' is distinct from 'full')
     order by run_id`,
    [siteId, sourceId, from, to, withFull],
  )
}

/** Whether a source's trouble of this kind was told since then. */
export async function wasToldSince(
  session: Session,
  siteId: number,
  { sourceId, kinds, since }: { sourceId: number; kinds: readonly string[]; since: string },
): Promise<boolean> {
  const [row] = await session.query<{ told: boolean }>(
    `select exists (select from events
       where site_id = $1 and source_id = $2 and kind = any($3) and told_at >= $4) as told`,
    [siteId, sourceId, kinds, since],
  )
  return row?.told === true
}

/** When an import of the source last ended well. */
export async function lastApplied(
  session: Session,
  siteId: number,
  sourceId: number,
): Promise<string | undefined> {
  const [row] = await session.query<{ at: string | null }>(
    `select max(finished_at) as at from runs
     where site_id = $1 and source_id = $2 and state in ('applied', 'released')`,
    [siteId, sourceId],
  )
  return row?.at ?? undefined
}

/** Type of the last delivery of a source that was looked at: what its next is taken for until it is read. */
export async function lastDeliveryType(
  session: Session,
  siteId: number,
  sourceId: number,
): Promise<string | undefined> {
  const [row] = await session.query<{ type: string | null }>(
    `select report->'delivery'->>'type' as type from runs
     where site_id = $1 and source_id = $2 and report->'delivery'->>'type' is not null
     order by run_id desc limit 1`,
    [siteId, sourceId],
  )
  return row?.type ?? undefined
}
