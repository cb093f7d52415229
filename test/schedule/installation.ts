/** PostgreSQL on a server that other hosts reach, migrated, with a folder of deliveries: what several processes share. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Client } from 'pg'
import { DEFAULT_READ_LIMITS } from '../../src/ims/limits.ts'
import { importDelivery } from '../../src/import/run.ts'
import { type Database, openDatabase } from '../../src/store/connect.ts'
import { createSite, setSource, sourceNamed } from '../../src/store/sites.ts'
import { SERVER_ROLES } from '../database.ts'
import { startServer } from '../server.ts'

const ROLLCALL = path.resolve(import.meta.dirname, '../../rollcall')

export interface Installation {
  readonly database: Database
  readonly folder: string
  readonly deliveries: string
  /** A superuser's connection to the database. */
  readonly client: Client
  /** What a process of it is started with on a host that reaches the server by this address. */
  environment(server: string): NodeJS.ProcessEnv
  /** A site whose first delivery was imported on the command line. */
  site(name: string, first: string): Promise<number>
  stop(): Promise<void>
}

/** @param settings of PostgreSQL; by default not durable. */
export async function startInstallation(
  programs: string,
  settings: readonly string[] = ['fsync=off'],
): Promise<Installation> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-installation-'))
  fs.chmodSync(folder, 0o755)
  const hba = path.join(folder, 'pg_hba.conf')
  fs.writeFileSync(hba, 'host all all 0.0.0.0/0 scram-sha-256\n', { mode: 0o644 })
  const listening = ['max_connections=100', 'listen_addresses=*', `hba_file=${hba}`]
  const server = await startServer(programs, [...listening, ...settings])
  const deliveries = path.join(folder, 'deliveries')
  const url = (user: string, host: string): string => {
    const made = new URL(server.url)
    const { password } = SERVER_ROLES
    Object.assign(made, { username: user, password, hostname: host, pathname: '/rollcall' })
    return made.href
  }
  const environment = (host: string): NodeJS.ProcessEnv => ({
    DATABASE_URL: url(SERVER_ROLES.app, host),
    ROLLCALL_DELIVERIES_FOLDER: deliveries,
    ROLLCALL_HOME: path.join(folder, 'home'),
    ROLLCALL_LOG_LEVEL: 'debug',
  })
  const superuser = new Client(server.url)
  await superuser.connect()
  await superuser.query(`create database rollcall owner ${SERVER_ROLES.owner}`)
  await superuser.end()
  const own = { DATABASE_OWNER_URL: url(SERVER_ROLES.owner, '127.0.0.1') }
  const env = { PATH: process.env['PATH'], ...environment('127.0.0.1'), ...own }
  const migrated = spawnSync(ROLLCALL, ['migrate'], { env, encoding: 'utf8' })
  if (migrated.status !== 0) throw new Error(migrated.stderr)
  const databaseUrl = url(SERVER_ROLES.app, '127.0.0.1')
  const database = await openDatabase({ home: folder, databaseUrl, ownerUrl: undefined })
  const client = new Client(url('postgres', '127.0.0.1'))
  await client.connect()
  return {
    database,
    folder,
    deliveries,
    client,
    environment,
    async site(name, first) {
      const { id } = await createSite(database, name)
      const source = await sourceNamed(database, id, 'default')
      // As wide as may be: the nights of these tests add many.
      const widest = { percent: 100, floor: 500 }
      const limits = { 'persons.added': widest, 'persons.added.school': widest }
      await setSource(database, id, source, { limits })
      const file = path.join(folder, 'first.xml')
      fs.writeFileSync(file, first)
      await importDelivery({
        database,
        siteId: id,
        sourceId: source.id,
        file,
        deliveriesFolder: deliveries,
        limits: DEFAULT_READ_LIMITS,
        sender: 'test',
        channel: 'command line',
        dryRun: false,
        acceptOlder: false,
        now: () => new Date(),
        onProgress() {},
      })
      return id
    },
    async stop() {
      await client.end()
      await database.close()
      await server.stop()
      fs.rmSync(folder, { recursive: true, force: true })
    },
  }
}
