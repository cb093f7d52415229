import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { RollcallError } from '../errors.ts'
import { sync } from './durable.ts'
import { majorOf, type Binaries } from './embedded-binaries.ts'
import { folderError, ownFolder, type Place } from './embedded-folder.ts'
import { DISK_FULL, serverEnvironment } from './embedded-postmaster.ts'
import { ROLES } from './roles.ts'

/** Who owns the whole embedded cluster. Only this launcher signs in as it; migrations and the program have lesser roles. */
export const SUPERUSER = 'postgres'
/** The program's database in the embedded cluster. */
export const DATABASE = 'rollcall'

const PREPARED = 'rollcall-prepared'

/** What the embedded server runs with. Durability first (fsync, synchronous_commit and full_page_writes stay on). */
export function settings(socketFolder: string, more: Readonly<Record<string, string>>): string[] {
  return Object.entries({
    listen_addresses: '',
    unix_socket_directories: `"${socketFolder.replaceAll('"', '""')}"`,
    unix_socket_permissions: '0700',
    cluster_name: 'rollcall',
    shared_buffers: '128MB',
    work_mem: '32MB',
    maintenance_work_mem: '128MB',
    temp_buffers: '32MB',
    effective_cache_size: '1GB',
    random_page_cost: '1.1',
    max_connections: '60',
    // A first import writes gigabytes in one go: few checkpoints, and nobody reads the log but recovery.
    wal_level: 'minimal',
    max_wal_senders: '0',
    max_wal_size: '2GB',
    min_wal_size: '256MB',
    checkpoint_timeout: '15min',
    // Old logs hold values of persons: they are deleted rather than kept to be written over.
    wal_recycle: 'off',
    wal_init_zero: 'off',
    // The program keeps the other core busy, and a container's /dev/shm may be too small for workers.
    max_parallel_workers_per_gather: '0',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    client_connection_check_interval: '2s',
    // Messages of failed statements quote values, which may be personal data: only the server's own doings are logged.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_checkpoints: 'off',
    ...more,
  }).map(([name, value]) => `${name}=${value}`)
}

/**
 * Makes the cluster if there is none. It is made under another name and renamed when whole, so that an initdb that was
 * killed or ran out of disk is never taken for a cluster.
 * @throws RollcallError ERR_EMBEDDED_FOLDER when it cannot be made, or was made by another major version.
 */
export async function makeCluster(
  binaries: Binaries,
  programs: string,
  place: Place,
): Promise<string> {
  const cluster = path.join(place.base, 'pg')
  if (fs.existsSync(cluster)) {
    checkVersion(cluster, majorOf(binaries))
    return cluster
  }
  const unfinished = path.join(place.base, 'pg.unfinished')
  try {
    fs.rmSync(unfinished, { recursive: true, force: true })
    ownFolder(unfinished, place)
  } catch (error) {
    throw folderError(`The database folder ${unfinished} cannot be made`, error)
  }
  const said = await run(path.join(programs, 'bin/initdb'), place, [
    '-D',
    unfinished,
    '-U',
    SUPERUSER,
    '--locale=C',
    '--encoding=UTF8',
    '--no-instructions',
    // Trust is enough: the only way in is a socket in a folder of mode 0700, and whoever may enter that folder may as
    // well read the cluster's files. There is no TCP port (listen_addresses).
    '--auth-local=trust',
    '--auth-host=reject',
  ])
  if (said !== undefined) {
    fs.rmSync(unfinished, { recursive: true, force: true })
    if (DISK_FULL.test(said)) {
      throw folderError(`The database cannot be made in ${place.base}`, { code: 'ENOSPC' })
    }
    throw new RollcallError(
      'ERR_EMBEDDED_FOLDER',
      `The database cannot be made in ${place.base}: ${said}`,
      {
        hint: said.includes('user does not exist')
          ? 'PostgreSQL runs only as a user that the system knows by name (an entry in /etc/passwd). Add one, or set DATABASE_URL to a server.'
          : 'Set ROLLCALL_HOME to another folder, or DATABASE_URL to a server.',
      },
    )
  }
  fs.renameSync(unfinished, cluster)
  // initdb has synced what is in it.
  sync(place.base)
  return cluster
}

function checkVersion(cluster: string, major: string): void {
  let made: string
  try {
    made = fs.readFileSync(path.join(cluster, 'PG_VERSION'), 'utf8').trim()
  } catch (error) {
    throw folderError(`${cluster} is not a database folder, or a damaged one`, error)
  }
  if (made === major) return
  throw new RollcallError(
    'ERR_EMBEDDED_FOLDER',
    `The database in ${cluster} was made by PostgreSQL ${made}; this program brings PostgreSQL ${major}`,
    {
      hint: `Nothing was changed. Move the data over as docs/database.md tells, or set ROLLCALL_HOME to another folder.`,
    },
  )
}

/** Runs one of PostgreSQL's programs; gives what it complained of, or undefined if it succeeded. */
function run(program: string, place: Place, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      ...place.as,
      cwd: place.base,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: serverEnvironment(),
    })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
    child.on('error', (error) => resolve(String(error)))
    child.on('close', (code) =>
      resolve(code === 0 ? undefined : said.trim() || `ended with ${code}`),
    )
  })
}

/** Whether roles and database of a cluster are known to be made. */
export function isPrepared(cluster: string): boolean {
  return fs.existsSync(path.join(cluster, PREPARED))
}

/** Makes the roles and the database in a new cluster; what is there already is left. */
export async function prepare(cluster: string, socketFolder: string): Promise<void> {
  const { Client } = await import('pg')
  const client = new Client({ host: socketFolder, user: SUPERUSER, database: 'postgres' })
  await client.connect()
  try {
    // Created by the owner, as on a server; PostgreSQL 16 and later then lets it grant membership in them.
    const has = async (query: string): Promise<boolean> =>
      (await client.query(query)).rowCount === 1
    if (!(await has(`select from pg_roles where rolname = '${ROLES.owner}'`))) {
      await client.query(`create role ${ROLES.owner} login createrole`)
    }
    await client.query(`set role ${ROLES.owner}`)
    if (!(await has(`select from pg_roles where rolname = '${ROLES.app}'`))) {
      await client.query(`create role ${ROLES.app} login noinherit`)
    }
    await client.query('reset role')
    if (!(await has(`select from pg_database where datname = '${DATABASE}'`))) {
      await client.query(`create database ${DATABASE} owner ${ROLES.owner}`)
    }
  } finally {
    await client.end()
  }
  fs.writeFileSync(path.join(cluster, PREPARED), '')
}
