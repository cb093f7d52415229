/**
 * First imports into a PostgreSQL server (Debian's, its defaults, on the loopback) against a bare COPY of the rows that
 * they leave in the roster, into tables without an index and into tables with the roster's keys and indexes:
 *
 *     node bench/server.ts FOLDER [--rounds 3] [--json docs/performance.json]
 *
 * Needs base.xml of bench/deliveries.ts and Debian's packages postgresql and postgresql-client. A minute and a half a round.
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { Client } from 'pg'
import { SERVER_ROLES } from '../test/database.ts'
import { findServer, startServer } from '../test/server.ts'
import { type Peer, Results, rollcall } from './measure.ts'

/** Everything that a roster is; journal, mirror, runs and counts are ours. */
const ROSTER = [
  'persons',
  'groups',
  'group_links',
  'courses',
  'course_members',
  'memberships',
  'relations',
] as const

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '3' }, json: { type: 'string' } },
})
const folder = positionals[0]
if (folder === undefined) throw new Error('name the folder that bench/deliveries.ts filled')
const file = path.resolve(folder, 'base.xml')
const programs = findServer()
if (programs === undefined) throw new Error("install Debian's package postgresql")
const results = new Results()

for (let round = 1; round <= Number(values.rounds); round++) await once(programs)
results.print(values.json)

async function once(server: string): Promise<void> {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-bench-'))
  const running = await startServer(server, ['max_connections=100'])
  try {
    const database = await makeDatabase(running.url)
    const as = (user: string): string => {
      const of = new URL(database)
      of.username = user
      return of.href
    }
    const env = { DATABASE_URL: as(SERVER_ROLES.app), DATABASE_OWNER_URL: as(SERVER_ROLES.owner) }
    await rollcall(['migrate'], home, env)
    const ours = await rollcall(['import', '--json', file], home, env)
    const { outcome } = JSON.parse(ours.output) as { outcome: string }
    if (outcome !== 'applied') throw new Error(outcome)
    const bytes = fs.statSync(file).size
    for (const [name, like] of [
      ['bare COPY', ''],
      ['COPY with indexes', 'including indexes'],
    ] as const) {
      const seconds = await copySeconds(database, home, like)
      const peer: Peer = { name, seconds, cpuSeconds: undefined }
      results.add(`first import, server, × ${name}`, ours, peer, bytes)
    }
  } finally {
    await running.stop()
    fs.rmSync(home, { recursive: true, force: true })
  }
}

async function makeDatabase(url: string): Promise<string> {
  const admin = new Client(url)
  await admin.connect()
  await admin.query(
    `create database bench owner ${SERVER_ROLES.owner} encoding 'UTF8' template template0`,
  )
  await admin.end()
  const database = new URL(url)
  database.pathname = '/bench'
  return database.href
}

/** Seconds in which psql copies the roster's rows, in one transaction, into tables like the roster's. */
async function copySeconds(database: string, home: string, like: string): Promise<number> {
  const schema = 'bare'
  const admin = new Client(database)
  await admin.connect()
  await admin.query(`drop schema if exists ${schema} cascade; create schema ${schema}`)
  for (const table of ROSTER) {
    await admin.query(`create table ${schema}.${table} (like public.${table} ${like})`)
  }
  await admin.end()
  const rowsOf = (table: string): string => path.join(home, `${table}.rows`)
  if (!fs.existsSync(rowsOf(ROSTER[0]))) {
    psql(
      database,
      ROSTER.map((table) => `\\copy public.${table} to '${rowsOf(table)}'`),
    )
  }
  const started = performance.now()
  psql(database, [
    'begin',
    ...ROSTER.map((table) => `\\copy ${schema}.${table} from '${rowsOf(table)}'`),
    'commit',
  ])
  return (performance.now() - started) / 1000
}

function psql(database: string, commands: readonly string[]): void {
  const args = commands.flatMap((command) => ['-c', command])
  const { status, stderr } = spawnSync('psql', ['-qX', '-v', 'ON_ERROR_STOP=1', database, ...args])
  if (status !== 0) throw new Error(`psql: ${String(stderr)}`)
}
