import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { Client, Pool, type ClientConfig } from 'pg'
import { RollcallError } from '../errors.ts'
import { PACKAGE_FOLDER } from '../package-folder.ts'
import { grant, makeOperator } from './grants.ts'
import { translated } from './unreachable.ts'

/** First key of all our advisory locks, "Roll"; the second is 0 for migrations, else the site. */
export const LOCK_CLASS = 0x526f6c6c

/** Stands among the migrations for as long as a backup is being restored: nobody else gets in. */
export const RESTORING = 0

const FOLDER = path.join(PACKAGE_FOLDER, 'sql')
const UNDEFINED_TABLE = '42P01'

/** One numbered file of sql/. */
export interface Migration {
  readonly version: number
  readonly name: string
  readonly text: string
  /** SHA-256 of the text, line ends made the same: a checkout may have changed those. */
  readonly hash: string
}

/** What a database says was run on it. */
export interface Applied {
  readonly version: number
  readonly name: string
  readonly hash: string
}

/** The migrations in `folder`, by number. */
export function readMigrations(folder: string = FOLDER): readonly Migration[] {
  const names = fs.readdirSync(folder).filter((name) => /^\d{4}-[a-z0-9-]+\.sql$/.test(name))
  return names.sort().map((name) => {
    const text = fs.readFileSync(path.join(folder, name), 'utf8').replaceAll('\r\n', '\n')
    const hash = createHash('sha256').update(text).digest('hex')
    return { version: Number(name.slice(0, 4)), name: name.slice(0, -'.sql'.length), text, hash }
  })
}

/**
 * The migrations that a database is still to get.
 * @throws RollcallError ERR_DATABASE_NEWER when it has some that this program does not know, or in another form;
 *   ERR_RESTORE_UNFINISHED when a restore has not come to its end.
 */
export function pendingMigrations(
  known: readonly Migration[],
  applied: readonly Applied[],
): readonly Migration[] {
  if (applied.some(({ version }) => version === RESTORING)) {
    throw new RollcallError(
      'ERR_RESTORE_UNFINISHED',
      'A backup is being restored into this database, or was and did not get to its end',
      { hint: 'Where nobody is at it any more, run the same again: rollcall restore FOLDER' },
    )
  }
  const byVersion = new Map(known.map((migration) => [migration.version, migration]))
  for (const { version, name, hash } of applied) {
    const ours = byVersion.get(version)
    if (ours === undefined) {
      throw new RollcallError(
        'ERR_DATABASE_NEWER',
        `The database was migrated by a newer Rollcall (it has ${name}, which this one does not know)`,
        { hint: 'Use that version or a later one. Databases are never migrated backwards.' },
      )
    }
    if (ours.hash !== hash) {
      throw new RollcallError(
        'ERR_DATABASE_NEWER',
        `Migration ${name} was run on the database in another form than this program has it (${ours.name})`,
        {
          hint: 'Use the version that made the database. A released migration is never edited; a change is a new one.',
        },
      )
    }
  }
  const done = new Set(applied.map(({ version }) => version))
  return known.filter(({ version }) => !done.has(version))
}

/** How and for whom to migrate. */
export interface MigrateOptions {
  /** The restricted role that the program runs as: it is granted what it needs. */
  readonly appRole: string
  readonly migrations?: readonly Migration[]
  /** Whoever restores a backup may migrate a database that is closed to others. */
  readonly restoring?: boolean
}

/**
 * Runs the migrations that the database has not had, as its owner, and renews what the restricted roles may do. Each runs
 * in a transaction of its own together with the note that it was run; a lock keeps others out. Gives their names.
 * @throws RollcallError ERR_DATABASE_NEWER; ERR_DATABASE_NOT_MIGRATED when one fails or a role is missing;
 *   ERR_DATABASE_UNREACHABLE.
 */
export async function migrate(
  owner: ClientConfig,
  { appRole, migrations = readMigrations(), restoring = false }: MigrateOptions,
): Promise<readonly string[]> {
  const client = new Client({ ...owner, application_name: 'rollcall migrate' })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query(`set client_min_messages = warning`)
    await client.query(`select pg_advisory_lock(${LOCK_CLASS}, 0)`)
    await client.query(
      `create table if not exists migrations (
        version int primary key, name text not null, hash text not null, applied_at timestamptz not null default now())`,
    )
    const { rows } = await client.query(
      'select version, name, hash from migrations where version <> $1 order by version',
      [restoring ? RESTORING : -1],
    )
    const pending = pendingMigrations(migrations, rows as Applied[])
    await makeOperator(client, appRole)
    for (const migration of pending) await run(client, migration, appRole)
    // A role that was renamed, or lost a right by hand, gets it back.
    if (pending.length === 0) await inTransaction(client, () => grant(client, appRole))
    return pending.map(({ name }) => name)
  } catch (error) {
    throw translated(error)
  } finally {
    await client.end().catch(() => {})
  }
}

async function run(client: Client, migration: Migration, appRole: string): Promise<void> {
  try {
    await inTransaction(client, async () => {
      await client.query(migration.text)
      await client.query('insert into migrations (version, name, hash) values ($1, $2, $3)', [
        migration.version,
        migration.name,
        migration.hash,
      ])
      await grant(client, appRole)
    })
  } catch (error) {
    if (translated(error) !== error || error instanceof RollcallError) throw error
    const { message, code } = error as { message: string; code?: string }
    throw new RollcallError(
      'ERR_DATABASE_NOT_MIGRATED',
      `Migration ${migration.name} failed and was taken back: ${message} (${code ?? 'no code'})`,
      { hint: 'docs/database.md lists what the owner must be allowed to do.', cause: error },
    )
  }
}

async function inTransaction(client: Client, work: () => Promise<void>): Promise<void> {
  await client.query('begin')
  try {
    await work()
    await client.query('commit')
  } catch (error) {
    await client.query('rollback').catch(() => {})
    throw error
  }
}

/** What one query on opening tells about the database and the role that asks. */
export interface Standing {
  readonly role: string
  /** Why the role is too strong to be held by row-level security, or null. */
  readonly strong: string | null
  /** Undefined when the database has never been migrated, or not for this role. */
  readonly applied: readonly Applied[] | undefined
}

const STANDING = `
  select current_user::text as role, version()::text as version,
    case
      when exists (select from pg_roles where rolsuper and pg_has_role(current_user, oid, 'member')) then 'superuser'
      when exists (select from pg_roles where rolbypassrls and pg_has_role(current_user, oid, 'member')) then 'BYPASSRLS'
      when exists (select from pg_class
        where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p')
          and pg_has_role(current_user, relowner, 'member')) then 'owner of the tables'
      when exists (select from pg_database
        where datname = current_database() and pg_has_role(current_user, datdba, 'member')) then 'owner of the database'
    end as strong`
const APPLIED = `
    (select coalesce(json_agg(json_build_object('version', version, 'name', name, 'hash', hash) order by version), '[]')
      from migrations) as applied`

/** Asks how the database stands: one query where it has been migrated. */
export async function standing(client: Pool): Promise<Standing & { version: string }> {
  try {
    return (await client.query(`${STANDING},${APPLIED}`)).rows[0] as Standing & { version: string }
  } catch (error) {
    const { code } = error as { code?: string }
    if (code !== UNDEFINED_TABLE && code !== '42501') throw error
    const { rows } = await client.query(`${STANDING}, null as applied`)
    const { role, strong, version } = rows[0] as Standing & { version: string }
    return { role, strong, version, applied: undefined }
  }
}
