import type { Database } from '../../src/store/connect.ts'

type Row = { readonly [column: string]: unknown }
/** Rows of each table of the roster, by what they are known by. */
export type Rows = { readonly [table: string]: ReadonlyMap<string, Row> }

const TABLES = {
  persons: ['person_id'],
  groups: ['group_id'],
  courses: ['course_id'],
  course_members: ['course_id', 'person_id'],
  relations: ['person_id', 'other_id', 'kind'],
} as const
const SPELLS = ['memberships', 'group_links'] as const

interface Site {
  readonly database: Database
  readonly siteId: number
}

/** The roster row by row: of spells those that hold now. */
export async function rowsOf({ database, siteId }: Site): Promise<Rows> {
  return database.site(siteId, async (session) => {
    const tables: { [table: string]: ReadonlyMap<string, Row> } = {}
    for (const [table, columns] of Object.entries(TABLES)) {
      const rows = await session.query<{ row: Row }>(
        `select to_jsonb(t) as row from ${table} t where site_id = $1`,
        [siteId],
      )
      tables[table] = new Map(rows.map(({ row }) => [nameOf(row, columns), row]))
    }
    for (const table of SPELLS) {
      const rows = await session.query<{ row: Row }>(
        `select to_jsonb(t) as row from ${table} t where site_id = $1 and to_run is null`,
        [siteId],
      )
      tables[table] = spellsByName(rows.map(({ row }) => row))
    }
    return tables
  })
}

/**
 * Plays the journal backwards from what there is now: gives the roster as it was before each run, the latest run
 * first. Written from what the tables promise, not from how the program undoes a run.
 */
export async function* backwards({
  database,
  siteId,
}: Site): AsyncGenerator<{ readonly run: number; readonly before: Rows }> {
  const now = await rowsOf({ database, siteId })
  const current: { [table: string]: Map<string, Row> } = {}
  for (const [table, rows] of Object.entries(now)) current[table] = new Map(rows)
  const read = await database.site(siteId, async (session) => ({
    runs: await session.query<{ run: number }>(
      // A plan that waited is applied when it is released: what was done last is taken back first.
      `select run_id as run from runs where site_id = $1 and state in ('applied', 'released')
       order by applied desc`,
      [siteId],
    ),
    earlier: await session.query<{ run: number; part: string; name: string; found: Row | null }>(
      `select run_id as run, part, found, case part when 'course_members' then id || ' ' || other_id
         when 'relations' then id || ' ' || other_id || ' ' || kind else id::text end as name
       from earlier_rows where site_id = $1`,
      [siteId],
    ),
    spells: await Promise.all(
      SPELLS.map((table) =>
        session.query<{ row: Row }>(
          `select to_jsonb(t) as row from ${table} t where site_id = $1 and to_run is not null`,
          [siteId],
        ),
      ),
    ),
  }))
  for (const { run } of read.runs) {
    for (const table of Object.keys(TABLES)) {
      const rows = current[table] as Map<string, Row>
      for (const [name, row] of rows) if (row['from_run'] === run) rows.delete(name)
    }
    for (const { part, name, found } of read.earlier.filter((each) => each.run === run)) {
      const rows = current[part] as Map<string, Row>
      if (found === null) rows.delete(name)
      else rows.set(name, found)
    }
    SPELLS.forEach((table, index) => {
      const rows = current[table] as Map<string, Row>
      for (const [name, row] of rows) if (row['from_run'] === run) rows.delete(name)
      for (const { row } of read.spells[index] ?? []) {
        if (row['to_run'] === run) rows.set(spellName(row), { ...row, to_run: null })
      }
    })
    yield {
      run,
      before: Object.fromEntries(Object.entries(current).map(([t, r]) => [t, new Map(r)])),
    }
  }
}

function nameOf(row: Row, columns: readonly string[]): string {
  return columns.map((column) => String(row[column])).join(' ')
}

function spellName(row: Row): string {
  const member = row['person_id'] ?? row['member_key']
  return `${String(row['group_id'])} ${String(member)} ${String(row['source_id'])}`
}

function spellsByName(rows: readonly Row[]): Map<string, Row> {
  return new Map(rows.map((row) => [spellName(row), row]))
}
