import type { Session } from './connect.ts'

/** Something that was changed by hand although a source sends it. */
export interface DriftRow {
  readonly kind: 'person' | 'group' | 'membership'
  readonly id: number
  readonly key: string | null
  /** Of a membership: the person. */
  readonly personId: number | null
  readonly personKey: string | null
  readonly source: string
  readonly protected: boolean
  /** `edited` fields · `binned` a person who is still sent · `ended` a membership that is still sent. */
  readonly drift: 'edited' | 'binned' | 'ended'
  /** Values here, and as the source sends them. */
  readonly here: { readonly [field: string]: unknown } | null
  readonly sent: { readonly [field: string]: unknown } | null
  /** The run by hand that did it last. */
  readonly run: number | null
}

const FIELDS = (alias: string): string =>
  `(select jsonb_object_agg(k, case k when 'protected' then ${alias}.sent -> 'protected'
      else ${alias}.sent -> 'fields' -> k end) from jsonb_object_keys(${alias}.edited) k)`

/** The run by hand that touched a row last. */
const LAST_RUN = (part: string, id: string): string =>
  `(select max(e.run_id) from earlier_rows e join runs r using (site_id, run_id)
     where e.site_id = $1 and e.part = '${part}' and e.id = ${id} and r.kind in ('edit', 'remove'))`

/** Every hand edit of a synchronised value, persons first. */
export function listDrift(session: Session, siteId: number): Promise<DriftRow[]> {
  return session.query<DriftRow>(
    `select 'person' as kind, p.person_id as id, p.key, null::bigint as "personId", null as "personKey", s.name as source,
       p.protected, 'edited' as drift, p.edited as here, ${FIELDS('p')} as sent, ${LAST_RUN('persons', 'p.person_id')} as run
     from persons p join sources s using (site_id, source_id)
     where p.site_id = $1 and p.edited <> '{}' and p.state = 'active'
     union all
     select 'person', p.person_id, p.key, null, null, s.name, p.protected, 'binned', null, null, p.binned_run
     from persons p join sources s using (site_id, source_id) join runs r on r.site_id = p.site_id and r.run_id = p.binned_run
     where p.site_id = $1 and p.state = 'binned' and r.kind = 'remove'
     union all
     select 'group', g.group_id, g.key, null, null, s.name, false, 'edited', g.edited, ${FIELDS('g')},
       ${LAST_RUN('groups', 'g.group_id')}
     from groups g join sources s using (site_id, source_id)
     where g.site_id = $1 and g.edited <> '{}' and g.state = 'active'
     union all
     select 'membership', m.group_id, g.key, m.person_id, p.key, s.name, p.protected, 'ended', null, null, m.to_run
     from ${ENDED_BY_HAND} join sources s on s.site_id = m.site_id and s.source_id = m.source_id
     order by 1 desc, 3, 5`,
    [siteId],
  )
}

/** Synchronised memberships that somebody ended here, of persons and groups that are there. */
const ENDED_BY_HAND = `memberships m
  join runs r on r.site_id = m.site_id and r.run_id = m.to_run and r.kind = 'member'
  join persons p on p.site_id = m.site_id and p.person_id = m.person_id and p.state = 'active'
  join groups g on g.site_id = m.site_id and g.group_id = m.group_id and g.state = 'active'
    and m.source_id is not null and not exists (select from memberships n
      where n.site_id = m.site_id and n.group_id = m.group_id and n.person_id = m.person_id
        and n.source_id = m.source_id and (n.to_run is null or exists (select from runs s
          where s.site_id = n.site_id and s.run_id = n.from_run and s.applied > r.applied)))`

/** Gathers the memberships ended by hand that begin again: of a person, in a group, or all. */
export async function gatherEndedByHand(
  session: Session,
  siteId: number,
  of: { readonly personId?: number; readonly groupId?: number },
): Promise<number> {
  return session.execute(
    `insert into beginning (source_id, group_id, person_id, role, active, begins, ends, detail)
     select m.source_id, m.group_id, m.person_id, m.role, m.active, m.begins, m.ends, m.detail from ${ENDED_BY_HAND}
     where m.site_id = $1 and ($2::bigint is null or m.person_id = $2) and ($3::bigint is null or m.group_id = $3)`,
    [siteId, of.personId ?? null, of.groupId ?? null],
  )
}

/** Ids of persons and groups with fields edited by hand, and of persons binned by hand while they are sent. */
export async function drifted(
  session: Session,
  siteId: number,
): Promise<{ readonly persons: number[]; readonly groups: number[] }> {
  const rows = await listDrift(session, siteId)
  const ids = (kind: string): number[] => [
    ...new Set(rows.filter((row) => row.kind === kind).map(({ id }) => id)),
  ]
  return { persons: ids('person'), groups: ids('group') }
}
