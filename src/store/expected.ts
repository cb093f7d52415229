import type { PauseSettings } from '../change/waiting.ts'
import type { Session } from './connect.ts'
import type { ExpectSettings } from './settings.ts'

/** A source whose deliveries are expected at a time. */
export interface Expecting {
  readonly siteId: number
  readonly sourceId: number
  readonly rules: string | null
  readonly expect: ExpectSettings
  readonly pause: PauseSettings | null
  readonly holidays: readonly string[] | null
  /** What was told as missing and has not come yet. */
  readonly missing: string | null
}

/** All of them. Needs the operator's view. */
export function sourcesExpecting(session: Session): Promise<Expecting[]> {
  return session.query<Expecting>(
    `select s.site_id as "siteId", s.source_id as "sourceId", s.rules, s.settings->'expect' as expect,
       s.settings->'pause' as pause, sites.settings->'holidays' as holidays,
       (select max(expected_at) from missing_deliveries m
         where m.site_id = s.site_id and m.source_id = s.source_id and m.came_at is null) as missing
     from sources s join sites using (site_id) where s.settings ? 'expect' order by 1, 2`,
  )
}

/** When a source's last delivery came, by itself or from the command line; undefined if none ever has. */
export async function lastCame(
  session: Session,
  siteId: number,
  sourceId: number,
): Promise<string | undefined> {
  const [row] = await session.query<{ at: string | null }>(
    `select greatest(
       (select max(arrived_at) from arrivals where site_id = $1 and source_id = $2),
       (select started_at from runs where site_id = $1 and source_id = $2 and kind = 'import' and arrival_id is null
         order by finished_at desc limit 1)) as at`,
    [siteId, sourceId],
  )
  return row?.at ?? undefined
}

/** Notes that a delivery is missing. Gives whether this is the first to say so. */
export async function noteMissing(
  session: Session,
  siteId: number,
  { sourceId, expectedAt, now }: { sourceId: number; expectedAt: string; now: string },
): Promise<boolean> {
  const rows = await session.execute(
    `insert into missing_deliveries (site_id, source_id, expected_at, told_at) values ($1, $2, $3, $4)
     on conflict do nothing`,
    [siteId, sourceId, expectedAt, now],
  )
  return rows > 0
}

/** Notes that what was missing came. Gives whether this is the first to say so. */
export async function noteCame(
  session: Session,
  siteId: number,
  { sourceId, now }: { sourceId: number; now: string },
): Promise<boolean> {
  const rows = await session.execute(
    `update missing_deliveries set came_at = $3 where site_id = $1 and source_id = $2 and came_at is null`,
    [siteId, sourceId, now],
  )
  return rows > 0
}
