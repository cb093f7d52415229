import type { Session } from './connect.ts'

/** A change that an undo made, of a run of the source that nobody has decided about since. */
export interface UndoneChange {
  readonly undoes: number
  readonly kind: string
  readonly action: string
  readonly id: number
  readonly key: string | null
  readonly before: { readonly [field: string]: unknown } | null
  readonly after: { readonly [field: string]: unknown } | null
}

/** Runs of a source that were undone, and may come again. Costs one small statement where there are none. */
export async function undoneRuns(
  session: Session,
  siteId: number,
  sourceId: number,
): Promise<{ readonly undo: number; readonly undoes: number }[]> {
  return session.query(
    `select u.run_id as undo, u.undoes from runs u join runs r on r.site_id = u.site_id and r.run_id = u.undoes
     where u.site_id = $1 and u.kind = 'undo' and u.undone_by is null and not u.settled and r.source_id = $2`,
    [siteId, sourceId],
  )
}

export function undoneChanges(
  session: Session,
  siteId: number,
  undos: readonly number[],
): Promise<UndoneChange[]> {
  return session.query<UndoneChange>(
    `select u.undoes, c.kind, c.action, c.id, c.key, c.before, c.after
     from changes c join runs u on u.site_id = c.site_id and u.run_id = c.run_id
     where c.site_id = $1 and c.run_id = any($2)`,
    [siteId, undos],
  )
}

/** Memberships that undos made begin or end. */
export function undoneMemberships(
  session: Session,
  siteId: number,
  undos: readonly number[],
): Promise<{ readonly groupId: number; readonly personId: number; readonly began: boolean }[]> {
  return session.query(
    `select group_id as "groupId", person_id as "personId", true as began from memberships
       where site_id = $1 and from_run = any($2)
     union all
     select group_id, person_id, false from memberships where site_id = $1 and to_run = any($2)`,
    [siteId, undos],
  )
}

/** Somebody released a plan that does again what was undone: it is no longer held for that. */
export async function settleUndone(
  session: Session,
  siteId: number,
  sourceId: number,
): Promise<void> {
  await session.execute(
    `update runs u set settled = true from runs r
     where u.site_id = $1 and u.kind = 'undo' and not u.settled and u.undone_by is null
       and r.site_id = u.site_id and r.run_id = u.undoes and r.source_id = $2`,
    [siteId, sourceId],
  )
}
