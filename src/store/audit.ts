import type { Session } from './connect.ts'
import { LOCK_CLASS } from './migrate.ts'

/** First key of the locks that writers of one site's audit log wait for. */
const AUDIT_LOCK_CLASS = LOCK_CLASS + 1

/** An entry as it is chained; nothing in it is personal. */
export interface ChainedEntry {
  readonly siteId: number
  /** 1, 2, 3 … of the site. */
  readonly entry: number
  /** RFC 3339 in UTC with microseconds. */
  readonly at: string
  readonly actorKind: 'commandLine' | 'account' | 'token' | 'service'
  readonly actorId: number | null
  readonly action: string
  readonly phase: 'begun' | 'done' | 'failed' | 'note'
  /** The entry that it ends. */
  readonly begun: number | null
  /** JSON. */
  readonly detail: string
  /** Of its values; null where it has none. */
  readonly digest: Buffer | null
}

/** Where a chain ends, or begins once its oldest entries are gone. */
export interface ChainPlace {
  readonly entry: number
  readonly hash: Buffer
}

/**
 * Keeps other writers of the site's log out until the transaction ends, and gives its last entry; undefined where there is
 * none. The lock comes first and by itself: what others have committed is seen by the statement after it.
 */
export async function lockAudit(session: Session, siteId: number): Promise<ChainPlace | undefined> {
  await session.execute(`select pg_advisory_xact_lock($1, $2)`, [AUDIT_LOCK_CLASS, siteId])
  const [last] = await session.query<ChainPlace>(
    `(select entry, hash from audit where site_id = $1 order by entry desc limit 1)
     union all (select up_to, hash from audit_cuts where site_id = $1 order by up_to desc limit 1)
     order by entry desc limit 1`,
    [siteId],
  )
  return last
}

export async function insertAudit(
  session: Session,
  entry: ChainedEntry,
  hash: Uint8Array,
  values: { readonly salt: Uint8Array; readonly content: string } | undefined,
): Promise<void> {
  const { siteId, at, actorKind, actorId, action, phase, begun, detail, digest } = entry
  await session.execute(
    `insert into audit (site_id, entry, at, actor_kind, actor_id, action, phase, begun, detail, digest, hash)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [siteId, entry.entry, at, actorKind, actorId, action, phase, begun, detail, digest, hash],
  )
  if (values === undefined) return
  await session.execute(
    'insert into audit_values (site_id, entry, salt, content) values ($1, $2, $3, $4)',
    [siteId, entry.entry, values.salt, values.content],
  )
}

export interface StoredEntry extends ChainedEntry {
  readonly hash: Buffer
  readonly salt: Buffer | null
  readonly content: string | null
}

/** Entries after one, in order, as they are stored. */
export function auditAfter(
  session: Session,
  siteId: number,
  after: number,
  limit: number,
): Promise<StoredEntry[]> {
  return session.query<StoredEntry>(
    `select a.site_id as "siteId", entry, ${AT('at')} as at, actor_kind as "actorKind", actor_id as "actorId", action,
       phase, begun, detail, digest, hash, salt, content
     from audit a left join audit_values using (site_id, entry)
     where a.site_id = $1 and entry > $2 order by entry limit $3`,
    [siteId, after, limit],
  )
}

const AT = (column: string): string =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

/** Where the chain begins: behind what was cut off last. */
export async function lastCut(session: Session, siteId: number): Promise<ChainPlace | undefined> {
  const [cut] = await session.query<ChainPlace>(
    'select up_to as entry, hash from audit_cuts where site_id = $1 order by up_to desc limit 1',
    [siteId],
  )
  return cut
}

/** The last of the oldest entries that are all older than a moment. */
export async function lastBefore(
  session: Session,
  siteId: number,
  before: string,
): Promise<ChainPlace | undefined> {
  const [last] = await session.query<ChainPlace>(
    `select entry, hash from audit where site_id = $1
       and entry < coalesce((select min(entry) from audit where site_id = $1 and at >= $2), 9223372036854775807)
     order by entry desc limit 1`,
    [siteId, before],
  )
  return last
}

/** Deletes the entries up to `place`; gives how many. Whoever calls it has written into the log that they go. */
export async function forgetAudit(
  session: Session,
  siteId: number,
  place: ChainPlace,
  now: string,
): Promise<number> {
  await session.execute(
    'insert into audit_cuts (site_id, up_to, hash, at) values ($1, $2, $3, $4)',
    [siteId, place.entry, place.hash, now],
  )
  const [gone] = await session.query<{ n: number }>('select forget_audit() as n')
  return gone?.n ?? 0
}

/** Erases values in which a pattern of PostgreSQL's is found; gives of which entries. */
export async function eraseAuditValues(
  session: Session,
  siteId: number,
  pattern: string,
): Promise<number[]> {
  const rows = await session.query<{ entry: number }>(
    'delete from audit_values where site_id = $1 and content ~ $2 returning entry',
    [siteId, pattern],
  )
  return rows.map(({ entry }) => entry).toSorted((a, b) => a - b)
}

/** Values in which a text stands by itself, as a name does; part of another it is somebody else's. */
const NAMED = `jsonb_path_exists(content::jsonb, '$.** ? (@ == $name)', jsonb_build_object('name', $2::text))`

/** Erases values in which a name stands; gives of which entries. */
export async function eraseAuditNames(
  session: Session,
  siteId: number,
  name: string,
): Promise<number[]> {
  const rows = await session.query<{ entry: number }>(
    `delete from audit_values where site_id = $1 and ${NAMED} returning entry`,
    [siteId, name],
  )
  return rows.map(({ entry }) => entry).toSorted((a, b) => a - b)
}

/** How many entries have values in which a name stands. */
export async function countAuditNames(
  session: Session,
  siteId: number,
  name: string,
): Promise<number> {
  const [row] = await session.query<{ n: number }>(
    `select count(*)::int as n from audit_values where site_id = $1 and ${NAMED}`,
    [siteId, name],
  )
  return row?.n ?? 0
}

/** An action with how it ended. */
export interface ListedAction {
  readonly entry: number
  readonly at: string
  readonly actorKind: ChainedEntry['actorKind']
  readonly actorId: number | null
  readonly action: string
  readonly phase: ChainedEntry['phase']
  readonly detail: { readonly [name: string]: unknown }
  /** Null: there were none, or they were erased. */
  readonly values: { readonly [name: string]: unknown } | null
  readonly isErased: boolean
  readonly end: {
    readonly entry: number
    readonly at: string
    readonly phase: 'done' | 'failed'
    readonly detail: { readonly [name: string]: unknown }
  } | null
}

export interface AuditFilter {
  readonly run?: number
  readonly action?: string
  readonly actor?: string
  /** From this moment on. */
  readonly since?: string
  /** Only what is older than this entry. */
  readonly before?: number
  readonly limit: number
  readonly offset: number
}

/** Actions of a site, the latest first. */
export function listAudit(
  session: Session,
  siteId: number,
  { run, action, actor, since, before, limit, offset }: AuditFilter,
): Promise<ListedAction[]> {
  return session.query<ListedAction>(
    `select a.entry, a.at, a.actor_kind as "actorKind", a.actor_id as "actorId", a.action, a.phase,
       a.detail::json as detail, v.content::json as values, a.digest is not null and v.entry is null as "isErased",
       case when e.entry is not null then json_build_object('entry', e.entry, 'at', ${AT('e.at')}, 'phase', e.phase,
         'detail', e.detail::json) end as end
     from audit a
       left join audit_values v on v.site_id = a.site_id and v.entry = a.entry
       left join audit e on e.site_id = a.site_id and e.begun = a.entry
     where a.site_id = $1 and a.begun is null
       and ($2::bigint is null or $2 in ((a.detail::jsonb ->> 'run')::bigint, (e.detail::jsonb ->> 'run')::bigint))
       and ($3::text is null or a.action = $3 or starts_with(a.action, $3 || ' '))
       and ($4::text is null or v.content::jsonb ->> 'actor' = $4)
       and ($5::timestamptz is null or a.at >= $5)
       and ($6::bigint is null or a.entry < $6)
     order by a.entry desc limit $7 offset $8`,
    [
      siteId,
      run ?? null,
      action ?? null,
      actor ?? null,
      since ?? null,
      before ?? null,
      limit,
      offset,
    ],
  )
}
