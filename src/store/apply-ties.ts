import type { ApplyContext } from './apply.ts'
import type { Session } from './connect.ts'
import { keepEarlier } from './earlier-rows.ts'
import { markLookAgain } from './look-again.ts'

/**
 * Parts of a plan in which sources meet: claims and aliases that come and go, records that another source takes over, and lists
 * that others have to look at again. What ends or comes back with a person or group is found when the plan is applied.
 */
export const TIE_COLUMNS: { readonly [part: string]: string } = {
  claim:
    'action text, kind text, key text, id bigint, joined_by text, fingerprint text, sent jsonb',
  takeover: 'kind text, id bigint, source int, key_before text, key text',
  alias: 'action text, kind text, key text, id bigint',
  look_again: 'source int, kind text, id bigint',
}

/**
 * Ends whatever memberships are left in groups and of persons that go, of other sources and by hand, and has those sources look at
 * these lists again. What the plan says of them is what was there when it was made; others may have been added since.
 */
export async function endOtherMemberships(
  session: Session,
  { siteId, runId }: ApplyContext,
  removes: { readonly persons: boolean; readonly groups: boolean },
): Promise<void> {
  await session.execute(
    'create temp table ended_membership (source_id int, kind text, id bigint) on commit drop',
  )
  const gone = [
    ...(removes.persons ? ['m.person_id in (select id from planned_person_remove)'] : []),
    ...(removes.groups ? ['m.group_id in (select id from planned_group_remove)'] : []),
  ]
  for (const where of gone) {
    await session.execute(
      `with ended as (
         update memberships m set to_run = $2 where m.site_id = $1 and m.to_run is null and ${where}
         returning m.source_id, m.group_id
       )
       insert into ended_membership select source_id, 'list', group_id from ended`,
      [siteId, runId],
    )
  }
  await markLookAgain(session, siteId, 'select * from ended_membership')
}

/** Makes memberships by hand again that ended when their person went to the recycle bin. Runs before he comes back. */
export async function restoreByHand(
  session: Session,
  { siteId, runId }: ApplyContext,
): Promise<void> {
  await session.execute(
    `insert into memberships (site_id, source_id, group_id, person_id, role, active, begins, ends, detail, from_run)
     select m.site_id, null, m.group_id, m.person_id, m.role, m.active, m.begins, m.ends, m.detail, $2
     from planned_person_write w
     join persons p on p.site_id = $1 and p.person_id = w.id and p.state = 'binned'
     join memberships m on m.site_id = p.site_id and m.person_id = p.person_id and m.to_run = p.binned_run
       and m.source_id is null
     join groups g on g.site_id = m.site_id and g.group_id = m.group_id and g.state = 'active'
     where w.action = 'restore'`,
    [siteId, runId],
  )
}

/**
 * Sees to it that nobody has come to depend on what goes since the plan was made: another source that sends a record too, a group
 * of another source that hangs under one that goes.
 *
 * @returns how many do.
 */
export async function countDependents(
  session: Session,
  { siteId, sourceId }: ApplyContext,
  removes: { readonly persons: boolean; readonly groups: boolean },
): Promise<number> {
  const claimed = (kind: string): string => `(select count(*) from claims
    where site_id = $1 and source_id <> $2 and kind = '${kind}' and id in (select id from planned_${kind}_remove)
      and not exists (select from ${kind}s t where t.site_id = $1 and t.key = claims.key and t.state <> 'undone' and joined_by is not null))`
  const below = `(select count(*) from groups g where g.site_id = $1 and g.state = 'active'
    and (g.parent_id in (select id from planned_group_remove) or g.school_id in (select id from planned_group_remove)))`
  const parts = [
    ...(removes.persons ? [claimed('person')] : []),
    ...(removes.groups ? [claimed('group'), below] : []),
  ]
  const [row] = await session.query<{ n: number }>(`select ${parts.join(' + ')} as n`, [
    siteId,
    sourceId,
  ])
  return row?.n ?? 0
}

/**
 * Hands records over to the source that has claimed them longest. It finds them its own with its next delivery, which brings its
 * values. A key that the record had stays an alias.
 *
 * @returns how many persons and groups were handed over that are still claimed.
 */
export async function applyTakeovers(session: Session, context: ApplyContext): Promise<number> {
  const { siteId, sourceId, runId } = context
  const taken = (kind: string, id: string): string =>
    `exists (select from planned_takeover o where o.kind = '${kind}' and o.id = t.${id})`
  await keepEarlier(session, context, 'persons', taken('person', 'person_id'))
  await keepEarlier(session, context, 'groups', taken('group', 'group_id'))
  await keepEarlier(
    session,
    context,
    'claims',
    'exists (select from planned_takeover o where o.kind = t.kind and o.id = t.id and o.source = t.source_id)',
  )
  await keepEarlier(
    session,
    context,
    'aliases',
    `t.source_id = ${sourceId} and exists (select from planned_takeover o where o.kind = t.kind and o.id = t.id)`,
  )
  const persons = await session.execute(
    `update persons p set source_id = o.source, key = o.key from planned_takeover o
     where o.kind = 'person' and p.site_id = $1 and p.person_id = o.id and p.source_id = $2 and p.key = o.key_before
       and p.state = 'active'`,
    [siteId, sourceId],
  )
  const groups = await session.execute(
    `update groups g set source_id = o.source from planned_takeover o
     where o.kind = 'group' and g.site_id = $1 and g.group_id = o.id and g.source_id = $2 and g.key = o.key_before
       and g.state = 'active'`,
    [siteId, sourceId],
  )
  const claims = await session.execute(
    `delete from claims c using planned_takeover o
     where c.site_id = $1 and c.source_id = o.source and c.kind = o.kind and c.id = o.id`,
    [siteId],
  )
  await session.execute(
    `delete from aliases a using planned_takeover o
     where a.site_id = $1 and a.source_id = $2 and a.kind = o.kind and a.id = o.id`,
    [siteId, sourceId],
  )
  await session.execute(
    `insert into aliases (site_id, kind, key, id, source_id, from_run)
     select $1, kind, key_before, id, null, $2 from planned_takeover where key <> key_before
     on conflict do nothing`,
    [siteId, runId],
  )
  await markLookAgain(session, siteId, 'select source as source_id, kind, id from planned_takeover')
  return Math.min(persons + groups, claims)
}

async function applyClaims(session: Session, context: ApplyContext): Promise<void> {
  const { siteId, sourceId, runId } = context
  await keepEarlier(
    session,
    context,
    'claims',
    `t.source_id = ${sourceId} and (t.kind, t.key) in (select kind, key from planned_claim)`,
  )
  await session.execute(
    `delete from claims c using planned_claim o
     where o.action = 'drop' and c.site_id = $1 and c.source_id = $2 and c.kind = o.kind and c.key = o.key`,
    [siteId, sourceId],
  )
  await session.execute(
    `insert into claims (site_id, source_id, kind, key, id, joined_by, fingerprint, sent, from_run)
     select $1, $2, kind, key, id, joined_by, fingerprint, sent, $3 from planned_claim where action = 'set'
     on conflict (site_id, source_id, kind, key) do update set id = excluded.id, joined_by = excluded.joined_by,
       fingerprint = excluded.fingerprint, sent = excluded.sent,
       from_run = case when claims.id = excluded.id then claims.from_run else excluded.from_run end`,
    [siteId, sourceId, runId],
  )
}

async function applyAliases(session: Session, context: ApplyContext): Promise<void> {
  const { siteId, sourceId, runId } = context
  const dropped = `t.source_id = ${sourceId}
    and (t.kind, t.key) in (select kind, key from planned_alias where action = 'drop')`
  await keepEarlier(session, context, 'aliases', dropped)
  await session.execute(`delete from aliases t where t.site_id = $1 and ${dropped}`, [siteId])
  await session.execute(
    `insert into aliases (site_id, kind, key, id, source_id, from_run)
     select $1, kind, key, pg_temp.real_id(id), $2, $3 from planned_alias where action = 'set'
     on conflict do nothing`,
    [siteId, sourceId, runId],
  )
}

/** Claims and aliases, and lists of other sources that name somebody by a key that means another person now, or nobody. */
export async function applyTies(
  session: Session,
  context: ApplyContext,
  has: (part: string) => boolean,
): Promise<void> {
  if (has('claim')) await applyClaims(session, context)
  if (has('alias')) await applyAliases(session, context)
  if (!has('look_again')) return
  const rows = 'select source as source_id, kind, id from planned_look_again'
  await markLookAgain(session, context.siteId, rows)
}
