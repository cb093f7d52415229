import type { Session } from './session.ts'
import type { Applied } from './migrate.ts'

/** Rows that are not of the data but of processes that are at work: they mean nothing anywhere else. */
const LEFT_OUT: ReadonlySet<string> = new Set(['leases', 'migrations'])
/** Of uploads only what is over: the bytes of the others are still changing. Their senders send them again. */
const ONLY: { readonly [table: string]: string } = {
  drop_box_files: `kind in ('folder', 'taken')`,
}

/** A table as a backup has it. */
export interface DumpedTable {
  readonly name: string
  readonly columns: readonly string[]
}

/** A sequence that numbers a column. */
export interface DumpedSequence {
  readonly table: string
  readonly column: string
  /** The number that it gives next. */
  readonly next: number
}

/** A file that rows name. */
export interface NamedFile {
  /** Below the deliveries folder. */
  readonly path: string
  /** What it was when it came; null where nobody has looked yet. */
  readonly sha256: string | null
}

/** What a database holds, at one moment. */
export interface Snapshot {
  readonly migrations: readonly Applied[]
  readonly tables: readonly DumpedTable[]
  readonly sequences: readonly DumpedSequence[]
  readonly files: readonly NamedFile[]
  /** The id that the deliveries folder has to hold; undefined where none was agreed upon. */
  readonly folderId: string | undefined
}

/** Every table of ours in the schema: those with sites' rows. */
export const OUR_TABLES = `select c.oid, c.relname::text as name from pg_class c
  where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'
    and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'site_id' and not a.attisdropped)`

/**
 * Makes all that follows in an operator's transaction one look at one moment, whatever others write meanwhile. Nobody migrates
 * until it ends.
 */
export async function beginSnapshot(session: Session): Promise<Snapshot> {
  await session.execute('set transaction isolation level repeatable read, read only')
  const tables = await session.query<DumpedTable>(
    `select name, array(select attname::text from pg_attribute
         where attrelid = t.oid and attnum > 0 and not attisdropped and attgenerated = '' order by attnum) as columns
     from (${OUR_TABLES}) t order by name`,
  )
  const names = tables.map(({ name }) => quoted(name))
  await session.execute(`lock table migrations, ${names.join(', ')} in access share mode`)
  const migrations = await session.query<Applied>(
    'select version, name, hash from migrations order by version',
  )
  const files = await session.query<NamedFile>(
    `select path, max(sha256) as sha256 from deliveries where path is not null group by path
     union select path, null from arrivals where run_id is null and discarded_at is null order by path`,
  )
  const [folder] = await session.query<{ id: string }>('select folder_id as id from installation')
  return {
    migrations,
    tables: tables.filter(({ name }) => !LEFT_OUT.has(name)),
    sequences: await nextNumbers(session),
    files,
    folderId: folder?.id,
  }
}

/** The rows of a table, as COPY writes them: a line for each. */
export function copyOfTable(session: Session, table: DumpedTable): AsyncIterable<Buffer> {
  const where = ONLY[table.name]
  const from =
    where === undefined
      ? `${quoted(table.name)} (${columnList(table)})`
      : `(select ${columnList(table)} from ${quoted(table.name)} where ${where})`
  return session.copyOut(`copy ${from} to stdout`)
}

export function columnList({ columns }: DumpedTable): string {
  return columns.map(quoted).join(', ')
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Sequences stand outside of every transaction: asked for after the rows are settled, they are never behind them. */
async function nextNumbers(session: Session): Promise<DumpedSequence[]> {
  const found = await session.query<{ table: string; column: string; sequence: string }>(
    `select t.name as table, a.attname::text as column, pg_get_serial_sequence(quote_ident(t.name), a.attname) as sequence
     from (${OUR_TABLES}) t join pg_attribute a on a.attrelid = t.oid
     where a.attidentity <> '' and not a.attisdropped order by 1, 2`,
  )
  // The operator reads tables only.
  await session.execute('reset role')
  const sequences: DumpedSequence[] = []
  for (const { table, column, sequence } of found) {
    const [row] = await session.query<{ next: number }>(
      `select case when is_called then last_value + 1 else last_value end as next from ${sequence}`,
    )
    sequences.push({ table, column, next: row?.next ?? 1 })
  }
  await session.execute('set local role rollcall_operator')
  return sequences
}
