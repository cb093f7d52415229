import type { Session } from './connect.ts'
import type { HandContext } from './rewrite.ts'

/** What differs between two objects, as the first has it; null where it has nothing. */
const DIFFERING = `create or replace function pg_temp.differing(one jsonb, other jsonb) returns jsonb
  immutable language sql return (select jsonb_object_agg(k, one -> k)
    from (select jsonb_object_keys(one || other) as k) keys where one -> k is distinct from other -> k)`

/** The values of a person's or group's row, as they are shown. */
const SHOWN = `create or replace function pg_temp.shown(r jsonb, names text[]) returns jsonb
  immutable language sql return coalesce(r -> 'own', '{}') || coalesce(nullif(r #> '{sent,fields}', 'null'), '{}')
    || coalesce(r -> 'edited', '{}')
    || coalesce((select jsonb_object_agg(n, r -> n) from unnest(names) n where r -> n <> 'null'), '{}')`

const PERSON = `array['key', 'username', 'protected', 'source_id']`
const GROUP = `array['key', 'kind', 'title', 'parent_id', 'source_id']`

/**
 * Journal rows of a run by hand, worked out from what it found and what there is now: whatever it did, it is written
 * down in the same way. Nothing but a derived school is no change.
 */
export async function writeHandJournal(
  session: Session,
  { siteId, runId }: HandContext,
): Promise<void> {
  await session.execute(DIFFERING)
  await session.execute(SHOWN)
  await session.execute(
    `insert into changes (site_id, run_id, seq, kind, action, id, key, before, after)
     select $1, $2, row_number() over (order by rank, action in ('remove', 'archive'), id), kind, action, id, key,
       before, after
     from (${persons} union all ${groups} union all ${courses} union all ${relations}) c
     where action not in ('update', 'rekey') or after is not null`,
    [siteId, runId],
  )
}

const persons = `
  select 2 as rank, 'person' as kind, e.id, coalesce(t.key, e.found ->> 'key') as key, a.action,
    case when a.action in ('update', 'rekey', 'restore') then pg_temp.differing(was.v, now.v) end as before,
    case when a.action in ('update', 'rekey', 'restore') then pg_temp.differing(now.v, was.v) end as after
  from earlier_rows e join persons t on t.site_id = $1 and t.person_id = e.id
  cross join lateral (select case
    when e.found is null then 'add'
    when t.state = 'active' and e.found ->> 'state' = 'undone' then 'add'
    when t.state = 'active' and e.found ->> 'state' = 'binned' then 'restore'
    when t.state <> 'active' and e.found ->> 'state' = 'active' then 'remove'
    when t.key is distinct from e.found ->> 'key' then 'rekey'
    else 'update' end as action) a
  cross join lateral (select pg_temp.shown(e.found, ${PERSON}) as v) was
  cross join lateral (select pg_temp.shown(to_jsonb(t), ${PERSON}) as v) now
  where e.site_id = $1 and e.run_id = $2 and e.part = 'persons'`

const groups = `
  select 1, 'group', e.id, coalesce(t.key, e.found ->> 'key'), a.action,
    case when a.action in ('update', 'rekey') then pg_temp.differing(was.v, now.v) end,
    case when a.action in ('update', 'rekey') then pg_temp.differing(now.v, was.v) end
  from earlier_rows e join groups t on t.site_id = $1 and t.group_id = e.id
  cross join lateral (select case
    when e.found is null then 'add'
    when t.state = 'active' and e.found ->> 'state' = 'gone' then 'restore'
    when t.state = 'gone' and e.found ->> 'state' = 'active' then 'remove'
    when t.key is distinct from e.found ->> 'key' then 'rekey'
    else 'update' end as action) a
  cross join lateral (select pg_temp.shown(e.found, ${GROUP}) as v) was
  cross join lateral (select pg_temp.shown(to_jsonb(t), ${GROUP}) as v) now
  where e.site_id = $1 and e.run_id = $2 and e.part = 'groups'`

const courses = `
  select 1, 'course', e.id, coalesce(t.key, e.found ->> 'key'), a.action,
    case when a.action = 'update' then pg_temp.differing(was.v, now.v) end,
    case when a.action = 'update' then pg_temp.differing(now.v, was.v) end
  from earlier_rows e left join courses t on t.site_id = $1 and t.course_id = e.id
  cross join lateral (select case
    when e.found is null then 'add'
    when t.course_id is null then 'remove'
    when t.state = 'open' and e.found ->> 'state' = 'archived' then 'restore'
    when t.state = 'archived' and e.found ->> 'state' = 'open' then 'archive'
    else 'update' end as action) a
  cross join lateral (select e.found - array['site_id', 'archived_run', 'from_run'] as v) was
  cross join lateral (select to_jsonb(t) - array['site_id', 'archived_run', 'from_run'] as v) now
  where e.site_id = $1 and e.run_id = $2 and e.part = 'courses' and (e.found is not null or t.course_id is not null)`

const relations = `
  select 3, 'relation', e.id, e.kind, case when e.found is null then 'add' else 'remove' end,
    case when e.found is not null then jsonb_build_object('other', e.other_id, 'kind', e.kind) end,
    case when e.found is null then jsonb_build_object('other', e.other_id, 'kind', e.kind) end
  from earlier_rows e left join relations t
    on t.site_id = $1 and t.person_id = e.id and t.other_id = e.other_id and t.kind = e.kind
  where e.site_id = $1 and e.run_id = $2 and e.part = 'relations' and (e.found is null) <> (t.person_id is null)`
