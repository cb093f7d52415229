import type { Session } from './connect.ts'

/** The groups that are members of these groups through the source, by their keys. */
export function groupLinksOf(
  session: Session,
  siteId: number,
  sourceId: number,
  groupIds: readonly number[],
): Promise<{ readonly groupId: number; readonly key: string; readonly role: number }[]> {
  return session.query(
    `select group_id as "groupId", member_key as key, role from group_links
     where site_id = $1 and source_id = $2 and group_id = any($3) and to_run is null
     order by group_id, member_key`,
    [siteId, sourceId, groupIds],
  )
}

/** Whether any group of the site is a member of another. */
export async function hasGroupLinks(session: Session, siteId: number): Promise<boolean> {
  const [row] = await session.query<{ found: boolean }>(
    'select exists (select from group_links where site_id = $1 and to_run is null) as found',
    [siteId],
  )
  return row?.found ?? false
}
