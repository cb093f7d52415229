/** A PostgreSQL server beside the embedded one: Debian's programs, TCP on the loopback, passwords, roles of other names. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { SERVER_ROLES } from './database.ts'
import { freePort } from './free-port.ts'

const DEBIAN = '/usr/lib/postgresql'
const START_LIMIT_MS = 30_000

/** Folder with initdb and postgres: Debian's newest, else what is on the PATH; undefined if there is none. */
export function findServer(): string | undefined {
  const versions = fs.existsSync(DEBIAN) ? fs.readdirSync(DEBIAN) : []
  const debian = versions
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => path.join(DEBIAN, version, 'bin'))
  const onPath = (process.env['PATH'] ?? '').split(path.delimiter)
  return [...debian, ...onPath].find((folder) =>
    ['initdb', 'postgres'].every((program) => fs.existsSync(path.join(folder, program))),
  )
}

/** A running server. */
export interface TestServer {
  /** URL of its superuser, for ROLLCALL_TEST_SERVER. */
  readonly url: string
  /** Stops and starts it, as `pg_ctl restart -m` does: `fast` ends sessions in good order, `immediate` does not. */
  restart(mode: 'fast' | 'immediate'): Promise<void>
  stop(): Promise<void>
}

/**
 * Makes a cluster in a temporary folder and starts it. Throws with what PostgreSQL said if it does not work.
 * @param more Settings beside where it listens; by default those of the tests.
 */
export async function startServer(
  programs: string,
  more: readonly string[] = ['fsync=off', 'full_page_writes=off', 'max_connections=100'],
): Promise<TestServer> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-server-'))
  const as = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : undefined
  if (as !== undefined) fs.chownSync(folder, as.uid, as.gid)
  const passwordFile = path.join(folder, 'password')
  fs.writeFileSync(passwordFile, SERVER_ROLES.password, { mode: 0o644 })
  const cluster = path.join(folder, 'pg')
  const made = spawnSync(
    path.join(programs, 'initdb'),
    [
      '-D',
      cluster,
      '-U',
      'postgres',
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
    ].concat(['-N', `--pwfile=${passwordFile}`]),
    { ...as, cwd: folder, encoding: 'utf8', env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' } },
  )
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr || String(made.error)}`)
  const port = await freePort()
  const log = fs.openSync(path.join(folder, 'log'), 'a')
  const settings = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    `unix_socket_directories=`,
    ...more,
  ]
  const run = (): ChildProcess =>
    spawn(
      path.join(programs, 'postgres'),
      ['-D', cluster, ...settings.flatMap((setting) => ['-c', setting])],
      { ...as, cwd: folder, stdio: ['ignore', log, log], env: { LC_ALL: 'C' } },
    )
  let child = run()
  const url = `postgresql://postgres:${encodeURIComponent(SERVER_ROLES.password)}@127.0.0.1:${port}/postgres`
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill(signal)
    await once(child, 'exit')
  }
  const stop = async (): Promise<void> => {
    await end('SIGINT')
    fs.rmSync(folder, { recursive: true, force: true })
  }
  try {
    await makeRoles(child, url)
  } catch (error) {
    const said = fs.readFileSync(path.join(folder, 'log'), 'utf8')
    await stop()
    throw new Error(`the server did not start: ${said}`, { cause: error })
  }
  return {
    url,
    async restart(mode) {
      await end(mode === 'fast' ? 'SIGINT' : 'SIGQUIT')
      child = run()
      await (await firstConnection(child, url)).end()
    },
    stop,
  }
}

async function makeRoles(server: ChildProcess, url: string): Promise<void> {
  const client = await firstConnection(server, url)
  try {
    const { owner, app, password } = SERVER_ROLES
    // What docs/database.md tells the administrator of a server to run.
    await client.query(`create role ${owner} login createrole password '${password}'`)
    await client.query(`create role ${app} login noinherit password '${password}'`)
  } finally {
    await client.end()
  }
}

async function firstConnection(server: ChildProcess, url: string): Promise<Client> {
  for (const until = Date.now() + START_LIMIT_MS; ;) {
    const client = new Client(url)
    client.on('error', () => {})
    try {
      await client.connect()
      return client
    } catch (error) {
      if (Date.now() > until || server.exitCode !== null) throw error
      await sleep(50)
    }
  }
}
