/** Everything that a database and its data folder hold, as lines that are the same for the same content. */
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import type { Client } from 'pg'

/** What there is, and how often something was begun for nothing. */
export interface Dump {
  /** A line for each row of each table, each file, and each lock that is held; sorted. */
  readonly lines: readonly string[]
  /** Runs that were cut off: left out of the lines, with the events of their beginning and end. */
  readonly interrupted: number
  /** Runs that found everything done: left out too. */
  readonly repeated: number
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
  for (const table of await tablesOf(client)) {
    const { rows } = await client.query<{ row: Row }>(`select to_jsonb(t) as row from ${table} t`)
    for (const { row } of rows) {
      const ofRun = row['run_id'] as number | null | undefined
      if ((table === 'runs' || table === 'events') && out.has(ofRun ?? 0)) continue
      lines.push(`${table} ${JSON.stringify(normal(row, places))}`)
    }
  }
  lines.push(...(await heldBy(client)), ...filesOf(home).map((file) => `file ${file}`))
  return {
    lines: lines.toSorted(),
    interrupted: interrupted.length,
    repeated: repeated.length,
  }
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
