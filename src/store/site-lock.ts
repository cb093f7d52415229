import type { PoolClient } from 'pg'
import { RollcallError } from '../errors.ts'
import { LOCK_CLASS } from './migrate.ts'
import type { Session } from './session.ts'

const LOCK_NOT_AVAILABLE = '55P03'
const LOCK_WAIT_MS = 60_000

/** How long to wait for a site that another run holds. */
export interface LockOptions {
  /** Milliseconds; 60,000 unless said. */
  readonly waitMs?: number
  /** Called once if there is anything to wait for. */
  readonly onWait?: () => void
}

/** The number of a site, to be put into a statement. */
export function checkedSite(siteId: number): number {
  if (Number.isInteger(siteId) && siteId > 0 && siteId <= 0x7fffffff) return siteId
  throw new RollcallError('ERR_INTERNAL', `${siteId} is not the number of a site`)
}

/** What advisory locks of a site are called. */
export function siteLock(siteId: number): string {
  return `${LOCK_CLASS}, ${checkedSite(siteId)}`
}

/**
 * Holds the site of a session until its transaction ends.
 * @throws RollcallError ERR_SITE_BUSY when it is not free in time; the transaction is then of no more use.
 */
export async function lockSite(
  session: Session,
  siteId: number,
  options: LockOptions = {},
): Promise<void> {
  await waited(siteId, options, (text) => session.query(text), 'pg_advisory_xact_lock', 'set local')
}

/** The same for a whole connection; gives how many statements it took. */
export async function lockForSession(
  client: PoolClient,
  siteId: number,
  options: LockOptions,
): Promise<number> {
  let sent = 0
  const send = async (text: string): Promise<unknown[]> => {
    sent += 1
    return (await client.query(text)).rows as unknown[]
  }
  await waited(siteId, options, send, 'pg_advisory_lock', 'set')
  return sent
}

async function waited(
  siteId: number,
  { waitMs = LOCK_WAIT_MS, onWait = () => {} }: LockOptions,
  send: (text: string) => Promise<unknown[]>,
  lock: 'pg_advisory_lock' | 'pg_advisory_xact_lock',
  set: 'set' | 'set local',
): Promise<void> {
  const attempt = lock.replace('pg_', 'pg_try_')
  const [row] = await send(`select ${attempt}(${siteLock(siteId)}) as free`)
  if ((row as { free: boolean }).free) return
  onWait()
  try {
    // 0 would mean no limit.
    await send(`${set} lock_timeout = ${Math.max(1, Math.round(waitMs))}`)
    await send(`select ${lock}(${siteLock(siteId)})`)
    await send(`${set} lock_timeout = 0`)
  } catch (error) {
    if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE) throw error
    throw new RollcallError('ERR_SITE_BUSY', `Another run has held the site for ${waitMs} ms`, {
      hint: 'Wait until it has ended, then try again.',
      cause: error,
    })
  }
}
