/**
 * Databases for *.db.test.ts: each is a copy of a migrated template, in one cluster that a whole run of the tests shares.
 * scripts/test runs the same files on the embedded cluster and on a server (ROLLCALL_TEST_DATABASE).
 */
import { createHash, randomBytes } from 'node:crypto'
import os from 'node:os'
import path from 'node:path'
import { after } from 'node:test'
import { Client, type ClientConfig } from 'pg'
import { openDatabase, type Database, type DatabaseConfig } from '../src/store/connect.ts'
import { joinEmbedded } from '../src/store/embedded.ts'
import { LOCK_CLASS, migrate, readMigrations } from '../src/store/migrate.ts'
import { ROLES } from '../src/store/roles.ts'

/** Which cluster the tests run on. */
export const variant: 'embedded' | 'server' =
  process.env['ROLLCALL_TEST_DATABASE'] === 'server' ? 'server' : 'embedded'

/** Whether both are tried in this run, so that what is tried many times may be parted between them. */
export const shared = process.env['ROLLCALL_TEST_SERVER'] !== undefined

/** The names of the roles differ on the server, for there they are the customer's. */
export const SERVER_ROLES = { owner: 'school_owner', app: 'school_app', password: 'only a test' }

/** Roles of the cluster that the tests run on. */
export const roles = variant === 'server' ? SERVER_ROLES : { ...ROLES, password: '' }

/** A database of a test's own. */
export interface TestDatabase {
  /** As a server is configured, on either cluster. */
  readonly config: DatabaseConfig
  /** Opened as the program opens it. */
  readonly database: Database
  /** How to connect as the owner of its tables, and as the superuser of the cluster. */
  readonly owner: ClientConfig
  readonly superuser: ClientConfig
  readonly app: ClientConfig
  /** Drops it. */
  close(): Promise<void>
}

interface Cluster {
  url(user: string, database: string): string
  leave(): Promise<void>
}

async function joinCluster(): Promise<Cluster> {
  if (variant === 'server') {
    const base = process.env['ROLLCALL_TEST_SERVER']
    if (base === undefined) throw new Error('Run these by scripts/test, which starts the server')
    return {
      url(user, database) {
        const url = new URL(base)
        if (user !== 'postgres') url.password = roles.password
        url.username = user
        url.pathname = database
        return url.href
      },
      leave: () => Promise.resolve(),
    }
  }
  const home = process.env['ROLLCALL_TEST_HOME'] ?? ownHome()
  // Nothing in it has to outlive the machine.
  const embedded = await joinEmbedded(home, { settings: { fsync: 'off', full_page_writes: 'off' } })
  const host = encodeURIComponent(embedded.socketFolder)
  return {
    url: (user, database) => `postgresql://${user}@${host}/${database}`,
    leave: () => embedded.leave(),
  }
}

function ownHome(): string {
  return path.join(os.tmpdir(), `rollcall-test-${process.getuid?.() ?? 0}`)
}

/** A new database for the test or file that asks, dropped when that is over. */
export async function testDatabase(
  options: { readonly migrated?: boolean } = {},
): Promise<TestDatabase> {
  const made = await createDatabase(options)
  after(() => made.close())
  return made
}

/** A new database; migrated unless `migrated` is false, then it is not opened either. */
export async function createDatabase(
  options: { readonly migrated?: boolean } = {},
): Promise<TestDatabase> {
  const { migrated = true } = options
  const cluster = await joinCluster()
  const name = `test_${process.pid}_${randomBytes(4).toString('hex')}`
  const superuser = new Client(cluster.url('postgres', 'postgres'))
  superuser.on('error', () => {})
  await superuser.connect()
  await superuser.query(`set application_name = 'rollcall test'`)
  const template = migrated ? `template ${await makeTemplate(superuser, cluster)}` : ''
  await superuser.query(`create database ${name} ${template} owner ${roles.owner}`)
  const config: DatabaseConfig = {
    home: '/nonexistent',
    databaseUrl: cluster.url(roles.app, name),
    ownerUrl: cluster.url(roles.owner, name),
  }
  const database = migrated ? await openDatabase(config) : undefined
  const as = (user: string): ClientConfig => ({
    connectionString: cluster.url(user, name),
    application_name: 'rollcall test',
  })
  return {
    config,
    get database() {
      if (database === undefined) throw new Error('a database that is not migrated is not opened')
      return database
    },
    owner: as(roles.owner),
    superuser: as('postgres'),
    app: as(roles.app),
    async close() {
      await database?.close()
      await superuser.query(`drop database if exists ${name} with (force)`)
      await superuser.end()
      await cluster.leave()
    },
  }
}

/** Name of a database that has had the migrations as they are now; made by whoever comes first. */
async function makeTemplate(superuser: Client, cluster: Cluster): Promise<string> {
  const migrations = readMigrations()
  const hash = createHash('sha256').update(JSON.stringify(migrations)).digest('hex').slice(0, 16)
  const name = `template_${hash}`
  await superuser.query(`select pg_advisory_lock(${LOCK_CLASS}, 1)`)
  try {
    const found = await superuser.query('select from pg_database where datname = $1', [name])
    if (found.rowCount === 0) {
      await superuser.query(`drop database if exists ${name}_new`)
      await superuser.query(`create database ${name}_new owner ${roles.owner}`)
      await migrate(
        { connectionString: cluster.url(roles.owner, `${name}_new`) },
        { appRole: roles.app, migrations },
      )
      await superuser.query(`alter database ${name}_new rename to ${name}`)
    }
  } finally {
    await superuser.query(`select pg_advisory_unlock(${LOCK_CLASS}, 1)`)
  }
  return name
}

/** Runs `work` on a connection of its own. */
export async function connected<T>(
  config: ClientConfig,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client(config)
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
