import type { Announcement } from '../change/announced.ts'
import type { Session } from './connect.ts'

/** An announcement as it is listed. */
export interface StoredAnnouncement extends Announcement {
  readonly source: string
  /** Titles of its schools. */
  readonly schoolNames: readonly string[]
  readonly reason: string
  readonly madeBy: string
  readonly madeAt: string
  readonly until: string
  readonly withdrawnAt: string | null
  /** The run that it let through. */
  readonly usedBy: number | null
}

/** Announcements of a source that still count at a moment, the oldest first. */
export function openAnnouncements(
  session: Session,
  siteId: number,
  sourceId: number,
  now: string,
): Promise<Announcement[]> {
  return session.query<Announcement>(
    `select announcement_id as id, schools, ceilings from announcements
     where site_id = $1 and source_id = $2 and used_by is null and withdrawn_at is null and until > $3
     order by announcement_id`,
    [siteId, sourceId, now],
  )
}

/** Notes the run that announcements let through: they count for no other. */
export async function useAnnouncements(
  session: Session,
  siteId: number,
  ids: readonly number[],
  runId: number,
): Promise<void> {
  if (ids.length === 0) return
  await session.execute(
    `update announcements set used_by = $3
     where site_id = $1 and announcement_id = any($2) and used_by is null`,
    [siteId, ids, runId],
  )
}

export interface NewAnnouncement extends Omit<Announcement, 'id'> {
  readonly sourceId: number
  readonly reason: string
  readonly madeBy: string
  readonly madeAt: string
  readonly until: string
}

/** Gives its number. */
export async function insertAnnouncement(
  session: Session,
  siteId: number,
  { sourceId, schools, ceilings, reason, madeBy, madeAt, until }: NewAnnouncement,
): Promise<number> {
  const [row] = await session.query<{ id: number }>(
    `insert into announcements (site_id, source_id, schools, ceilings, reason, made_by, made_at, until)
     values ($1, $2, $3, $4, $5, $6, $7, $8) returning announcement_id as id`,
    [siteId, sourceId, schools, JSON.stringify(ceilings), reason, madeBy, madeAt, until],
  )
  return row?.id ?? 0
}

/** All announcements of a site, the latest first. */
export function listAnnouncements(session: Session, siteId: number): Promise<StoredAnnouncement[]> {
  return session.query<StoredAnnouncement>(
    `select announcement_id as id, s.name as source, schools, ceilings, reason, made_by as "madeBy",
       made_at as "madeAt", until, withdrawn_at as "withdrawnAt", used_by as "usedBy",
       array(select coalesce(g.title, id::text) from unnest(a.schools) id
         left join groups g on g.site_id = a.site_id and g.group_id = id order by 1) as "schoolNames"
     from announcements a join sources s using (site_id, source_id)
     where site_id = $1 order by announcement_id desc`,
    [siteId],
  )
}

/** Withdraws an announcement that still counts; false where there is none with this number. */
export async function withdrawAnnouncement(
  session: Session,
  siteId: number,
  id: number,
  now: string,
): Promise<boolean> {
  const rows = await session.execute(
    `update announcements set withdrawn_at = $3
     where site_id = $1 and announcement_id = $2 and withdrawn_at is null and used_by is null and until > $3`,
    [siteId, id, now],
  )
  return rows > 0
}

/** Schools that are there now, by key. */
export function schoolsByKey(
  session: Session,
  siteId: number,
  keys: readonly string[],
): Promise<{ readonly id: number; readonly key: string }[]> {
  return session.query(
    `select group_id as id, key from groups
     where site_id = $1 and key = any($2) and kind = 'school' and state = 'active' order by group_id`,
    [siteId, keys],
  )
}
