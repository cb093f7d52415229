import { RollcallError } from '../errors.ts'
import type { Database, Session } from './connect.ts'

/** A public key that a sender may sign in with. */
export interface SenderKey {
  readonly type: string
  /** The key itself, as SSH writes it, in base64. */
  readonly data: string
  /** `SHA256:…`, as ssh-keygen shows it. */
  readonly fingerprint: string
  readonly comment: string
}

/** When an upload counts as complete: its handle was closed, it was renamed, or nobody touched it for a while. */
export const COMPLETE_WHEN = ['closed', 'renamed', 'quiet'] as const
export type CompleteWhen = (typeof COMPLETE_WHEN)[number]

export interface DropBoxSettings {
  /** `closed` unless set. */
  readonly complete?: CompleteWhen
  /** Of `quiet`: seconds. */
  readonly quietSeconds?: number
  /** Names that are deliveries, with * and ?; all unless set. */
  readonly names?: string
  /** Bytes that may lie in the box and come within 24 hours. */
  readonly quotaBytes?: number
  /** Addresses and networks from which he may come; any unless set. */
  readonly from?: readonly string[]
}

/** The account of a source's sender. */
export interface DropBox {
  readonly siteId: number
  readonly sourceId: number
  readonly userName: string
  readonly password: string | null
  readonly keys: readonly SenderKey[]
  readonly settings: DropBoxSettings
  readonly createdAt: string
  readonly lockedAt: string | null
  readonly failures: number
  /** Passwords are refused for too many wrong ones. */
  readonly isBlocked: boolean
  readonly blockedUntil: string | null
  readonly signedInAt: string | null
  readonly signedInFrom: string | null
}

const COLUMNS = `site_id as "siteId", source_id as "sourceId", user_name as "userName", password, keys, settings,
  created_at as "createdAt", locked_at as "lockedAt", failures, coalesce(blocked_until > now(), false) as "isBlocked",
  blocked_until as "blockedUntil", signed_in_at as "signedInAt", signed_in_from as "signedInFrom"`

/** The account of a user name, whichever site it is of. */
export async function dropBoxOf(
  database: Database,
  userName: string,
): Promise<DropBox | undefined> {
  const [box] = await database.operator((session) =>
    session.query<DropBox>(`select ${COLUMNS} from drop_boxes where user_name = $1`, [userName]),
  )
  return box
}

/** A drop box with the names of its site and source. */
export interface NamedDropBox extends DropBox {
  readonly site: string
  readonly source: string
}

const NAMED = `select ${COLUMNS}, (select name from sites s where s.site_id = drop_boxes.site_id) as site,
    (select name from sources s where s.site_id = drop_boxes.site_id and s.source_id = drop_boxes.source_id) as source
  from drop_boxes`

/** All accounts of the installation. */
export function listDropBoxes(database: Database): Promise<NamedDropBox[]> {
  return database.operator((session) => session.query<NamedDropBox>(`${NAMED} order by user_name`))
}

/** Those of a site. */
export function dropBoxesOfSite(session: Session, siteId: number): Promise<NamedDropBox[]> {
  return session.query<NamedDropBox>(`${NAMED} where site_id = $1 order by user_name`, [siteId])
}

/** Holds an account's box until the transaction ends: what happens to its files happens one after the other. */
export async function holdDropBox(
  session: Session,
  siteId: number,
  sourceId: number,
): Promise<DropBox | undefined> {
  const [box] = await session.query<DropBox>(
    `select ${COLUMNS} from drop_boxes where site_id = $1 and source_id = $2 for update`,
    [siteId, sourceId],
  )
  return box
}

export type NewDropBox = Pick<
  DropBox,
  'siteId' | 'sourceId' | 'userName' | 'password' | 'keys' | 'settings'
>

/** @throws RollcallError ERR_USAGE when the source has an account already, or the user name is in use. */
export async function insertDropBox(
  session: Session,
  { siteId, sourceId, userName, password, keys, settings }: NewDropBox,
  now: string,
): Promise<void> {
  const made = await session.execute(
    `insert into drop_boxes (site_id, source_id, user_name, password, keys, settings, created_at)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`,
    [siteId, sourceId, userName, password, JSON.stringify(keys), JSON.stringify(settings), now],
  )
  if (made > 0) return
  throw new RollcallError(
    'ERR_USAGE',
    'The source has an account already, or the user name is one of another account',
    { hint: 'rollcall dropbox accounts list shows all of them.' },
  )
}

export type DropBoxChange = Partial<Pick<DropBox, 'password' | 'keys' | 'settings'>>

export async function updateDropBox(
  session: Session,
  { siteId, sourceId }: DropBox,
  { password, keys, settings }: DropBoxChange,
): Promise<void> {
  await session.execute(
    `update drop_boxes set password = case when $3 then $4 else password end,
       keys = coalesce($5::jsonb, keys), settings = coalesce($6::jsonb, settings)
     where site_id = $1 and source_id = $2`,
    [
      siteId,
      sourceId,
      password !== undefined,
      password ?? null,
      keys === undefined ? null : JSON.stringify(keys),
      settings === undefined ? null : JSON.stringify(settings),
    ],
  )
}

export async function deleteDropBox(
  session: Session,
  { siteId, sourceId }: DropBox,
): Promise<void> {
  await session.execute('delete from drop_boxes where site_id = $1 and source_id = $2', [
    siteId,
    sourceId,
  ])
}

/** Locks an account by hand, or unlocks it, whatever locked it. */
export async function lockDropBox(
  session: Session,
  { siteId, sourceId }: DropBox,
  lockedAt: string | null,
): Promise<void> {
  await session.execute(
    `update drop_boxes set locked_at = $3, failures = case when $3::timestamptz is null then 0 else failures end,
       blocked_until = case when $3::timestamptz is null then null else blocked_until end
     where site_id = $1 and source_id = $2`,
    [siteId, sourceId, lockedAt],
  )
}

/** Counts a wrong password; from the given number in a row on, passwords are refused for a while. */
export async function noteWrongPassword(
  session: Session,
  { siteId, sourceId }: DropBox,
  { failuresMax, seconds }: { readonly failuresMax: number; readonly seconds: number },
): Promise<void> {
  await session.execute(
    `update drop_boxes set failures = case when failures + 1 >= $3 then 0 else failures + 1 end,
       blocked_until = case when failures + 1 >= $3 then now() + make_interval(secs => $4) else blocked_until end
     where site_id = $1 and source_id = $2`,
    [siteId, sourceId, failuresMax, seconds],
  )
}

export async function noteSignIn(
  session: Session,
  { siteId, sourceId }: DropBox,
  from: string,
  now: string,
): Promise<void> {
  await session.execute(
    `update drop_boxes set failures = 0, blocked_until = null, signed_in_at = $3, signed_in_from = $4
     where site_id = $1 and source_id = $2`,
    [siteId, sourceId, now, from],
  )
}
