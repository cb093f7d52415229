import type { Session } from './connect.ts'

export interface StoredAccount {
  readonly id: number
  readonly name: string
  readonly hasPassword: boolean
  readonly createdAt: string
  readonly disabledAt: string | null
  readonly failures: number
  readonly lockedUntil: string | null
  readonly signedInAt: string | null
  /** At site 0 (name null): an operator. */
  readonly roles: readonly {
    readonly siteId: number
    readonly site: string | null
    readonly role: Role
  }[]
}

type Role = 'operator' | 'administrator' | 'releaser' | 'viewer'

/** All accounts with their roles, for the operator's view. */
export function listAccounts(session: Session, nameKey?: string): Promise<StoredAccount[]> {
  return session.query<StoredAccount>(
    `select account_id as id, name, password is not null as "hasPassword", created_at as "createdAt",
       disabled_at as "disabledAt", failures, locked_until as "lockedUntil", signed_in_at as "signedInAt",
       (select coalesce(jsonb_agg(jsonb_build_object('siteId', r.site_id, 'site', s.name, 'role', r.role)
          order by r.site_id), '[]')
        from account_roles r left join sites s on s.site_id = r.site_id
        where r.account_id = accounts.account_id) as roles
     from accounts where $1::text is null or name_key = $1 order by name_key`,
    [nameKey ?? null],
  )
}

/** What an account may where, for the operator's view. */
export function rolesOfAccount(
  session: Session,
  id: number,
): Promise<{ readonly siteId: number; readonly role: Role }[]> {
  return session.query(
    `select site_id as "siteId", role from account_roles where account_id = $1 order by site_id`,
    [id],
  )
}

/** Makes an account without password; undefined where the name is taken. */
export async function insertAccount(
  session: Session,
  name: string,
  nameKey: string,
  now: string,
): Promise<number | undefined> {
  const [row] = await session.query<{ id: number }>(
    `insert into accounts (name, name_key, created_at) values ($1, $2, $3)
     on conflict do nothing returning account_id as id`,
    [name, nameKey, now],
  )
  return row?.id
}

/** Sets the password, and lets go of a lock: whoever may set one may that. */
export async function setPasswordHash(
  session: Session,
  id: number,
  hash: string,
  now: string,
): Promise<void> {
  await session.execute(
    `update accounts set password = $2, password_set_at = $3, failures = 0, locked_until = null
     where site_id = 0 and account_id = $1`,
    [id, hash, now],
  )
}

export async function setDisabled(session: Session, id: number, at: string | null): Promise<void> {
  await session.execute(
    'update accounts set disabled_at = $2 where site_id = 0 and account_id = $1',
    [id, at],
  )
}

export async function unlock(session: Session, id: number): Promise<void> {
  await session.execute(
    'update accounts set failures = 0, locked_until = null where site_id = 0 and account_id = $1',
    [id],
  )
}

export async function deleteAccount(session: Session, id: number): Promise<void> {
  await session.execute('delete from accounts where site_id = 0 and account_id = $1', [id])
}

/** Gives a role at the site of the session, in place of the one before; null takes it away. Gives whether anything changed. */
export async function setRole(
  session: Session,
  siteId: number,
  id: number,
  role: Role | null,
  now: string,
): Promise<boolean> {
  const changed =
    role === null
      ? await session.execute('delete from account_roles where site_id = $1 and account_id = $2', [
          siteId,
          id,
        ])
      : await session.execute(
          `insert into account_roles (site_id, account_id, role, given_at) values ($1, $2, $3, $4)
           on conflict (site_id, account_id) do update set role = excluded.role, given_at = excluded.given_at`,
          [siteId, id, role, now],
        )
  return changed > 0
}

export interface AttemptLimits {
  readonly free: number
  readonly seconds: number
  readonly secondsMax: number
  readonly max: number
}

export interface Attempt {
  readonly isLocked: boolean
  /** Absent while it is locked or disabled. */
  readonly account?: {
    readonly id: number
    readonly name: string
    readonly password: string | null
  }
}

/**
 * Counts an attempt to sign in as failed and locks the account if it is one too many; gives the account if it may be
 * tried. Undefined: there is none of this name.
 */
export async function takeAttempt(
  session: Session,
  nameKey: string,
  now: string,
  limits: AttemptLimits,
): Promise<Attempt | undefined> {
  const [row] = await session.query<{
    id: number
    name: string
    password: string | null
    isDisabled: boolean
    isLocked: boolean
    failures: number
  }>(
    `select account_id as id, name, password, disabled_at is not null as "isDisabled",
       coalesce(locked_until > $2, false) as "isLocked", failures
     from accounts where site_id = 0 and name_key = $1 for update`,
    [nameKey, now],
  )
  if (row === undefined) return undefined
  if (row.isLocked || row.isDisabled) return { isLocked: row.isLocked }
  const failures = row.failures + 1
  await session.execute(
    'update accounts set failures = $2, locked_until = $3 where site_id = 0 and account_id = $1',
    [row.id, failures, lockedUntil(failures, now, limits)],
  )
  return { isLocked: false, account: row }
}

/** Until when so many failures lock; `infinity` until somebody unlocks. */
function lockedUntil(
  failures: number,
  now: string,
  { free, seconds, secondsMax, max }: AttemptLimits,
): string | null {
  if (failures >= max) return 'infinity'
  if (failures <= free) return null
  const locked = Math.min(seconds * 2 ** (failures - free - 1), secondsMax)
  return new Date(Date.parse(now) + locked * 1000).toISOString()
}

/** Notes that somebody signed in; a hash of old parameters is replaced if it is still the one that was tried. */
export async function noteSignIn(
  session: Session,
  id: number,
  now: string,
  renewed: { readonly from: string; readonly to: string } | undefined,
): Promise<void> {
  await session.execute(
    `update accounts set failures = 0, locked_until = null, signed_in_at = $2,
       password = case when password = $3 then $4 else password end
     where site_id = 0 and account_id = $1`,
    [id, now, renewed?.from ?? null, renewed?.to ?? null],
  )
}
