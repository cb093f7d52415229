import type { Session } from './connect.ts'
import type { HandContext } from './rewrite.ts'

/** Why a change of a run is not undone; or, `stillSent`, why a person is not erased. */
export type LeftBecause = 'changedSince' | 'inUse' | 'keyTaken' | 'otherIsNotThere' | 'stillSent'

export interface LeftChange {
  readonly kind: 'person' | 'group' | 'course' | 'membership' | 'courseMember' | 'relation'
  readonly id: number
  readonly otherId: number
  readonly why: LeftBecause
}

/**
 * Gathers what undoes a run into the tables of a rewrite (store/rewrite.ts): every row goes back to what the run
 * found, where it is still as the run left it. "As the run left it" is what the next run that touched the row found,
 * or what there is now; so that a later change that was undone itself stands in nobody's way.
 *
 * @returns what is left as it is, and who comes back without a username because somebody else has it.
 */
export async function gatherUndo(
  session: Session,
  { siteId, runId }: HandContext,
  undone: number,
): Promise<{ readonly left: readonly LeftChange[]; readonly withoutUsername: readonly number[] }> {
  const site = [siteId]
  await session.execute(
    `create temp table undoing (part text, id bigint, other_id bigint, kind text, now jsonb, target jsonb, why text,
       primary key (part, id, other_id, kind)) on commit drop`,
  )
  await session.execute(
    `create temp table later_runs on commit drop as select l.run_id from runs l join runs u on u.site_id = l.site_id
     where l.site_id = ${siteId} and u.run_id = ${undone} and l.applied > u.applied`,
  )
  await session.execute(TOUCHED, [siteId, undone])
  // The planner takes a table without statistics for one of a few rows, and goes over another for each of them.
  await session.execute('analyze undoing, later_runs')
  await session.execute(TARGETS, [siteId, runId])
  await session.execute('analyze undoing')
  await gatherMemberships(session, siteId, undone)
  await session.execute(KEY_TAKEN_PERSONS, site)
  await session.execute(KEY_TAKEN_GROUPS, site)
  await session.execute(IN_USE, [siteId])
  const withoutUsername = await session.query<{ id: number }>(WITHOUT_USERNAME, site)
  for (const check of [COURSE_WITHOUT_GROUP, COURSE_MEMBERS, RELATIONS, TIES]) {
    await session.execute(check, site)
  }
  await session.execute(
    `insert into next_rows (part, id, other_id, kind, row)
     select part, id, other_id, kind, target from undoing where why is null`,
  )
  await settleMemberships(session, siteId)
  await undoGroupLinks(session, { siteId, runId }, undone)
  const left = await session.query<LeftChange>(
    `select case part when 'persons' then 'person' when 'groups' then 'group' when 'courses' then 'course'
         when 'relations' then 'relation' else 'courseMember' end as kind, id, other_id as "otherId", why
       from undoing where why is not null and part not in ('claims', 'aliases')
     union all select 'membership', group_id, person_id, why from turning where why is not null
     order by 1, 2, 3`,
  )
  return { left, withoutUsername: withoutUsername.map(({ id }) => id) }
}

/** Rows that the run found, and rows that it made; of the latter also those that are gone by now. */
const TOUCHED = `
  insert into undoing (part, id, other_id, kind, target)
  select part, id, other_id, kind, found from earlier_rows where site_id = $1 and run_id = $2
  union all (
    select 'persons', person_id, 0::bigint, '', null::jsonb from persons where site_id = $1 and from_run = $2
    union select 'groups', group_id, 0, '', null from groups where site_id = $1 and from_run = $2
    union select 'courses', course_id, 0, '', null from courses where site_id = $1 and from_run = $2
    union select 'course_members', course_id, person_id, '', null from course_members where site_id = $1 and from_run = $2
    union select 'relations', person_id, other_id, kind, null from relations where site_id = $1 and from_run = $2
    union select 'claims', id, source_id, kind || ' ' || key, null from claims where site_id = $1 and from_run = $2
    union select 'aliases', id, 0, kind || ' ' || key, null from aliases where site_id = $1 and from_run = $2
    union select part, id, other_id, kind, null from earlier_rows
      where site_id = $1 and run_id in (select run_id from later_runs) and (found ->> 'from_run')::bigint = $2)
  on conflict do nothing`

const NOW = `
  select 'persons' as part, person_id as id, 0::bigint as other_id, '' as kind, to_jsonb(t) as row from persons t
    where site_id = $1 and person_id in (select id from undoing where part = 'persons')
  union all select 'groups', group_id, 0, '', to_jsonb(t) from groups t
    where site_id = $1 and group_id in (select id from undoing where part = 'groups')
  union all select 'courses', course_id, 0, '', to_jsonb(t) from courses t
    where site_id = $1 and course_id in (select id from undoing where part = 'courses')
  union all select 'course_members', course_id, person_id, '', to_jsonb(t) from course_members t
    where site_id = $1 and course_id in (select id from undoing where part = 'course_members')
  union all select 'relations', person_id, other_id, kind, to_jsonb(t) from relations t
    where site_id = $1 and person_id in (select id from undoing where part = 'relations')
  union all select 'claims', id, source_id, kind || ' ' || key, to_jsonb(t) from claims t
    where site_id = $1 and id in (select id from undoing where part = 'claims')
  union all select 'aliases', id, 0, kind || ' ' || key, to_jsonb(t) from aliases t
    where site_id = $1 and id in (select id from undoing where part = 'aliases')`

/** A row that was made is taken away again: a person or group keeps its history, and a state that frees its key. */
const TARGETS = `
  with there as (${NOW}),
  next as (
    select distinct on (e.part, e.id, e.other_id, e.kind) e.part, e.id, e.other_id, e.kind, e.found
    from earlier_rows e join undoing u using (part, id, other_id, kind) join later_runs using (run_id)
    join runs r on r.site_id = e.site_id and r.run_id = e.run_id
    where e.site_id = $1 order by e.part, e.id, e.other_id, e.kind, r.applied
  ), standing as (
    select u.part, u.id, u.other_id, u.kind, t.row as now,
      case when n.part is not null then n.found else t.row end as after
    from undoing u left join there t using (part, id, other_id, kind) left join next n using (part, id, other_id, kind)
  )
  update undoing u set now = s.now,
    why = case when (case when (s.after ->> 'from_run')::bigint in (select run_id from later_runs) then null
        else s.after end) - array['school_id', 'year_id']
      is distinct from s.now - array['school_id', 'year_id'] then 'changedSince' end,
    target = case when u.target is not null then u.target
      when u.part = 'persons' then s.now || '{"state": "undone"}'
      when u.part = 'groups' then s.now || jsonb_build_object('state', 'gone', 'gone_run', $2::bigint) end
  from standing s where (s.part, s.id, s.other_id, s.kind) = (u.part, u.id, u.other_id, u.kind)`

/**
 * What to do with rows whose key or username means another by now, one whom this undo does not move out of the way. Under row-level
 * security an index is searched only for a value that stands by itself: one taken out of a jsonb in the same condition could
 * tell of rows that are not to be seen, and every person would be looked at for each row that is undone.
 */
const ofAnother = (
  part: 'persons' | 'groups',
  column: 'key' | 'username_key',
  standing: "<> 'undone'" | "= 'active'",
  set: string,
): string => {
  const id = part === 'persons' ? 'person_id' : 'group_id'
  return `
  with wanted as materialized (
    select id, target ->> '${column}' as value from undoing
    where part = '${part}' and why is null and target ->> 'state' ${standing})
  update undoing u set ${set}
  from wanted w join ${part} x on x.site_id = $1 and x.${column} = w.value and x.state ${standing} and x.${id} <> w.id
    left join undoing o on o.part = '${part}' and o.id = x.${id} and o.why is null
  where u.part = '${part}' and u.id = w.id
    and (o.id is null or o.target ->> '${column}' = x.${column} and o.target ->> 'state' ${standing})`
}

const KEY_TAKEN_PERSONS = ofAnother('persons', 'key', "<> 'undone'", "why = 'keyTaken'")
const KEY_TAKEN_GROUPS = ofAnother('groups', 'key', "= 'active'", "why = 'keyTaken'")

/** Whoever has the username now keeps it. */
const NO_USERNAME = `target = u.target || '{"username": null, "username_key": null}'`
const WITHOUT_USERNAME = `${ofAnother('persons', 'username_key', "= 'active'", NO_USERNAME)} returning u.id`

// One column at a time: a condition on either of two finds no index, and goes over a million memberships for each person.
const staysMember = (column: 'person_id' | 'group_id'): string =>
  `exists (select from memberships m where m.site_id = $1 and m.to_run is null and m.${column} = u.id
        and not exists (select from turning t where t.why is null and t.group_id = m.group_id
          and t.person_id = m.person_id and t.source_id is not distinct from m.source_id))`
const staysRelated = (column: 'person_id' | 'other_id'): string =>
  `exists (select from relations r where r.site_id = $1 and r.${column} = u.id
          and not exists (select from undoing o where o.part = 'relations' and o.why is null and o.id = r.person_id
            and o.other_id = r.other_id and o.kind = r.kind))`

/** Somebody or something that would go is a member, or has members, through a later run or by hand. */
const IN_USE = `
  update undoing u set why = 'inUse'
  where u.why is null and u.part in ('persons', 'groups') and u.now ->> 'state' = 'active'
    and u.target ->> 'state' <> 'active' and (
      u.part = 'persons' and ${staysMember('person_id')} or u.part = 'groups' and ${staysMember('group_id')}
      or u.part = 'persons' and u.target ->> 'state' = 'undone' and (
        ${staysRelated('person_id')} or ${staysRelated('other_id')}
        or exists (select from course_members c where c.site_id = $1 and c.person_id = u.id
          and not exists (select from undoing o where o.part = 'course_members' and o.why is null
            and o.id = c.course_id and o.other_id = c.person_id))))`

/** What a person or group will be, those included that this undo does not touch. */
const willBe = (part: 'persons' | 'groups', id: string): string => {
  const column = part === 'persons' ? 'person_id' : 'group_id'
  return `coalesce((select o.target ->> 'state' from undoing o where o.part = '${part}' and o.id = ${id} and o.why is null),
    (select x.state from ${part} x where x.site_id = $1 and x.${column} = ${id}))`
}

/** A course hangs on a group that does not come back, or on which another course hangs by now. */
const COURSE_WITHOUT_GROUP = `
  update undoing u set why = 'otherIsNotThere' where u.part = 'courses' and u.why is null
    and u.target ->> 'group_id' is not null and (
      ${willBe('groups', `(u.target ->> 'group_id')::bigint`)} is distinct from 'active'
      or exists (select from courses c left join undoing o on o.part = 'courses' and o.id = c.course_id and o.why is null
        where c.site_id = $1 and c.group_id = (u.target ->> 'group_id')::bigint and c.course_id <> u.id
          and (o.id is null or o.target -> 'group_id' = u.target -> 'group_id')))`

const COURSE_MEMBERS = `
  update undoing u set why = 'otherIsNotThere' where u.part = 'course_members' and u.why is null
    and case when u.target is null
      then exists (select from undoing o where o.part = 'courses' and o.id = u.id and o.why is not null)
      else not exists (select from courses c where c.site_id = $1 and c.course_id = u.id)
        or ${willBe('persons', 'u.other_id')} is null end`

const RELATIONS = `
  update undoing u set why = 'otherIsNotThere' where u.part = 'relations' and u.why is null and u.target is not null
    and (coalesce(${willBe('persons', 'u.id')}, 'undone') = 'undone'
      or coalesce(${willBe('persons', 'u.other_id')}, 'undone') = 'undone')`

/** A claim or alias of somebody who is not there, or whose key means another by now. The next full delivery settles claims. */
const TIES = `
  update undoing u set why = 'otherIsNotThere' where u.part in ('claims', 'aliases') and u.why is null
    and u.target is not null and (
      coalesce(${willBe('persons', 'u.id')}, ${willBe('groups', 'u.id')}) is distinct from 'active'
      or u.part = 'claims' and exists (select from claims c where c.site_id = $1 and c.id <> u.id
        and c.source_id = u.other_id and c.kind || ' ' || c.key = u.kind)
      or u.part = 'aliases' and exists (select from aliases a where a.site_id = $1 and a.id <> u.id
        and a.kind || ' ' || a.key = u.kind))`

/** Each membership that the run began or ended: as it found it, as it left it, and as it is. */
async function gatherMemberships(session: Session, siteId: number, undone: number): Promise<void> {
  const values = (spell: string): string =>
    `case when ${spell}.from_run is not null then jsonb_build_array(${spell}.role, ${spell}.active, ${spell}.begins,
       ${spell}.ends, ${spell}.detail::text) end`
  const same = (spell: string): string =>
    `${spell}.group_id = r.group_id and ${spell}.person_id = r.person_id
         and ${spell}.source_id is not distinct from r.source_id`
  await session.execute(
    `create temp table turning (group_id bigint, person_id bigint, source_id int, role smallint, active boolean,
       begins date, ends date, detail json, ends_now boolean, begins_again boolean, why text) on commit drop`,
  )
  await session.execute(
    `create temp table spells on commit drop as
     select group_id, person_id, source_id, role, active, begins, ends, detail, from_run, to_run from memberships
     where site_id = ${siteId} and (from_run = ${undone} or to_run = ${undone})`,
  )
  await session.execute('analyze spells')
  await session.execute(
    `insert into turning
     select r.group_id, r.person_id, r.source_id, was.role, was.active, was.begins, was.ends, was.detail,
       now.from_run is not null, was.from_run is not null,
       case when ${values('made')} is distinct from ${values('now')} then 'changedSince' end
     from (select distinct group_id, person_id, source_id from spells) r
       left join spells made on ${same('made')} and made.from_run = $2
       left join spells was on ${same('was')} and was.to_run = $2
       left join memberships now on now.site_id = $1 and ${same('now')} and now.to_run is null`,
    [siteId, undone],
  )
  await session.execute('create index on turning (person_id, group_id)')
  await session.execute('analyze turning')
}

/** A link that the run began ends, one that it ended begins again, where nothing has changed it since. */
async function undoGroupLinks(
  session: Session,
  { siteId, runId }: HandContext,
  undone: number,
): Promise<void> {
  await session.execute(
    `update group_links l set to_run = $3 from group_links made
     where made.site_id = $1 and made.from_run = $2 and l.site_id = $1 and l.group_id = made.group_id
       and l.member_key = made.member_key and l.role = made.role and l.source_id is not distinct from made.source_id
       and l.to_run is null`,
    [siteId, undone, runId],
  )
  await session.execute(
    `update group_links l set to_run = $2 from undoing u
     where u.part = 'groups' and u.why is null and u.target ->> 'state' <> 'active'
       and l.site_id = $1 and l.group_id = u.id and l.to_run is null`,
    [siteId, runId],
  )
  await session.execute(
    `insert into group_links (site_id, source_id, group_id, member_key, role, from_run)
     select l.site_id, l.source_id, l.group_id, l.member_key, l.role, $3 from group_links l
     where l.site_id = $1 and l.to_run = $2 and ${willBe('groups', 'l.group_id')} = 'active'
     on conflict do nothing`,
    [siteId, undone, runId],
  )
}

/** Nobody becomes a member again who is not there, or of what is not there. */
async function settleMemberships(session: Session, siteId: number): Promise<void> {
  await session.execute(
    `update turning t set why = 'otherIsNotThere' where t.why is null and t.begins_again and (
       ${willBe('persons', 't.person_id')} is distinct from 'active'
       or ${willBe('groups', 't.group_id')} is distinct from 'active')`,
    [siteId],
  )
  await session.execute(
    `insert into ending select group_id, person_id, source_id from turning
     where ends_now and (why is null or why = 'otherIsNotThere')`,
  )
  await session.execute(
    `insert into beginning (source_id, group_id, person_id, role, active, begins, ends, detail)
     select source_id, group_id, person_id, role, active, begins, ends, detail from turning
     where begins_again and why is null`,
  )
}
