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

/** Plans of a site that wait, the newest of each episode, with how often and when its recipients were told. */
export function openEpisodes(
  session: Session,
  siteId: number,
): Promise<
  {
    readonly episode: number
    readonly runId: number
    readonly sourceId: number
    readonly lastAt: string
  }[]
> {
  return session.query(
    `select e.episode, max(r.run_id) as "runId", e.source_id as "sourceId", e.last_at as "lastAt"
     from mail_episodes e join runs r on r.site_id = e.site_id and r.episode = e.episode and r.state = 'held'
     where e.site_id = $1 group by e.episode, e.source_id, e.last_at order by e.episode`,
    [siteId],
  )
}

/** Counts one more mail about an episode; gives how many there are now. */
export async function countEpisodeMail(
  session: Session,
  siteId: number,
  { episode, sourceId, now }: { episode: number; sourceId: number; now: string },
): Promise<number> {
  const [row] = await session.query<{ told: number }>(
    `insert into mail_episodes (site_id, episode, source_id, told, last_at) values ($1, $2, $3, 1, $4)
     on conflict (site_id, episode) do update set told = mail_episodes.told + 1, last_at = $4 returning told`,
    [siteId, episode, sourceId, now],
  )
  return row?.told ?? 1
}

export type Mark = 'daily' | 'weekly' | 'review'

/** When something that returns was last told; made with the time of now where it never was. */
export async function markOf(
  session: Session,
  siteId: number,
  { what, id, now }: { what: Mark; id: number; now: string },
): Promise<string> {
  const [row] = await session.query<{ at: string }>(
    `insert into mail_marks (site_id, what, id, at) values ($1, $2, $3, $4)
     on conflict (site_id, what, id) do update set at = mail_marks.at returning at`,
    [siteId, what, id, now],
  )
  return row?.at ?? now
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

/** Sites with recipients. Needs the operator's view. */
export async function sitesWithRecipients(session: Session): Promise<number[]> {
  const rows = await session.query<{ id: number }>(
    'select distinct site_id as id from recipients order by 1',
  )
  return rows.map(({ id }) => id)
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
