import { RollcallError } from '../errors.ts'
import type { Session } from './connect.ts'
import type { HandContext } from './rewrite.ts'
import { NEXT_APPLIED } from './runs.ts'

/** What people do to a roster by hand; `import` is what deliveries do. */
export type HandKind =
  | 'undo'
  | 'rekey'
  | 'merge'
  | 'edit'
  | 'heal'
  | 'add'
  | 'remove'
  | 'member'
  | 'restore'
  | 'reopen'
  | 'purge'

/** The number of a new run by hand. */
export async function insertHandRun(
  session: Session,
  siteId: number,
  kind: HandKind,
  startedAt: string,
): Promise<number> {
  const [row] = await session.query<{ id: number }>(
    `insert into runs (site_id, kind, state, started_at) values ($1, $2, 'running', $3) returning run_id as id`,
    [siteId, kind, startedAt],
  )
  return row?.id ?? 0
}

export async function endHandRun(
  session: Session,
  { siteId, runId }: HandContext,
  finishedAt: string,
  decision: object,
  report: object,
): Promise<void> {
  await session.execute(
    `update runs set state = 'applied', finished_at = $3, decision = $4, report = $5, applied = ${NEXT_APPLIED}
     where site_id = $1 and run_id = $2`,
    [siteId, runId, finishedAt, JSON.stringify(decision), JSON.stringify(report)],
  )
}

export interface RunToUndo {
  readonly id: number
  readonly kind: string
  readonly state: string
  readonly undoneBy: number | null
  readonly undoes: number | null
  /** Its journal was deleted because of its age. */
  readonly forgotten: boolean
}

export async function runToUndo(
  session: Session,
  siteId: number,
  run: number,
): Promise<RunToUndo | undefined> {
  const [row] = await session.query<RunToUndo>(
    `select run_id as id, kind, state, undone_by as "undoneBy", undoes, forgotten from runs where site_id = $1 and run_id = $2`,
    [siteId, run],
  )
  return row
}

/** Notes that a run undoes another; one that was an undo itself no longer counts as one. */
export async function noteUndone(
  session: Session,
  { siteId, runId }: HandContext,
  undone: RunToUndo,
): Promise<void> {
  await session.execute('update runs set undone_by = $3 where site_id = $1 and run_id = $2', [
    siteId,
    undone.id,
    runId,
  ])
  await session.execute('update runs set undoes = $3 where site_id = $1 and run_id = $2', [
    siteId,
    runId,
    undone.id,
  ])
  if (undone.undoes === null) return
  await session.execute('update runs set undone_by = null where site_id = $1 and run_id = $2', [
    siteId,
    undone.undoes,
  ])
}

/** How many changes of each kind and action a run made; memberships are counted from their spells. */
export async function countChanges(
  session: Session,
  { siteId, runId }: HandContext,
): Promise<{ readonly kind: string; readonly action: string; readonly n: number }[]> {
  return session.query(
    `select kind, action, count(*)::int as n from changes where site_id = $1 and run_id = $2 group by 1, 2
     union all
     select 'membership', case when was.from_run is null then 'add' when now.from_run is null then 'remove' else 'update' end,
       count(*)::int
     from (select * from memberships where site_id = $1 and from_run = $2) now
     full join (select * from memberships where site_id = $1 and to_run = $2) was
       on was.group_id = now.group_id and was.person_id = now.person_id
       and coalesce(was.source_id, 0) = coalesce(now.source_id, 0)
     group by 2 order by 1, 2`,
    [siteId, runId],
  )
}

/** Every source of a site. */
export async function sourceIds(session: Session, siteId: number): Promise<number[]> {
  const rows = await session.query<{ id: number }>(
    'select source_id as id from sources where site_id = $1 order by source_id',
    [siteId],
  )
  return rows.map(({ id }) => id)
}

export function notFound(what: string, hint: string): RollcallError {
  return new RollcallError('ERR_NOT_FOUND', what, { hint })
}
