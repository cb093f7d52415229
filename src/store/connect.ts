import { Pool, type PoolClient } from 'pg'
import { RollcallError } from '../errors.ts'
import { DATABASE } from './embedded-cluster.ts'
import { joinEmbedded, type Embedded, type EmbeddedOptions } from './embedded.ts'
import { LOCK_CLASS, migrate, pendingMigrations, readMigrations, standing } from './migrate.ts'
import { ROLES } from './roles.ts'
import { transaction, type Session } from './session.ts'
import { translated } from './unreachable.ts'
import { type DeadRows, rewriteEmbedded, vacuumServer } from './vacuum.ts'
import { VALUE_TYPES } from './values.ts'

export type { Session } from './session.ts'

const LOCK_NOT_AVAILABLE = '55P03'
const LOCK_WAIT_MS = 60_000

/** Which database to use. */
export interface DatabaseConfig {
  /** Folder of the embedded database; unused with a server. */
  readonly home: string
  /** A server, as the restricted role. Undefined: the embedded database. */
  readonly databaseUrl: string | undefined
  /** The same database as its owner, for migrations. */
  readonly ownerUrl: string | undefined
}

export interface DatabaseOptions extends EmbeddedOptions {
  /** Most connections at a time. */
  readonly connections?: number
}

/** How long to wait for a site that another run holds. */
export interface LockOptions {
  /** Milliseconds; 60,000 unless said. */
  readonly waitMs?: number
  /** Called once if there is anything to wait for. */
  readonly onWait?: () => void
}

/** A site that is held against other runs, over several transactions. */
export interface HeldSite {
  /** One transaction, on the connection that holds the site: if that is lost, so is the transaction. */
  transaction<T>(work: (session: Session) => Promise<T>): Promise<T>
  /** Statements sent since the site was asked for. */
  readonly statements: number
}

/** The database, opened as the restricted role. */
export interface Database {
  /** One transaction that sees and writes the rows of one site. */
  site<T>(siteId: number, work: (session: Session) => Promise<T>): Promise<T>
  /**
   * Holds a site from compare to commit: others that ask for it wait.
   * @throws RollcallError ERR_SITE_BUSY when it is not free in time.
   */
  holdSite<T>(
    siteId: number,
    work: (held: HeldSite) => Promise<T>,
    options?: LockOptions,
  ): Promise<T>
  /** One transaction that sees the rows of all sites; it writes to `sites` only. */
  operator<T>(work: (session: Session) => Promise<T>): Promise<T>
  /** Has PostgreSQL let go of rows that were changed or deleted, as far as it can be told to; outside any transaction. */
  vacuum(): Promise<DeadRows>
  /** Closes all connections; leaves the embedded database. */
  close(options?: { readonly wait?: boolean }): Promise<void>
  /** What and where, for people; no password. */
  readonly description: string
}

/**
 * Opens the database: the server that DATABASE_URL names, else the embedded one, which is made, started and migrated as
 * needed. One query when all is well.
 * @throws RollcallError ERR_DATABASE_ROLE_TOO_STRONG, ERR_DATABASE_NOT_MIGRATED, ERR_DATABASE_NEWER,
 *   ERR_DATABASE_UNREACHABLE, or what `joinEmbedded` throws.
 */
export async function openDatabase(
  config: DatabaseConfig,
  options: DatabaseOptions = {},
): Promise<Database> {
  const embedded =
    config.databaseUrl === undefined ? await joinEmbedded(config.home, options) : undefined
  const pool = new Pool({
    ...(embedded === undefined
      ? { connectionString: config.databaseUrl }
      : { host: embedded.socketFolder, user: ROLES.app, database: DATABASE }),
    max: options.connections ?? 10,
    application_name: 'rollcall',
    connectionTimeoutMillis: 30_000,
    types: VALUE_TYPES,
    // Times come back as text; it is the same text whatever the server's zone.
    options: '-c TimeZone=UTC -c DateStyle=ISO',
  })
  // Connections that are lost while idle are replaced; those in use fail the statement that they carry.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  try {
    const { version } = await checked(pool, embedded)
    return new OpenDatabase(pool, embedded, describe(config, embedded, version))
  } catch (error) {
    await pool.end().catch(() => {})
    await embedded?.leave()
    throw translated(error)
  }
}

async function checked(pool: Pool, embedded: Embedded | undefined): Promise<{ version: string }> {
  const migrations = readMigrations()
  let found = await standing(pool)
  if (found.strong !== null) {
    throw new RollcallError(
      'ERR_DATABASE_ROLE_TOO_STRONG',
      `The role ${found.role} is ${found.strong}: row-level security would not keep sites apart`,
      { hint: 'Let DATABASE_URL name a role that owns nothing; see docs/database.md.' },
    )
  }
  if (pendingMigrations(migrations, found.applied ?? []).length > 0) {
    if (embedded === undefined) {
      throw new RollcallError(
        'ERR_DATABASE_NOT_MIGRATED',
        `The database has not been migrated to this version, or not for the role ${found.role}`,
        {
          hint: 'Set DATABASE_OWNER_URL to the same database as its owner, and run: rollcall migrate',
        },
      )
    }
    const owner = { host: embedded.socketFolder, user: ROLES.owner, database: DATABASE }
    await migrate(owner, { appRole: ROLES.app, migrations })
    found = await standing(pool)
  }
  return { version: /^PostgreSQL \S+/.exec(found.version)?.[0] ?? 'PostgreSQL' }
}

/**
 * Migrates the database: for `rollcall migrate`. Gives the names of the migrations that were run.
 * @throws RollcallError as `migrate` does; ERR_USAGE when a server is set without its owner.
 */
export async function migrateDatabase(
  config: DatabaseConfig,
  options: DatabaseOptions = {},
): Promise<readonly string[]> {
  if (config.databaseUrl !== undefined) {
    if (config.ownerUrl === undefined) {
      throw new RollcallError('ERR_USAGE', 'DATABASE_OWNER_URL is not set', {
        hint: 'It names the same database as DATABASE_URL, as its owner.',
      })
    }
    const appRole = decodeURIComponent(new URL(config.databaseUrl).username)
    return migrate({ connectionString: config.ownerUrl }, { appRole })
  }
  const embedded = await joinEmbedded(config.home, options)
  try {
    const owner = { host: embedded.socketFolder, user: ROLES.owner, database: DATABASE }
    return await migrate(owner, { appRole: ROLES.app })
  } finally {
    await embedded.leave()
  }
}

function describe(config: DatabaseConfig, embedded: Embedded | undefined, version: string): string {
  if (embedded !== undefined) return `embedded ${version} in ${embedded.base}`
  const url = new URL(config.databaseUrl ?? '')
  const host = decodeURIComponent(url.host) || url.searchParams.get('host') || 'localhost'
  return `${version} at ${host}${url.pathname} as ${decodeURIComponent(url.username)}`
}

class OpenDatabase implements Database {
  readonly description: string
  readonly #pool: Pool
  readonly #embedded: Embedded | undefined

  constructor(pool: Pool, embedded: Embedded | undefined, description: string) {
    this.#pool = pool
    this.#embedded = embedded
    this.description = description
  }

  site<T>(siteId: number, work: (session: Session) => Promise<T>): Promise<T> {
    return this.#connected((client) => transaction(client, beginFor(siteId), work))
  }

  operator<T>(work: (session: Session) => Promise<T>): Promise<T> {
    // Row-level security keeps our own statements from straying to another site. It does not bind whoever has taken the
    // program over, who could name any site as well as turn into this role.
    return this.#connected((client) =>
      transaction(client, `begin; set local role ${ROLES.operator}`, work),
    )
  }

  holdSite<T>(
    siteId: number,
    work: (held: HeldSite) => Promise<T>,
    options: LockOptions = {},
  ): Promise<T> {
    return this.#connected(async (client) => {
      let statements = 1 + (await lockForSession(client, siteId, options))
      try {
        return await work({
          get statements() {
            return statements
          },
          transaction: (inner) =>
            transaction(client, beginFor(siteId), inner, (sent) => (statements += sent)),
        })
      } finally {
        await client.query(`select pg_advisory_unlock(${siteLock(siteId)})`).catch(() => {})
      }
    })
  }

  vacuum(): Promise<DeadRows> {
    const embedded = this.#embedded
    return embedded === undefined
      ? this.#connected(vacuumServer)
      : rewriteEmbedded(embedded.socketFolder)
  }

  async close(options: { readonly wait?: boolean } = {}): Promise<void> {
    await this.#pool.end()
    await this.#embedded?.leave(options)
  }

  /** A connection for `work`. One that failed in any way that matters is thrown away by the pool. */
  async #connected<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#connect()
    try {
      const result = await work(client)
      client.release()
      return result
    } catch (error) {
      const known = translated(error)
      client.release(known !== error || known instanceof RollcallError)
      throw known
    }
  }

  async #connect(): Promise<PoolClient> {
    try {
      return await this.#pool.connect()
    } catch (error) {
      const known = translated(error)
      if (this.#embedded === undefined || known === error) throw known
    }
    // The embedded server was killed, or stopped by hand: it is ours to start.
    await this.#embedded.ensure()
    return this.#pool.connect().catch((error: unknown) => {
      throw translated(error)
    })
  }
}

function beginFor(siteId: number): string {
  return `begin; select set_config('rollcall.site', '${checkedSite(siteId)}', true)`
}

function checkedSite(siteId: number): number {
  if (Number.isInteger(siteId) && siteId > 0 && siteId <= 0x7fffffff) return siteId
  throw new RollcallError('ERR_INTERNAL', `${siteId} is not the number of a site`)
}

function siteLock(siteId: number): string {
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
async function lockForSession(
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
