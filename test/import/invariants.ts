import assert from 'node:assert/strict'
import type { RunReport } from '../../src/import/report.ts'
import { counts, countRoster } from '../../src/store/counts.ts'
import type { TestSite } from './site.ts'

/** Where a run stands in the order in which runs changed the roster: a plan that waited is applied when it is released. */
const WHEN = (run: string): string =>
  `(select r.applied from runs r where r.site_id = m.site_id and r.run_id = ${run})`

/** Each finds rows that must not be there, whatever was imported. */
const NEVER: { readonly [what: string]: string } = {
  'a current membership of somebody in the bin': `
    select m.* from memberships m join persons p using (site_id, person_id)
    where m.site_id = $1 and m.to_run is null and p.state <> 'active'`,
  'a current membership in a group that is gone': `
    select m.* from memberships m join groups g using (site_id, group_id)
    where m.site_id = $1 and m.to_run is null and g.state = 'gone'`,
  'a membership of nobody or in nothing': `
    select m.* from memberships m left join groups g using (site_id, group_id)
    left join persons p using (site_id, person_id)
    where m.site_id = $1 and (g.group_id is null or p.person_id is null)`,
  'a current link in a group that is gone': `
    select l.* from group_links l join groups g using (site_id, group_id)
    where l.site_id = $1 and l.to_run is null and g.state = 'gone'`,
  'a group under one that is gone': `
    select g.* from groups g left join groups up on up.site_id = g.site_id and up.group_id = g.parent_id
    where g.site_id = $1 and g.state = 'active' and g.parent_id is not null and up.state is distinct from 'active'`,
  'a group at a school that is gone': `
    select g.* from groups g left join groups s on s.site_id = g.site_id and s.group_id = g.school_id
    where g.site_id = $1 and g.state = 'active' and g.school_id is not null
      and (s.state is distinct from 'active' or s.kind <> 'school')`,
  'a course group without exactly one open course': `
    select g.key, count(c.course_id) from groups g
    left join courses c on c.site_id = g.site_id and c.group_id = g.group_id and c.state = 'open'
    where g.site_id = $1 and g.state = 'active' group by g.key, g.kind
    having count(c.course_id) <> case g.kind when 'course' then 1 else 0 end`,
  'an archived course that still has its group': `
    select c.* from courses c where c.site_id = $1 and c.state = 'archived' and c.group_id is not null`,
  'two memberships of one person in one group through one source at the same time': `
    select * from memberships m join memberships n using (site_id, group_id, person_id)
    where m.site_id = $1 and m.source_id is not distinct from n.source_id and m.ctid <> n.ctid
      and ${WHEN('m.from_run')} <= ${WHEN('n.from_run')} and coalesce(${WHEN('m.to_run')} > ${WHEN('n.from_run')}, true)`,
  'a membership that ended before it began': `
    select * from memberships m where site_id = $1 and ${WHEN('to_run')} <= ${WHEN('from_run')}`,
  'a membership from or to a run that was not applied': `
    select * from memberships m where site_id = $1 and exists (
      select from unnest(array[from_run, to_run]) run where run is not null and not exists (
        select from runs r where r.site_id = m.site_id and r.run_id = run and r.state in ('applied', 'released')))`,
  'a journal of a run that was not applied': `
    select * from changes c join runs r using (site_id, run_id)
    where c.site_id = $1 and r.state not in ('applied', 'released', 'held')`,
  'a person whose state is not what the journal says last': `
    select p.key, p.state, last.action from persons p left join lateral (
      select action, run_id from changes c join runs r using (site_id, run_id)
      where c.site_id = p.site_id and c.kind = 'person' and c.id = p.person_id and r.applied is not null
      order by r.applied desc, seq desc limit 1) last on true
    where p.site_id = $1 and (p.state <> 'active') is distinct from
      (last.action in ('remove', 'erase'))
      and not (last.action is null and exists (select from runs r
        where r.site_id = p.site_id and r.run_id = coalesce(p.from_run, p.binned_run) and r.forgotten))`,
  'anything that is known of somebody erased': `
    select p.* from persons p where p.site_id = $1 and p.state = 'erased' and
      (p.key is not null or p.username is not null or p.sent is not null or p.own <> '{}' or p.edited <> '{}')`,
  'a relation or a place in a course of somebody erased': `
    select p.person_id from persons p where p.site_id = $1 and p.state = 'erased' and (
      exists (select from relations r where r.site_id = p.site_id and p.person_id in (r.person_id, r.other_id))
      or exists (select from course_members c where c.site_id = p.site_id and c.person_id = p.person_id))`,
  'a group whose state is not what the journal says last': `
    select g.key, g.state, last.action from groups g left join lateral (
      select action, run_id from changes c join runs r using (site_id, run_id)
      where c.site_id = g.site_id and c.kind = 'group' and c.id = g.group_id and r.applied is not null
      order by r.applied desc, seq desc limit 1) last on true
    where g.site_id = $1 and (g.state = 'gone') is distinct from (last.action = 'remove')
      and not (last.action is null and exists (select from runs r
        where r.site_id = g.site_id and r.run_id = g.from_run and r.forgotten))`,
  'a relation of nobody': `
    select r.* from relations r left join persons p using (site_id, person_id)
    left join persons o on o.site_id = r.site_id and o.person_id = r.other_id
    where r.site_id = $1 and (p.person_id is null or o.person_id is null or 'undone' in (p.state, o.state))`,
  'a plan that is decided and still kept': `
    select b.* from plan_blocks b join runs r using (site_id, run_id) where b.site_id = $1 and r.state <> 'held'`,
}

/** Holds what must be true of a site at any time; its counts are what there is. */
export async function assertSound({
  database,
  siteId,
  sourceId,
}: Pick<TestSite, 'database' | 'siteId' | 'sourceId'>): Promise<void> {
  await database.site(siteId, async (session) => {
    for (const [what, query] of Object.entries(NEVER)) {
      assert.deepEqual(await session.query(query, [siteId]), [], what)
    }
    assert.deepEqual(
      await counts(session, siteId, sourceId),
      await countRoster(session, siteId, sourceId),
      'the table of counts is what the roster holds',
    )
  })
}

/** Holds a report against what its run wrote: journal, memberships, and what there is now. */
export async function assertTrue(
  { database, siteId }: TestSite,
  { run, tallies }: RunReport,
): Promise<void> {
  const [written] = await database.site(siteId, (session) =>
    session.query<{ readonly [count: string]: number }>(
      `with journal as (
         select kind, case action when 'restore' then 'add' when 'rekey' then 'update' when 'archive' then 'remove'
           else action end as action, count(*) as n
         from changes where site_id = $1 and run_id = $2 group by 1, 2
       )
       select
         coalesce(sum(n) filter (where kind = 'person' and action = 'add'), 0)::int as "person added",
         coalesce(sum(n) filter (where kind = 'person' and action = 'update'), 0)::int as "person updated",
         coalesce(sum(n) filter (where kind = 'person' and action = 'remove'), 0)::int as "person removed",
         coalesce(sum(n) filter (where kind = 'group' and action = 'add'), 0)::int as "group added",
         coalesce(sum(n) filter (where kind = 'group' and action = 'update'), 0)::int as "group updated",
         coalesce(sum(n) filter (where kind = 'group' and action = 'remove'), 0)::int as "group removed",
         coalesce(sum(n) filter (where kind = 'course' and action = 'add'), 0)::int as "course added",
         coalesce(sum(n) filter (where kind = 'course' and action = 'remove'), 0)::int as "course removed",
         coalesce(sum(n) filter (where kind = 'relation' and action = 'add'), 0)::int as "relation added",
         coalesce(sum(n) filter (where kind = 'relation' and action = 'remove'), 0)::int as "relation removed",
         (select count(*)::int from memberships where site_id = $1 and to_run is null and active) as "membership after"
       from journal`,
      [siteId, run],
    ),
  )
  assert.deepEqual(
    {
      'person added': tallies.person.added,
      'person updated': tallies.person.updated,
      'person removed': tallies.person.removed,
      'group added': tallies.group.added,
      'group updated': tallies.group.updated,
      'group removed': tallies.group.removed,
      'course added': tallies.course.added,
      'course removed': tallies.course.removed,
      'relation added': tallies.relation.added,
      'relation removed': tallies.relation.removed,
      'membership after':
        tallies.membership.before + tallies.membership.added - tallies.membership.removed,
    },
    written,
  )
}
