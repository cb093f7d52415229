import type { Session } from './connect.ts'

/**
 * Something that happened and is to be told. Of an import, `started`, and of any run each state that it goes into: a
 * trigger writes these in the run's own transaction. Other kinds are written by `insertEvent`.
 */
export interface StoredEvent {
  readonly id: number
  readonly at: string
  readonly kind: string
  readonly sourceId: number | null
  readonly runId: number | null
  readonly details: { readonly [name: string]: unknown }
}

/** Events that nobody has been told of yet, the oldest first. */
export function untoldEvents(
  session: Session,
  siteId: number,
  limit: number,
): Promise<StoredEvent[]> {
  return session.query<StoredEvent>(
    `select event_id as id, at, kind, source_id as "sourceId", run_id as "runId", details
     from events where site_id = $1 and told_at is null order by event_id limit $2`,
    [siteId, limit],
  )
}

/** Sites that have any. Needs the operator's view. */
export async function sitesWithEvents(session: Session): Promise<number[]> {
  const rows = await session.query<{ id: number }>(
    'select distinct site_id as id from events where told_at is null order by 1',
  )
  return rows.map(({ id }) => id)
}

export async function markTold(
  session: Session,
  siteId: number,
  ids: readonly number[],
  now: string,
): Promise<void> {
  await session.execute(
    'update events set told_at = $3 where site_id = $1 and event_id = any($2)',
    [siteId, ids, now],
  )
}

/** Notes something that is no state of a run. The details hold nothing personal. */
export async function insertEvent(
  session: Session,
  siteId: number,
  event: Pick<StoredEvent, 'at' | 'kind' | 'sourceId' | 'details'>,
): Promise<void> {
  await session.execute(
    'insert into events (site_id, at, kind, source_id, details) values ($1, $2, $3, $4, $5)',
    [siteId, event.at, event.kind, event.sourceId, JSON.stringify(event.details)],
  )
}
