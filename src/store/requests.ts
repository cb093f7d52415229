import type { Session } from './connect.ts'

/** A request that came with an idempotency key. */
export interface KeyedRequest {
  readonly caller: string
  readonly key: string
  /** SHA-256 of what was asked. */
  readonly fingerprint: Uint8Array
}

export interface KnownRequest {
  readonly same: boolean
  readonly beganAt: string
  readonly status: number | null
  readonly runId: number | null
  readonly answer: { readonly [name: string]: unknown } | null
}

/** Takes a key for a request; gives what is known where somebody has taken it since `since`. Older ones are forgotten. */
export async function takeKey(
  session: Session,
  siteId: number,
  { caller, key, fingerprint }: KeyedRequest,
  { now, since }: { readonly now: string; readonly since: string },
): Promise<KnownRequest | undefined> {
  await forgetRequests(session, siteId, since)
  const taken = await session.execute(
    `insert into requests (site_id, caller, key, fingerprint, began_at) values ($1, $2, $3, $4, $5)
     on conflict do nothing`,
    [siteId, caller, key, fingerprint, now],
  )
  if (taken > 0) return undefined
  const [known] = await session.query<KnownRequest>(
    `select fingerprint = $4 as same, began_at as "beganAt", status, run_id as "runId", answer
     from requests where site_id = $1 and caller = $2 and key = $3`,
    [siteId, caller, key, fingerprint],
  )
  return known
}

export async function noteAnswer(
  session: Session,
  siteId: number,
  { caller, key }: KeyedRequest,
  { status, runId, answer }: { status: number; runId: number | null; answer: object | null },
): Promise<void> {
  await session.execute(
    `update requests set status = $4, run_id = $5, answer = $6 where site_id = $1 and caller = $2 and key = $3`,
    [siteId, caller, key, status, runId, answer === null ? null : JSON.stringify(answer)],
  )
}

/** Gives a key back whose request was refused or broke off before it did anything. */
export async function giveKeyBack(
  session: Session,
  siteId: number,
  { caller, key }: KeyedRequest,
): Promise<void> {
  await session.execute(
    'delete from requests where site_id = $1 and caller = $2 and key = $3 and status is null',
    [siteId, caller, key],
  )
}

/** Forgets requests, with what they were answered, that began before a moment. */
export async function forgetRequests(
  session: Session,
  siteId: number,
  before: string,
): Promise<void> {
  await session.execute('delete from requests where site_id = $1 and began_at < $2', [
    siteId,
    before,
  ])
}
