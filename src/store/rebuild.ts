import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, type ClientConfig } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { RollcallError } from '../errors.ts'
import { columnList, type DumpedSequence, type DumpedTable, OUR_TABLES, quoted } from './dump.ts'
import { grant, makeOperator } from './grants.ts'
import {
  type Applied,
  LOCK_CLASS,
  migrate,
  pendingMigrations,
  readMigrations,
  RESTORING,
} from './migrate.ts'
import type { Owner } from './owner.ts'
import { translated } from './unreachable.ts'

/** Somebody else's table is waited for so long. */
const LOCK_WAIT = '10s'
/** How often it is looked whether somebody is there, and how long to wait in between. */
const LOOKS_MAX = 25
const LOOK_WAIT_MS = 200
const LOCK_NOT_AVAILABLE = '55P03'
/** What a service leaves that was started once and took nothing in; and what a restore brings along itself. */
const MAY_HOLD: ReadonlySet<string> = new Set(['installation', 'leases', 'drop_box_host_keys'])

/** What a backup has of a database. */
export interface Dump {
  /** Names the backup, for whoever finds a restore that did not end. */
  readonly id: string
  readonly migrations: readonly Applied[]
  readonly tables: readonly (DumpedTable & { readonly rows: number })[]
  readonly sequences: readonly DumpedSequence[]
  /** The rows of a table as COPY wrote them. */
  readonly read: (table: string) => NodeJS.ReadableStream
}

/** How far the database is with a restore. */
export type Beginning = 'empty' | 'begun before'

/**
 * Notes that a restore has begun: from now on nobody can open the database but another restore, until `endRestore`.
 * `mustBeEmptyToo` looks at what is outside of the database, unless one was begun before.
 * @throws RollcallError ERR_NOT_EMPTY when it holds anything; ERR_DATABASE_NEWER when the backup was made by a newer program.
 */
export async function beginRestore(
  owner: Owner,
  dump: Dump,
  mustBeEmptyToo: () => void,
): Promise<Beginning> {
  pendingMigrations(readMigrations(), dump.migrations)
  return asOwnerClient(owner.connection, async (client) => {
    await client.query(
      `create table if not exists migrations (
        version int primary key, name text not null, hash text not null, applied_at timestamptz not null default now())`,
    )
    const { rowCount } = await client.query('select from migrations where version = $1', [
      RESTORING,
    ])
    if (rowCount === 0) {
      await inTransaction(client, () => mustBeEmpty(client), 'rollback')
      mustBeEmptyToo()
    }
    await makeOperator(client, owner.appRole)
    await mustBeAlone(client, owner.appRole)
    await noteRestoring(client, dump.id)
    // Who comes meanwhile as the restricted role is to see why he cannot get in.
    await client.query(`grant select on migrations to ${quoted(owner.appRole)}`)
    return rowCount === 0 ? 'empty' : 'begun before'
  })
}

/**
 * Builds the tables as they were at the backup's version and fills them, in one transaction: all of it or nothing. Then come
 * the migrations since. A table that has other columns or another number of rows than the backup says breaks it off.
 */
export async function rebuild(owner: Owner, dump: Dump): Promise<void> {
  await asOwnerClient(owner.connection, async (client) => {
    await makeOperator(client, owner.appRole)
    await inTransaction(client, async () => {
      await dropAll(client)
      await build(client, owner, dump)
      await fill(client, dump)
    })
    await migrate(owner.connection, { appRole: owner.appRole, restoring: true })
    for (const { name } of dump.tables) await client.query(`analyze ${quoted(name)}`)
  })
}

/** The restore is complete: the database can be opened. */
export async function endRestore(owner: Owner): Promise<void> {
  await asOwnerClient(owner.connection, (client) =>
    client.query('delete from migrations where version = $1', [RESTORING]),
  )
}

async function mustBeEmpty(client: Client): Promise<void> {
  const held: string[] = []
  for (const { name } of await ourTables(client)) {
    // Row-level security hides the rows of all sites from the owner, too; it is as it was when this is rolled back.
    await client.query(`alter table ${quoted(name)} no force row level security`)
    const { rowCount } = await client.query(`select from ${quoted(name)} limit 1`)
    if (rowCount !== 0 && !MAY_HOLD.has(name)) held.push(name)
  }
  if (held.length === 0) return
  throw new RollcallError(
    'ERR_NOT_EMPTY',
    `The database holds data already, in ${held.length} tables (${held.slice(0, 3).join(', ')})`,
    {
      hint: 'A backup is restored into an installation that is empty: a new ROLLCALL_HOME, or a new database on the server. Nothing was changed.',
    },
  )
}

/** Whoever has the database open would go on in what is not what he opened. A process that was just ended takes a moment. */
async function mustBeAlone(client: Client, appRole: string): Promise<void> {
  for (let look = 1; ; look++) {
    const { rowCount } = await client.query(
      'select from pg_stat_activity where datname = current_database() and usename = $1',
      [appRole],
    )
    if (rowCount === 0) return
    if (look === LOOKS_MAX) throw inUse()
    await sleep(LOOK_WAIT_MS)
  }
}

function inUse(cause?: unknown): RollcallError {
  return new RollcallError('ERR_NOT_EMPTY', 'Somebody is at work in the database', {
    hint: 'Stop all processes of Rollcall that use it, then restore again. Nothing was changed.',
    cause,
  })
}

async function dropAll(client: Client): Promise<void> {
  const { rows: views } = await client.query<{ name: string }>(
    `select relname::text as name from pg_class where relnamespace = current_schema()::regnamespace and relkind = 'v'
       and pg_get_userbyid(relowner) = current_user`,
  )
  for (const { name } of views) await client.query(`drop view ${quoted(name)} cascade`)
  for (const { name } of await ourTables(client)) {
    await client.query(`drop table ${quoted(name)} cascade`)
  }
  await client.query('drop table migrations')
  const { rows: functions } = await client.query<{ name: string }>(
    `select oid::regprocedure::text as name from pg_proc where pronamespace = current_schema()::regnamespace
       and pg_get_userbyid(proowner) = current_user`,
  )
  for (const { name } of functions) await client.query(`drop function ${name} cascade`)
}

async function build(client: Client, { appRole }: Owner, dump: Dump): Promise<void> {
  await client.query(
    `create table migrations (
      version int primary key, name text not null, hash text not null, applied_at timestamptz not null default now())`,
  )
  await noteRestoring(client, dump.id)
  const had = new Set(dump.migrations.map(({ version }) => version))
  for (const { version, name, hash, text } of readMigrations()) {
    if (!had.has(version)) continue
    await client.query(text)
    const values = [version, name, hash]
    await client.query('insert into migrations (version, name, hash) values ($1, $2, $3)', values)
  }
  await grant(client, appRole)
}

async function fill(client: Client, dump: Dump): Promise<void> {
  const tables = await ourTables(client)
  for (const { name } of tables) {
    await client.query(`alter table ${quoted(name)} no force row level security`)
    // What triggers made of rows is in the backup itself.
    await client.query(`alter table ${quoted(name)} disable trigger user`)
  }
  for (const table of inOrder(dump.tables, await references(client))) {
    const copy = client.query(
      copyFrom(`copy ${quoted(table.name)} (${columnList(table)}) from stdin`),
    )
    await pipeline(dump.read(table.name), copy)
    const { rows } = await client.query<{ rows: string }>(
      `select count(*) as rows from ${quoted(table.name)}`,
    )
    if (Number(rows[0]?.rows) === table.rows) continue
    throw new RollcallError(
      'ERR_BACKUP_DAMAGED',
      `${rows[0]?.rows} rows of the table ${table.name} came back, and the backup has ${table.rows}`,
      { hint: 'Nothing of it was kept. Look at the disk of the backup, or take another one.' },
    )
  }
  for (const { table, column, next } of dump.sequences) {
    await client.query('select setval(pg_get_serial_sequence($1, $2), $3, false)', [
      quoted(table),
      column,
      next,
    ])
  }
  for (const { name } of tables) {
    await client.query(`alter table ${quoted(name)} enable trigger user`)
    await client.query(`alter table ${quoted(name)} force row level security`)
  }
}

interface Reference {
  readonly table: string
  readonly refers: string
}

async function references(client: Client): Promise<Reference[]> {
  const { rows } = await client.query<Reference>(
    `select c.relname::text as table, f.relname::text as refers from pg_constraint k
       join pg_class c on c.oid = k.conrelid join pg_class f on f.oid = k.confrelid
     where k.contype = 'f' and c.oid <> f.oid and k.connamespace = current_schema()::regnamespace`,
  )
  return rows
}

/** Tables after those that they refer to. */
function inOrder<T extends { readonly name: string }>(
  tables: readonly T[],
  references: readonly Reference[],
): T[] {
  const ordered: T[] = []
  let left = [...tables]
  while (left.length > 0) {
    const names = new Set(left.map(({ name }) => name))
    const free = left.filter(
      ({ name }) => !references.some(({ table, refers }) => table === name && names.has(refers)),
    )
    if (free.length === 0) throw new RollcallError('ERR_INTERNAL', 'tables refer to each other')
    ordered.push(...free)
    left = left.filter((table) => !free.includes(table))
  }
  return ordered
}

async function ourTables(client: Client): Promise<readonly { readonly name: string }[]> {
  return (await client.query<{ name: string }>(`${OUR_TABLES} order by 2`)).rows
}

async function noteRestoring(client: Client, id: string): Promise<void> {
  await client.query(
    `insert into migrations (version, name, hash) values ($1, 'restore', $2)
     on conflict (version) do update set hash = excluded.hash`,
    [RESTORING, id],
  )
}

async function asOwnerClient<T>(
  connection: ClientConfig,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client({ ...connection, application_name: 'rollcall restore' })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query(
      `set client_min_messages = warning; set lock_timeout = '${LOCK_WAIT}';
       set TimeZone = 'UTC'; set DateStyle = 'ISO'; set client_encoding = 'UTF8'`,
    )
    return await work(client)
  } catch (error) {
    if ((error as { code?: string }).code === LOCK_NOT_AVAILABLE) throw inUse(error)
    throw translated(error)
  } finally {
    await client.end().catch(() => {})
  }
}

async function inTransaction(
  client: Client,
  work: () => Promise<void>,
  end: 'commit' | 'rollback' = 'commit',
): Promise<void> {
  await client.query(`begin; select pg_advisory_xact_lock(${LOCK_CLASS}, 0)`)
  try {
    await work()
    await client.query(end)
  } catch (error) {
    await client.query('rollback').catch(() => {})
    throw error
  }
}
