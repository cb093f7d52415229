/** Everything that a database and its data folder hold, as lines that are the same for the same content. */
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import type { Client } from 'pg'
import { verifyAudit } from '../../src/access/verify.ts'
import type { Session } from '../../src/store/session.ts'
import { VALUE_TYPES } from '../../src/store/values.ts'

/** What there is, and how often something was begun for nothing. */
export interface Dump {
  /** A line for each row of each table, each file, and each lock that is held; sorted. */
  readonly lines: readonly string[]
  /** Runs that were cut off: left out of the lines, with the events of their beginning and end. */
  readonly interrupted: number
  /** Runs that found everything done: left out too. */
  readonly repeated: number
  /**
   * Actions that the audit log has the beginning of, and no end: whoever did them was cut off. Its entries differ from run
   * to run (salts, hashes, what was begun in vain), so they are no lines; a chain that is not whole is one.
   */
  readonly unended: number
}

interface Run {
  readonly run_id: number
  readonly state: string
  readonly report: { readonly outcome?: string; readonly lost?: boolean }
}

/** Columns and parts of reports that name a run. */
const RUNS =
  /^(run_id|run|from_run|to_run|gone_run|binned_run|archived_run|undone_by|undoes|used_by|undoneBy)$/
/** Differ from run to run by their nature: serial numbers, the day of the last retention, how long a step took. */
const LEFT_OUT = /^(event_id|delivery_id|retained_at|steps|statements)$/
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/
/** Verified as a chain instead of compared. */
const OF_THE_LOG = /^audit(_values|_cuts)?$/
/** Files that belong to the database, and are not part of what Rollcall keeps. */
const OF_THE_SERVER = /^(pg|run)\/|^(postgresql\.log.*|start\.lock|users\.lock)$/

/**
 * Dumps a database as its superuser. Run numbers are replaced by a run's place among those that were not cut off, times
 * by a word; roster ids stay as they are, for a repeated run must give the same ones.
 */
export async function dumpOf(client: Client, home: string): Promise<Dump> {
  const { rows: runs } = await client.query<Run>(
    'select run_id::int, state, report from runs order by run_id',
  )
  const interrupted = runs.filter(({ state }) => state === 'failed' || state === 'running')
  const repeated = runs.filter(
    ({ state, report }) => report.outcome === 'same' || state === 'superseded',
  )
  const out = new Set([...interrupted, ...repeated].map(({ run_id: id }) => id))
  const places = new Map(
    runs.filter(({ run_id: id }) => !out.has(id)).map(({ run_id: id }, index) => [id, index + 1]),
  )
  const lines: string[] = []
  for (const table of (await tablesOf(client)).filter((name) => !OF_THE_LOG.test(name))) {
    const { rows } = await client.query<{ row: Row }>(`select to_jsonb(t) as row from ${table} t`)
    for (const { row } of rows) {
      const ofRun = row['run_id'] as number | null | undefined
      if ((table === 'runs' || table === 'events') && out.has(ofRun ?? 0)) continue
      lines.push(`${table} ${JSON.stringify(normal(row, places))}`)
    }
  }
  lines.push(...(await brokenLogs(client)))
  lines.push(...(await heldBy(client)), ...filesOf(home).map((file) => `file ${file}`))
  return {
    lines: lines.toSorted(),
    interrupted: interrupted.length,
    repeated: repeated.length,
    unended: await unendedIn(client),
  }
}

/** A line for each audit log whose chain is not whole. */
async function brokenLogs(client: Client): Promise<string[]> {
  // All that verifying needs, without the site of an ordinary session.
  const query = async (text: string, values: unknown[] = []) => {
    const { rows } = await client.query({ text, values, types: VALUE_TYPES })
    return rows
  }
  const session = { query } as unknown as Session
  const lines: string[] = []
  const { rows: logs } = await client.query<{ id: number }>(
    'select distinct site_id as id from audit',
  )
  for (const { id } of logs) {
    const { broken } = await verifyAudit(session, id)
    if (broken !== undefined) lines.push(`audit log that is not whole: ${JSON.stringify(broken)}`)
  }
  return lines
}

async function unendedIn(client: Client): Promise<number> {
  const { rows } = await client.query<{ unended: number }>(
    `select count(*)::int as unended from audit b where b.phase = 'begun' and not exists (
       select from audit e where e.site_id = b.site_id and e.begun = b.entry)`,
  )
  return rows[0]?.unended ?? 0
}

/** Locks and prepared transactions that outlive their command. */
async function heldBy(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ held: string }>(
    `select 'advisory lock' as held from pg_locks where locktype = 'advisory'
       and database = (select oid from pg_database where datname = current_database())
     union all select 'prepared transaction' from pg_prepared_xacts`,
  )
  return rows.map(({ held }) => `held: ${held}`)
}

/** The first lines that only one of two dumps has, cut to where they part; none when the dumps are the same. */
export function differences(found: Dump, expected: Dump, linesMax = 6): string[] {
  const here = new Set(found.lines)
  const there = new Set(expected.lines)
  const tooMuch = found.lines.filter((line) => !there.has(line))
  const missing = expected.lines.filter((line) => !here.has(line))
  if (tooMuch.length + missing.length === 0) {
    const more = found.lines.length - expected.lines.length
    return more === 0 ? [] : [`${more} lines more, of those that are there`]
  }
  const from = (line: string, other = ''): string => {
    let parts = 0
    while (parts < line.length && line[parts] === other[parts]) parts++
    return parts < 100
      ? line.slice(0, 300)
      : `${line.slice(0, 40)} … ${line.slice(parts - 60, parts + 200)}`
  }
  return [
    ...tooMuch.slice(0, linesMax).map((line, index) => `too much: ${from(line, missing[index])}`),
    ...missing.slice(0, linesMax).map((line, index) => `missing: ${from(line, tooMuch[index])}`),
  ]
}

type Row = { readonly [column: string]: unknown }

async function tablesOf(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select c.relname as name from pg_class c where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace order by 1`,
  )
  return rows.map(({ name }) => name)
}

function normal(value: unknown, runs: ReadonlyMap<number, number>, key = ''): unknown {
  if (Array.isArray(value)) return value.map((each) => normal(each, runs))
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([name]) => !LEFT_OUT.test(name) && !(key === 'delivery' && name === 'id'))
        .map(([name, each]) => [name, normal(each, runs, name)]),
    )
  }
  if (typeof value === 'number' && RUNS.test(key) && value !== 0) {
    return `run ${runs.get(value) ?? 'that is not kept'}`
  }
  // The first held run of several; of one that was superseded by its own repetition, the repetition.
  if (key === 'episode' && typeof value === 'number') return 'an episode'
  if (typeof value !== 'string') return value
  if (TIME.test(value)) return 'a time'
  return value.startsWith('\\x') ? createHash('sha256').update(value).digest('hex') : value
}

function filesOf(home: string): string[] {
  return fs
    .readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(path.relative(home, entry.parentPath), entry.name))
    .filter((file) => !OF_THE_SERVER.test(file))
    .map((file) => `${file} ${hashOf(path.join(home, file))}`)
}

function hashOf(file: string): string {
  return createHash('sha256').update(fs.readFileSync(file)).digest('hex')
}
