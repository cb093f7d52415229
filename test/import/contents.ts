import type { Session } from '../../src/store/connect.ts'
import type { TestSite } from './site.ts'

/** What a site holds now, by keys: two sites hold the same when these are equal. Our own ids and history are left out. */
export interface Contents {
  readonly persons: readonly unknown[]
  readonly groups: readonly unknown[]
  readonly courses: readonly unknown[]
  readonly memberships: readonly unknown[]
  readonly relations: readonly unknown[]
  readonly links: readonly unknown[]
}

const QUERIES: { readonly [part in keyof Contents]: string } = {
  persons: `select key, profile, protected, sent from persons p
    where p.site_id = $1 and state = 'active' order by key`,
  groups: `select g.key, g.kind, g.title, up.key as parent, g.parent_key, school.key as school, g.sent
    from groups g
    left join groups up on up.site_id = g.site_id and up.group_id = g.parent_id
    left join groups school on school.site_id = g.site_id and school.group_id = g.school_id
    where g.site_id = $1 and g.state = 'active' order by g.key`,
  courses: `select c.key, c.title, c.code, g.key as group from courses c
    left join groups g on g.site_id = c.site_id and g.group_id = c.group_id
    where c.site_id = $1 and c.state = 'open' order by c.key`,
  memberships: `select g.key as group, p.key as person, m.role, m.active, m.begins, m.ends, m.detail
    from memberships m
    join groups g on g.site_id = m.site_id and g.group_id = m.group_id
    join persons p on p.site_id = m.site_id and p.person_id = m.person_id
    where m.site_id = $1 and m.to_run is null order by g.key, p.key`,
  relations: `select one.key as person, other.key as other, r.kind, r.said_by from relations r
    join persons one on one.site_id = r.site_id and one.person_id = r.person_id
    join persons other on other.site_id = r.site_id and other.person_id = r.other_id
    where r.site_id = $1 and one.state = 'active' and other.state = 'active'
    order by one.key, other.key, r.kind`,
  links: `select g.key as group, l.member_key, l.role from group_links l
    join groups g on g.site_id = l.site_id and g.group_id = l.group_id
    where l.site_id = $1 and l.to_run is null and g.state = 'active' order by g.key, l.member_key`,
}

export function contentsOf({ database, siteId }: TestSite): Promise<Contents> {
  return database.site(siteId, async (session) => {
    const contents: { [part: string]: readonly unknown[] } = {}
    for (const [part, query] of Object.entries(QUERIES)) {
      contents[part] = await session.query(query, [siteId])
    }
    return contents as unknown as Contents
  })
}

/** Every row of the roster with its ids and history, for "nothing has changed at all". */
export function everythingOf({ database, siteId }: TestSite): Promise<{
  readonly [table: string]: readonly unknown[]
}> {
  return database.site(siteId, (session) => tables(session, siteId))
}

const TABLES = [
  'persons',
  'groups',
  'courses',
  'course_members',
  'memberships',
  'relations',
  'group_links',
  'counts',
] as const

async function tables(
  session: Session,
  siteId: number,
): Promise<{ readonly [table: string]: readonly unknown[] }> {
  const rows: { [table: string]: readonly unknown[] } = {}
  for (const table of TABLES) {
    rows[table] = await session.query(
      `select t::text as row from ${table} t where site_id = $1 order by 1`,
      [siteId],
    )
  }
  return rows
}
