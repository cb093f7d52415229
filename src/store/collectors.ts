import type { Session } from './connect.ts'

/** What a source's deliveries are fetched by. */
export interface StoredCollector {
  readonly sourceId: number
  readonly kind: string
  readonly preset: string | null
  readonly settings: { readonly [name: string]: unknown }
  readonly schedule: { readonly [name: string]: unknown } | null
  /** Sealed. */
  readonly secrets: Buffer | null
  /** Whom it talks to was said over the API, and not on the machine. */
  readonly isConfined: boolean
  readonly changedAt: string
  readonly triedAt: string | null
  readonly succeededAt: string | null
  /** The code of the error of the attempts since it last went well, and how many these are. */
  readonly error: string | null
  readonly failures: number
  readonly runningUntil: string | null
}

const COLUMNS = `source_id as "sourceId", kind, preset, settings, schedule, secrets, is_confined as "isConfined", changed_at as "changedAt",
  tried_at as "triedAt", succeeded_at as "succeededAt", error, failures, running_until as "runningUntil"`

export function listCollectors(session: Session, siteId: number): Promise<StoredCollector[]> {
  return session.query<StoredCollector>(
    `select ${COLUMNS} from collectors where site_id = $1 order by source_id`,
    [siteId],
  )
}

export async function collectorOf(
  session: Session,
  siteId: number,
  sourceId: number,
): Promise<StoredCollector | undefined> {
  const [row] = await session.query<StoredCollector>(
    `select ${COLUMNS} from collectors where site_id = $1 and source_id = $2`,
    [siteId, sourceId],
  )
  return row
}

/** A collector that runs by itself. */
export interface ScheduledCollector {
  readonly siteId: number
  readonly sourceId: number
  readonly schedule: { readonly at?: readonly string[]; readonly everyMinutes?: number }
  /** The rules of its source, which name its time zone. */
  readonly rules: string | null
  /** When it ran last; where it never has, when it was set. */
  readonly since: string
}

/** All that no process runs now. Needs the operator's view. */
export function scheduledCollectors(session: Session, now: string): Promise<ScheduledCollector[]> {
  return session.query<ScheduledCollector>(
    `select c.site_id as "siteId", c.source_id as "sourceId", c.schedule, s.rules,
       greatest(c.tried_at, c.changed_at) as since
     from collectors c join sources s using (site_id, source_id)
     where c.schedule is not null and (c.running_until is null or c.running_until <= $1) order by 5`,
    [now],
  )
}

export type CollectorChange = Pick<
  StoredCollector,
  'sourceId' | 'kind' | 'preset' | 'settings' | 'schedule' | 'secrets' | 'isConfined'
>

/** Sets a source's collector, a new one or in place of the one there was. */
export async function putCollector(
  session: Session,
  siteId: number,
  collector: CollectorChange,
  now: string,
): Promise<void> {
  const { sourceId, kind, preset, settings, schedule, secrets, isConfined } = collector
  await session.execute(
    `insert into collectors (site_id, source_id, kind, preset, settings, schedule, secrets, changed_at, is_confined)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (site_id, source_id) do update set kind = excluded.kind, preset = excluded.preset,
       settings = excluded.settings, schedule = excluded.schedule, secrets = excluded.secrets,
       changed_at = excluded.changed_at, is_confined = excluded.is_confined, error = null, failures = 0`,
    [
      siteId,
      sourceId,
      kind,
      preset,
      JSON.stringify(settings),
      schedule === null ? null : JSON.stringify(schedule),
      secrets,
      now,
      isConfined,
    ],
  )
}

export async function deleteCollector(
  session: Session,
  siteId: number,
  sourceId: number,
): Promise<boolean> {
  const deleted = await session.execute(
    'delete from collectors where site_id = $1 and source_id = $2',
    [siteId, sourceId],
  )
  return deleted > 0
}

/** Takes the collector for one process until the given time; false where another has it. */
export async function holdCollector(
  session: Session,
  siteId: number,
  sourceId: number,
  { now, until }: { readonly now: string; readonly until: string },
): Promise<boolean> {
  const held = await session.execute(
    `update collectors set running_until = $4, tried_at = $3
     where site_id = $1 and source_id = $2 and (running_until is null or running_until <= $3)`,
    [siteId, sourceId, now, until],
  )
  return held > 0
}

/** Gives it back, with how the attempt ended. */
export async function endHold(
  session: Session,
  siteId: number,
  sourceId: number,
  { now, error }: { readonly now: string; readonly error: string | null },
): Promise<void> {
  await session.execute(
    `update collectors set running_until = null, error = $4::text,
       succeeded_at = case when $4::text is null then $3 else succeeded_at end,
       failures = case when $4::text is null then 0 else failures + 1 end
     where site_id = $1 and source_id = $2`,
    [siteId, sourceId, now, error],
  )
}

/** A version of a file that was fetched. */
export interface CollectedFile {
  readonly name: string
  readonly mark: string
  readonly sha256: string
  readonly bytes: number
  readonly fetchedAt: string
}

/** The newest first. */
export function collectedFiles(
  session: Session,
  siteId: number,
  sourceId: number,
): Promise<CollectedFile[]> {
  return session.query<CollectedFile>(
    `select name, mark, sha256, bytes, fetched_at as "fetchedAt" from collected
     where site_id = $1 and source_id = $2 order by fetched_at desc, name`,
    [siteId, sourceId],
  )
}

export async function noteCollected(
  session: Session,
  siteId: number,
  sourceId: number,
  file: CollectedFile,
): Promise<void> {
  const { name, mark, sha256, bytes, fetchedAt } = file
  await session.execute(
    `insert into collected (site_id, source_id, name, mark, sha256, bytes, fetched_at)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (site_id, source_id, name) do update set mark = excluded.mark, sha256 = excluded.sha256,
       bytes = excluded.bytes, fetched_at = excluded.fetched_at`,
    [siteId, sourceId, name, mark, sha256, bytes, fetchedAt],
  )
}

/** Forgets files that the other side no longer has, once they were fetched long enough ago. */
export async function forgetCollected(
  session: Session,
  siteId: number,
  sourceId: number,
  { except, before }: { readonly except: readonly string[]; readonly before: string },
): Promise<void> {
  await session.execute(
    `delete from collected where site_id = $1 and source_id = $2 and fetched_at < $3 and name <> all($4)`,
    [siteId, sourceId, before, except],
  )
}

/** Forgets all that was fetched: the other side is another one now. */
export async function forgetAllCollected(
  session: Session,
  siteId: number,
  sourceId: number,
): Promise<void> {
  await session.execute('delete from collected where site_id = $1 and source_id = $2', [
    siteId,
    sourceId,
  ])
}
