import { Client, type PoolClient } from 'pg'
import { DATABASE, SUPERUSER } from './embedded-cluster.ts'

/**
 * What became of rows that were changed or deleted, which PostgreSQL keeps until it needs their place. `rewritten`
 * nothing of them is left in any file · `vacuumed` nothing finds them, their bytes are overwritten in time · `left`
 * autovacuum does that.
 */
export type DeadRows = 'rewritten' | 'vacuumed' | 'left'

/** Others may be at work: then their tables are not waited for. */
const LOCK_WAIT = '5s'

const SITE_TABLES = `select quote_ident(c.relname) as name, current_setting('server_version_num')::int >= 170000 as maintained
  from pg_class c where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'
    and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'site_id') order by 1`

/**
 * Writes every table and index of the embedded database anew, what the planner knows of values too, and lets go of the
 * log of changes. A table that somebody is using is vacuumed only.
 */
export async function rewriteEmbedded(socketFolder: string): Promise<DeadRows> {
  const client = new Client({
    host: socketFolder,
    user: SUPERUSER,
    database: DATABASE,
    application_name: 'rollcall vacuum',
  })
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query(`set lock_timeout = '${LOCK_WAIT}'`)
    const { rows } = await client.query<{ name: string }>(SITE_TABLES)
    let whole = true
    for (const { name } of rows) {
      whole = (await rewritten(client, name, 'full, analyze')) && whole
    }
    whole = (await rewritten(client, 'pg_catalog.pg_statistic', 'full')) && whole
    for (const statement of ['checkpoint', 'select pg_switch_wal()', 'checkpoint']) {
      await client.query(statement)
    }
    return whole ? 'rewritten' : 'vacuumed'
  } finally {
    await client.end().catch(() => {})
  }
}

/** False where there was no lock or no room for a second copy. */
async function rewritten(client: Client, table: string, how: string): Promise<boolean> {
  try {
    await client.query(`vacuum (${how}) ${table}`)
    return true
  } catch {
    // What holds the table against this holds it for a moment; autovacuum comes back to it.
    await client.query(`vacuum (analyze) ${table}`).catch(() => {})
    return false
  }
}

/** The same on a server, which others use: nothing is locked. Needs PostgreSQL 17, where the app may. */
export async function vacuumServer(client: PoolClient): Promise<DeadRows> {
  const { rows } = await client.query<{ name: string; maintained: boolean }>(SITE_TABLES)
  if (rows.length === 0 || !rows.every(({ maintained }) => maintained)) return 'left'
  for (const { name } of rows) await client.query(`vacuum (analyze) ${name}`)
  return 'vacuumed'
}
