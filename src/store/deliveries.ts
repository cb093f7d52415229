import type { Session } from './connect.ts'

/** Ending of the paths of plain deliveries, which are packed to be kept (import/kept.ts). */
export const KEPT_PACKED = '.xml.zst'

export interface StoredDelivery {
  readonly id: number
  readonly sourceId: number
  readonly sha256: string
  readonly bytes: number
  readonly fileName: string
  /** Where the bytes lie below the deliveries folder; null once they were deleted. */
  readonly path: string | null
  readonly receivedAt: string
}

const DELIVERY = `delivery_id as id, source_id as "sourceId", sha256, bytes, file_name as "fileName", path,
  received_at as "receivedAt"`

/** Notes a delivery whose bytes are kept; gives its number. */
export async function insertDelivery(
  session: Session,
  siteId: number,
  delivery: Omit<StoredDelivery, 'id'>,
): Promise<number> {
  const [row] = await session.query<{ id: number }>(
    `insert into deliveries (site_id, source_id, sha256, bytes, file_name, path, received_at)
     values ($1, $2, $3, $4, $5, $6, $7) returning delivery_id as id`,
    [
      siteId,
      delivery.sourceId,
      delivery.sha256,
      delivery.bytes,
      delivery.fileName,
      delivery.path,
      delivery.receivedAt,
    ],
  )
  return row?.id ?? 0
}

/** The delivery of these bytes that is still kept, if the source sent them before. */
export async function deliveryByHash(
  session: Session,
  siteId: number,
  sourceId: number,
  sha256: string,
): Promise<StoredDelivery | undefined> {
  const [row] = await session.query<StoredDelivery>(
    `select ${DELIVERY} from deliveries
     where site_id = $1 and source_id = $2 and sha256 = $3 and path is not null
     order by delivery_id desc limit 1`,
    [siteId, sourceId, sha256],
  )
  return row
}

/** The newest delivery of a source whose run was applied or released, if its bytes are still kept, and of what type it was. */
export async function newestApplied(
  session: Session,
  siteId: number,
  sourceId: number,
): Promise<(StoredDelivery & { readonly type: string }) | undefined> {
  const [row] = await session.query<StoredDelivery & { readonly type: string }>(
    `select ${DELIVERY}, type from (
       select d.*, r.report->'delivery'->>'type' as type from runs r join deliveries d using (site_id, delivery_id)
       where r.site_id = $1 and r.source_id = $2 and r.state in ('applied', 'released')
       order by r.run_id desc limit 1) newest
     where path is not null`,
    [siteId, sourceId],
  )
  return row
}

/** Whether some delivery's bytes lie there. */
export async function pathIsKnown(
  session: Session,
  siteId: number,
  path: string,
): Promise<boolean> {
  const rows = await session.query(
    'select from deliveries where site_id = $1 and path = $2 limit 1',
    [siteId, path],
  )
  return rows.length > 0
}

/** Marks a delivery that carried passwords: it is kept for a shorter time. */
export async function markSecret(session: Session, siteId: number, id: number): Promise<void> {
  await session.execute(
    'update deliveries set secret = true where site_id = $1 and delivery_id = $2',
    [siteId, id],
  )
}

/** Where deliveries that carried passwords lie, if they came before `before` and nobody sent the same bytes since. */
export async function secretPaths(
  session: Session,
  siteId: number,
  before: string,
): Promise<readonly string[]> {
  const rows = await session.query<{ path: string }>(
    `select path from deliveries where site_id = $1 and path is not null
     group by path having bool_or(secret) and max(received_at) < $2`,
    [siteId, before],
  )
  return rows.map(({ path }) => path)
}

/** Notes that the bytes of deliveries were deleted. */
export async function forgetPaths(
  session: Session,
  siteId: number,
  paths: readonly string[],
): Promise<void> {
  await session.execute(
    'update deliveries set path = null where site_id = $1 and path = any($2::text[])',
    [siteId, paths],
  )
}
