import type { Session } from './connect.ts'

export interface StoredToken {
  readonly id: number
  /** 0: of the installation. */
  readonly siteId: number
  readonly name: string
  readonly sourceId: number | null
  readonly source: string | null
  readonly scopes: readonly string[]
  readonly createdAt: string
  readonly expiresAt: string | null
  readonly lastUsedAt: string | null
  readonly revokedAt: string | null
}

export interface FoundToken extends Pick<
  StoredToken,
  'id' | 'siteId' | 'name' | 'sourceId' | 'scopes'
> {
  readonly isRevoked: boolean
  readonly isExpired: boolean
  /** Its last use is to be written down. */
  readonly isTouched: boolean
}

/** The token with this hash, of whatever site: for the operator's view. */
export async function tokenByHash(
  session: Session,
  hash: Uint8Array,
  now: string,
  touchSeconds: number,
): Promise<FoundToken | undefined> {
  const [token] = await session.query<FoundToken>(
    `select token_id as id, site_id as "siteId", name, source_id as "sourceId", scopes,
       revoked_at is not null as "isRevoked", coalesce(expires_at <= $2, false) as "isExpired",
       coalesce(last_used_at < $2::timestamptz - make_interval(secs => $3), true) as "isTouched"
     from tokens where hash = $1`,
    [hash, now, touchSeconds],
  )
  return token
}

export async function touchToken(
  session: Session,
  siteId: number,
  id: number,
  now: string,
): Promise<void> {
  await session.execute(
    'update tokens set last_used_at = $3 where site_id = $1 and token_id = $2',
    [siteId, id, now],
  )
}

export async function insertToken(
  session: Session,
  token: Pick<StoredToken, 'siteId' | 'name' | 'sourceId' | 'scopes' | 'expiresAt'> & {
    readonly hash: Uint8Array
    readonly now: string
    readonly max: number
  },
): Promise<number | 'taken' | 'tooMany'> {
  const { siteId, name, sourceId, scopes, expiresAt, hash, now, max } = token
  const [count] = await session.query<{ n: number }>(
    `select count(*)::int as n from tokens
     where site_id = $1 and revoked_at is null and coalesce(expires_at > $2, true)`,
    [siteId, now],
  )
  if ((count?.n ?? 0) >= max) return 'tooMany'
  const [row] = await session.query<{ id: number }>(
    `insert into tokens (site_id, name, source_id, scopes, expires_at, hash, created_at)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning token_id as id`,
    [siteId, name, sourceId, scopes, expiresAt, hash, now],
  )
  return row?.id ?? 'taken'
}

export function listTokens(session: Session, siteId: number): Promise<StoredToken[]> {
  return session.query<StoredToken>(
    `select t.token_id as id, t.site_id as "siteId", t.name, t.source_id as "sourceId", s.name as source, t.scopes,
       t.created_at as "createdAt", t.expires_at as "expiresAt", t.last_used_at as "lastUsedAt",
       t.revoked_at as "revokedAt"
     from tokens t left join sources s on s.site_id = t.site_id and s.source_id = t.source_id
     where t.site_id = $1 order by t.token_id`,
    [siteId],
  )
}

/** Gives whether there was such a token that could still be used. */
export async function revokeToken(
  session: Session,
  siteId: number,
  id: number,
  now: string,
): Promise<boolean> {
  const revoked = await session.execute(
    'update tokens set revoked_at = $3 where site_id = $1 and token_id = $2 and revoked_at is null',
    [siteId, id, now],
  )
  return revoked > 0
}
