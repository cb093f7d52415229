import { statfsSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool, type PoolClient, type PoolConfig } from 'pg'
import { RollcallError } from '../errors.ts'
import { DATABASE } from './embedded-cluster.ts'
import { joinEmbedded, type Embedded, type EmbeddedOptions, OTHERS_CONNECTED } from './embedded.ts'
import { migrate, pendingMigrations, readMigrations, standing } from './migrate.ts'
import { ROLES } from './roles.ts'
import { transaction, type Session } from './session.ts'
import { checkedSite, type LockOptions, lockForSession, siteLock } from './site-lock.ts'
import { full, translated } from './unreachable.ts'
import { type DeadRows, rewriteEmbedded, vacuumServer } from './vacuum.ts'
import { VALUE_TYPES } from './values.ts'
import { DEFAULT_WAIT_LIMITS, type WaitLimits } from './waits.ts'
import { introduce, watchAnswers } from './watch.ts'

export type { Session } from './session.ts'
export type { LockOptions } from './site-lock.ts'

/** How often a server is looked for anew that was killed a moment ago, and how long to wait in between. */
const DYING_LOOKS = 20
const DYING_WAIT_MS = 100
/** The log grows by files of 16 MiB. */
const ROOM_BYTES_MIN = 16 * 1024 * 1024

/** What belongs to no site has this for its site: accounts, the installation's own contacts, its audit log. */
export const INSTALLATION = 0

/** Which database to use. */
export interface DatabaseConfig {
  /** Folder of the embedded database; unused with a server. */
  readonly home: string
  /** A server, as the restricted role. Undefined: the embedded database. */
  readonly databaseUrl: string | undefined
  /** The same database as its owner, for migrations. */
  readonly ownerUrl: string | undefined
  /** How long a server may keep us waiting. */
  readonly waits?: WaitLimits
}

export interface DatabaseOptions extends EmbeddedOptions {
  /** Most connections at a time. */
  readonly connections?: number
  /** The embedded database, where it is being joined already. */
  readonly joined?: Promise<Embedded>
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
  /** The same for the rows of the installation, which are of no site. */
  installation<T>(work: (session: Session) => Promise<T>): Promise<T>
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
  /** How to connect as the same role, for a library that brings connections of its own. */
  readonly connection: PoolConfig
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
    config.databaseUrl === undefined
      ? await (options.joined ?? joinEmbedded(config.home, options))
      : undefined
  const waits = config.waits ?? DEFAULT_WAIT_LIMITS
  const connection: PoolConfig =
    embedded === undefined
      ? { connectionString: config.databaseUrl }
      : { host: embedded.socketFolder, user: ROLES.app, database: DATABASE }
  const pool = new Pool({
    ...connection,
    max: options.connections ?? 10,
    application_name: 'rollcall',
    connectionTimeoutMillis: waits.databaseConnectSecondsMax * 1000,
    keepAlive: true,
    keepAliveInitialDelayMillis: waits.databaseSilenceSecondsMax * 1000,
    types: VALUE_TYPES,
    // Times come back as text; it is the same text whatever the server's zone.
    options: '-c TimeZone=UTC -c DateStyle=ISO',
  })
  // Connections that are lost while idle are replaced; those in use fail the statement that they carry.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  try {
    const { version } = await found(pool, embedded)
    return new OpenDatabase(pool, embedded, describe(config, embedded, version), {
      url: config.databaseUrl,
      connection,
      waits,
    })
  } catch (error) {
    await pool.end().catch(() => {})
    await embedded?.leave()
    throw translated(error)
  }
}

/** The embedded server may have been killed a moment ago, and still look alive: then it is started again. */
async function found(pool: Pool, embedded: Embedded | undefined): Promise<{ version: string }> {
  for (let look = 1; ; look++) {
    try {
      return await checked(pool, embedded)
    } catch (error) {
      if (embedded === undefined || look === DYING_LOOKS || !isUnreachable(error)) throw error
      await sleep(DYING_WAIT_MS)
      await embedded.ensure()
    }
  }
}

function isUnreachable(error: unknown): boolean {
  const known = translated(error)
  return known instanceof RollcallError && known.code === 'ERR_DATABASE_UNREACHABLE'
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

function describe(config: DatabaseConfig, embedded: Embedded | undefined, version: string): string {
  if (embedded !== undefined) return `embedded ${version} in ${embedded.base}`
  const url = new URL(config.databaseUrl ?? '')
  const host = decodeURIComponent(url.host) || url.searchParams.get('host') || 'localhost'
  return `${version} at ${host}${url.pathname} as ${decodeURIComponent(url.username)}`
}

class OpenDatabase implements Database {
  readonly description: string
  readonly connection: PoolConfig
  readonly #pool: Pool
  readonly #embedded: Embedded | undefined
  readonly #server: { readonly url: string | undefined; readonly waits: WaitLimits }
  /** By connection, the process on the server that serves it. */
  readonly #serverProcesses = new WeakMap<PoolClient, number>()

  constructor(
    pool: Pool,
    embedded: Embedded | undefined,
    description: string,
    server: {
      readonly url: string | undefined
      readonly connection: PoolConfig
      readonly waits: WaitLimits
    },
  ) {
    this.#pool = pool
    this.#embedded = embedded
    this.description = description
    this.#server = server
    this.connection = server.connection
  }

  site<T>(siteId: number, work: (session: Session) => Promise<T>): Promise<T> {
    return this.#connected((client) => transaction(client, beginFor(siteId), work))
  }

  installation<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#connected((client) => transaction(client, begin(INSTALLATION), work))
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
    const alone = await this.#isAlone()
    await this.#pool.end()
    await this.#embedded?.leave({ ...options, alone })
  }

  /** Whether nobody but Rollcall is connected; false too where that cannot be told without connecting anew. */
  async #isAlone(): Promise<boolean> {
    if (this.#embedded === undefined || this.#pool.idleCount === 0) return false
    const found = await this.#pool.query(OTHERS_CONNECTED).catch(() => undefined)
    return found?.rowCount === 0
  }

  /** A connection for `work`. One that failed in any way that matters is thrown away by the pool. */
  async #connected<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#connect()
    const endWatch = await this.#watched(client)
    try {
      const result = await work(client)
      client.release()
      return result
    } catch (error) {
      const known = translated(error)
      client.release(known !== error || known instanceof RollcallError)
      throw this.#isFull(known) ? full(known) : known
    } finally {
      endWatch()
    }
  }

  /** PostgreSQL breaks down when its log has no room, and does not always get to say so. */
  #isFull(known: unknown): boolean {
    if (this.#embedded === undefined || !isUnreachable(known)) return false
    const { bavail, bsize } = statfsSync(path.join(this.#embedded.base, 'pg'))
    return bavail * bsize < ROOM_BYTES_MIN
  }

  /** The embedded server is on this machine: it answers, or is dead and its socket closed. */
  async #watched(client: PoolClient): Promise<() => void> {
    const { url, waits } = this.#server
    if (url === undefined) return () => {}
    let serverProcess = this.#serverProcesses.get(client)
    if (serverProcess === undefined) {
      serverProcess = await introduce(client)
      this.#serverProcesses.set(client, serverProcess)
    }
    return watchAnswers(client, serverProcess, url, waits)
  }

  /** The embedded server may have been killed, or stopped by hand: it is ours to start. */
  async #connect(): Promise<PoolClient> {
    for (let look = 1; ; look++) {
      try {
        return await this.#pool.connect()
      } catch (error) {
        const isOurs = this.#embedded !== undefined && isUnreachable(error)
        if (!isOurs || look === DYING_LOOKS) throw translated(error)
        if (look > 1) await sleep(DYING_WAIT_MS)
        await this.#embedded.ensure()
      }
    }
  }
}

function beginFor(siteId: number): string {
  return begin(checkedSite(siteId))
}

function begin(siteId: number): string {
  return `begin; select set_config('rollcall.site', '${siteId}', true)`
}
