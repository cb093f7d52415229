import { FREE, NOT_TAKEN, RecordMirror } from '../../src/change/mirror.ts'
import type { Session } from '../../src/store/connect.ts'
import { loadMirror } from '../../src/store/mirrors.ts'
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

/** What a source's mirror knows of each record that is taken: hash of its key, roster id, fingerprint as read. */
export function mirrorOf({
  database,
  siteId,
  sourceId,
}: Pick<TestSite, 'database' | 'siteId' | 'sourceId'>): Promise<{
  readonly persons: readonly string[]
  readonly groups: readonly string[]
}> {
  return database.site(siteId, async (session) => {
    const parts = await loadMirror(session, siteId, sourceId)
    const entries = (part: string): string[] => {
      const mirror = RecordMirror.unpack(parts.get(part) ?? new Uint8Array())
      const found: string[] = []
      for (let slot = 0; slot < mirror.length; slot++) {
        const id = mirror.ids.at(slot)
        if (id === FREE || id === NOT_TAKEN) continue
        const key = `${mirror.keyHigh.at(slot)} ${mirror.keyLow.at(slot)}`
        found.push(`${id}: ${key} ${mirror.canonicalHigh.at(slot)} ${mirror.canonicalLow.at(slot)}`)
      }
      return found.toSorted()
    }
    return { persons: entries('persons'), groups: entries('groups') }
  })
}

/** Who lies in the recycle bin, and which courses in the archive, by keys. */
export function putAwayOf({ database, siteId }: TestSite): Promise<readonly unknown[]> {
  return database.site(siteId, (session) =>
    session.query(
      `select 'person' as kind, key, username, null as members from persons where site_id = $1 and state = 'binned'
       union all select 'course', key, title, (select string_agg(p.key || ' ' || m.role, ', ' order by p.key)
         from course_members m join persons p using (site_id, person_id)
         where m.site_id = c.site_id and m.course_id = c.course_id)
       from courses c where site_id = $1 and group_id is null order by 1, 2, 3`,
      [siteId],
    ),
  )
}
