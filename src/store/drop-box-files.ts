import type { Database, Session } from './connect.ts'

/** A file or folder as a sender sees it, or one that is still being written after another took its name. */
export interface BoxFile {
  readonly id: number
  readonly path: string | null
  readonly kind: 'folder' | 'part' | 'whole' | 'taking' | 'taken'
  readonly stored: string | null
  readonly bytes: number
  readonly shownAt: string
  /** Seconds since it was last written to, renamed or closed, by the database's clock. */
  readonly restedSeconds: number
  readonly due: boolean
  readonly holder: string | null
  /** Whether somebody writes to it or takes it right now. */
  readonly isHeld: boolean
}

/** Which account's files. */
export interface BoxKey {
  readonly siteId: number
  readonly sourceId: number
}

const COLUMNS = `file_id as id, path, kind, stored, bytes, shown_at as "shownAt",
  extract(epoch from now() - changed_at)::float8 as "restedSeconds", due, holder,
  coalesce(held_until > now(), false) as "isHeld"`
const OF = 'site_id = $1 and source_id = $2'

/** All files of an account, by path. */
export function boxFiles(session: Session, { siteId, sourceId }: BoxKey): Promise<BoxFile[]> {
  return session.query<BoxFile>(
    `select ${COLUMNS} from drop_box_files where ${OF} order by path, file_id`,
    [siteId, sourceId],
  )
}

export async function boxFile(
  session: Session,
  { siteId }: BoxKey,
  id: number,
): Promise<BoxFile | undefined> {
  const [file] = await session.query<BoxFile>(
    `select ${COLUMNS} from drop_box_files where site_id = $1 and file_id = $2`,
    [siteId, id],
  )
  return file
}

export interface NewBoxFile extends Pick<
  BoxFile,
  'path' | 'kind' | 'stored' | 'shownAt' | 'holder'
> {
  readonly heldSeconds: number
}

/** Gives its number. */
export async function insertBoxFile(
  session: Session,
  { siteId, sourceId }: BoxKey,
  { path, kind, stored, shownAt, holder, heldSeconds }: NewBoxFile,
): Promise<number> {
  const [row] = await session.query<{ id: number }>(
    `insert into drop_box_files (site_id, source_id, path, kind, stored, shown_at, holder, held_until)
     values ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(secs => $8)) returning file_id as id`,
    [siteId, sourceId, path, kind, stored, shownAt, holder, heldSeconds],
  )
  return row?.id ?? 0
}

export type BoxFileChange = Partial<
  Pick<BoxFile, 'path' | 'kind' | 'stored' | 'bytes' | 'shownAt' | 'due'>
>

const COLUMN_OF: { readonly [field in keyof BoxFileChange]-?: string } = {
  path: 'path',
  kind: 'kind',
  stored: 'stored',
  bytes: 'bytes',
  shownAt: 'shown_at',
  due: 'due',
}

/** Changes what is given; it has not rested from then on, unless only the time that is shown is set. */
export async function updateBoxFile(
  session: Session,
  { siteId }: BoxKey,
  id: number,
  change: BoxFileChange,
): Promise<void> {
  const fields = Object.keys(change) as (keyof BoxFileChange)[]
  const sets = fields.map((field, at) => `${COLUMN_OF[field]} = $${at + 3}`)
  if (fields.some((field) => field !== 'shownAt')) sets.push('changed_at = now()')
  await session.execute(
    `update drop_box_files set ${sets.join(', ')} where site_id = $1 and file_id = $2`,
    [siteId, id, ...fields.map((field) => change[field])],
  )
}

/** Takes a file over, for so many seconds; with `ifHolder`, only from that holder. Gives whether it has worked. */
export async function holdBoxFile(
  session: Session,
  { siteId }: BoxKey,
  id: number,
  {
    holder,
    seconds,
    ifHolder,
    bytes,
  }: {
    readonly holder: string
    readonly seconds: number
    readonly ifHolder?: string
    readonly bytes?: number
  },
): Promise<boolean> {
  const held = await session.execute(
    `update drop_box_files set holder = $3, held_until = now() + make_interval(secs => $4), bytes = coalesce($6, bytes),
       changed_at = case when $6::bigint is null then changed_at else now() end
     where site_id = $1 and file_id = $2 and ($5::text is null or holder = $5)`,
    [siteId, id, holder, seconds, ifHolder ?? null, bytes ?? null],
  )
  return held > 0
}

/** Nobody holds it any more. */
export async function letGoOfBoxFile(
  session: Session,
  { siteId }: BoxKey,
  id: number,
  holder: string,
): Promise<void> {
  await session.execute(
    `update drop_box_files set holder = null, held_until = null where site_id = $1 and file_id = $2 and holder = $3`,
    [siteId, id, holder],
  )
}

export async function deleteBoxFile(
  session: Session,
  { siteId }: BoxKey,
  id: number,
): Promise<void> {
  await session.execute('delete from drop_box_files where site_id = $1 and file_id = $2', [
    siteId,
    id,
  ])
}

/** Deliveries of a source that came by drop box within so many seconds: how many, and their bytes. */
export async function cameByDropBox(
  session: Session,
  { siteId, sourceId }: BoxKey,
  { now, seconds }: { readonly now: string; readonly seconds: number },
): Promise<{ readonly count: number; readonly bytes: number }> {
  const [row] = await session.query<{ count: number; bytes: number }>(
    `select count(*)::int as count, coalesce(sum(bytes), 0)::bigint as bytes from arrivals
     where ${OF} and channel = 'drop box' and arrived_at > $3::timestamptz - make_interval(secs => $4)`,
    [siteId, sourceId, now, seconds],
  )
  return row ?? { count: 0, bytes: 0 }
}

/** Boxes that are not empty, of all sites. */
export function boxesWithFiles(
  database: Database,
): Promise<(BoxKey & { readonly userName: string })[]> {
  return database.operator((session) =>
    session.query(
      `select site_id as "siteId", source_id as "sourceId", user_name as "userName" from drop_boxes b
       where exists (select from drop_box_files f where f.site_id = b.site_id and f.source_id = b.source_id)
       order by 1, 2`,
    ),
  )
}
