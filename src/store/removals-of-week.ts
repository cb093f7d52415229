import { WEEK_MS, type Week, type WeekKind } from '../change/week.ts'
import type { Session } from './connect.ts'

interface RunOfWeek {
  readonly id: number
  readonly endedAt: string
  readonly undone: boolean
  /** Kinds whose removals were announced. */
  readonly announced: readonly WeekKind[]
  readonly person: number
  readonly group: number
  readonly membership: number
}

/**
 * What runs of the last seven days removed of a source and nothing has brought back, each record once. A release begins
 * the window anew, and so does the source's first delivery; runs that were undone, and kinds that an announcement let
 * through, are left out. Two statements, one where there was no such run.
 *
 * @param now Active records before tonight's plan, and persons whom it takes back.
 */
export async function removalsOfWeek(
  session: Session,
  siteId: number,
  sourceId: number,
  at: Date,
  now: { readonly [kind in WeekKind]: number } & { readonly persons: readonly number[] },
): Promise<Week> {
  const since = new Date(at.getTime() - WEEK_MS).toISOString()
  const runs = await session.query<RunOfWeek>(
    `with source_runs as (
       select * from runs where site_id = $1 and source_id = $2 and kind = 'import' and state in ('applied', 'released')
     ), began as (
       -- A decision of a time that has not come yet was made while the clock was wrong.
       select greatest($3::timestamptz, max((decision->>'at')::timestamptz) filter
         (where (decision->>'at')::timestamptz <= $4)) as at, min(run_id) as first
       from source_runs
     )
     select r.run_id as id, r.finished_at as "endedAt", r.undone_by is not null as undone,
       (r.report->'tallies'->'person'->>'before')::int as person,
       (r.report->'tallies'->'group'->>'before')::int as group,
       (r.report->'tallies'->'membership'->>'before')::int as membership,
       array(select distinct case split_part(name, '.', 1) when 'courses' then 'group'
           else rtrim(split_part(name, '.', 1), 's') end
         from announcements a, jsonb_object_keys(a.ceilings) name
         where a.site_id = r.site_id and a.used_by = r.run_id
           and (name like '%.removed' or name = 'courses.archived')) as announced
     from source_runs r, began
     where r.state = 'applied' and r.finished_at > began.at and r.run_id > began.first
     order by r.run_id`,
    [siteId, sourceId, since, at.toISOString()],
  )
  const [first] = runs
  const begin = first ?? now
  const kinds = (removed: { readonly [kind in WeekKind]: number }): Week['kinds'] => ({
    person: { removed: removed.person, before: begin.person },
    group: { removed: removed.group, before: begin.group },
    membership: { removed: removed.membership, before: begin.membership },
  })
  const counted = (kind: WeekKind): number[] =>
    runs.filter((run) => !run.undone && !run.announced.includes(kind)).map(({ id }) => id)
  const begun = first?.endedAt ?? at.toISOString()
  if (first === undefined)
    return { since: begun, kinds: kinds({ person: 0, group: 0, membership: 0 }) }
  const [removed] = await session.query<{ [kind in WeekKind]: number }>(
    // Each part is read once, whatever the planner expects: of a site that is newer than the statistics it expects nothing,
    // and would look through all members for each one that went.
    `with ended as materialized (
       select g.key, m.person_id from memberships m join groups g on g.site_id = $1 and g.group_id = m.group_id
       where m.site_id = $1 and m.source_id = $2 and m.to_run = any($5) and m.active
     )
     select
       (select count(*)::int from persons where site_id = $1 and source_id = $2 and state = 'binned'
          and binned_run = any($3) and person_id <> all($6)) as person,
       (select count(distinct g.key)::int from groups g where g.site_id = $1 and g.source_id = $2 and g.state = 'gone'
          and g.gone_run = any($4) and not exists (select from groups n
            where n.site_id = $1 and n.key = g.key and n.state = 'active')) as group,
       (select count(*)::int from (
          select key, person_id from ended
          except
          select h.key, n.person_id from memberships n join groups h on h.site_id = $1 and h.group_id = n.group_id
          where n.site_id = $1 and n.source_id = $2 and n.person_id = any(array(select person_id from ended))
            and n.to_run is null and n.active) gone) as membership`,
    [siteId, sourceId, counted('person'), counted('group'), counted('membership'), now.persons],
  )
  return { since: begun, kinds: kinds(removed ?? { person: 0, group: 0, membership: 0 }) }
}
