import type { Session } from './connect.ts'

export interface CountRow {
  readonly kind: string
  readonly profile: string
  readonly school: number
  readonly n: number
}

/** Active records of a source, as every apply has moved them. School -1 is the whole source, 0 no school. */
export function counts(session: Session, siteId: number, sourceId: number): Promise<CountRow[]> {
  return session.query<CountRow>(
    `select kind, profile, school_id as school, n from counts
     where site_id = $1 and source_id = $2 and n > 0 order by kind, profile, school_id`,
    [siteId, sourceId],
  )
}

const COUNTED = `
  with own as (
    select m.person_id, coalesce(g.school_id, 0) as school
    from memberships m join groups g on g.site_id = m.site_id and g.group_id = m.group_id
    where m.site_id = $1 and m.source_id = $2 and m.to_run is null and m.active
  ), person as (
    select person_id, profile from persons where site_id = $1 and source_id = $2 and state = 'active'
  ), grp as (
    select group_id, coalesce(school_id, 0) as school from groups
    where site_id = $1 and source_id = $2 and state = 'active'
  )
  select 'person' as kind, '' as profile, -1::bigint as school, count(*) as n from person
  union all select 'person', profile, -1, count(*) from person group by profile
  union all select 'person', '', school, count(distinct person_id) from own group by school having school <> 0
  union all select 'person', '', 0, count(*) from person p
    where not exists (select from own where own.person_id = p.person_id and own.school <> 0)
      or exists (select from own where own.person_id = p.person_id and own.school = 0)
  union all select 'group', '', -1, count(*) from grp
  union all select 'group', '', school, count(*) from grp group by school
  union all select 'membership', '', -1, count(*) from own
  union all select 'membership', '', school, count(*) from own group by school
  union all select 'course', '', -1, count(*) from courses c join grp on grp.group_id = c.group_id
    where c.site_id = $1 and c.state = 'open'
  union all select 'relation', '', -1, count(*) from relations r join persons p
    on p.site_id = r.site_id and p.person_id = r.person_id where r.site_id = $1 and p.source_id = $2`

/** The same numbers counted from the roster itself: what the counts table must agree with. */
export function countRoster(
  session: Session,
  siteId: number,
  sourceId: number,
): Promise<CountRow[]> {
  return session.query<CountRow>(
    `select * from (${COUNTED}) c where n > 0 order by kind, profile, school`,
    [siteId, sourceId],
  )
}

/** Sets the counts table from the roster, after a plan of which only a part was applied. */
export async function recount(session: Session, siteId: number, sourceId: number): Promise<void> {
  await session.execute('delete from counts where site_id = $1 and source_id = $2', [
    siteId,
    sourceId,
  ])
  await session.execute(
    `insert into counts (site_id, source_id, kind, profile, school_id, n)
     select $1, $2, kind, profile, school, n from (${COUNTED}) c where n > 0`,
    [siteId, sourceId],
  )
}

/** Whether the site holds nothing yet: no person, in the bin or not, and no group. */
export async function siteIsEmpty(session: Session, siteId: number): Promise<boolean> {
  const [row] = await session.query<{ empty: boolean }>(
    `select not exists (select from persons where site_id = $1 and state in ('active', 'binned'))
       and not exists (select from groups where site_id = $1 and state = 'active') as empty`,
    [siteId],
  )
  return row?.empty ?? false
}
