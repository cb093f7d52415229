/**
 * Installations as earlier versions left them: three nights on one site, the last one held, an edit, and a second site, made by the
 * program of that time; at level 12 with an account, a token, a recipient and a webhook too. The people are invented.
 */
import fs from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { gunzipSync } from 'node:zlib'
import type { Client } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'

const FOLDER = path.join(import.meta.dirname, 'levels')

/** Versions of the tables of which there is an installation. */
export const LEVELS = fs
  .readdirSync(FOLDER)
  .map((name) => Number(name.slice(0, 4)))
  .toSorted((a, b) => a - b)

export interface LevelTable {
  readonly name: string
  readonly columns: readonly string[]
  /** Rows as COPY writes them. */
  readonly rows: string
}

export interface Level {
  readonly tables: readonly LevelTable[]
  readonly sequences: readonly {
    readonly table: string
    readonly column: string
    readonly next: number
  }[]
  /** Of the deliveries folder. */
  readonly files: readonly { readonly path: string; readonly bytes: Buffer }[]
}

export function readLevel(level: number): Level {
  const packed = fs.readFileSync(path.join(FOLDER, `${String(level).padStart(4, '0')}.txt.gz`))
  const text = gunzipSync(packed).toString('utf8')
  return {
    tables: [...text.matchAll(/^\\table (\S+) (\S+)\n([\s\S]*?)^\\\.$/gm)].map(
      ([, name = '', columns = '', rows = '']) => ({ name, columns: columns.split(','), rows }),
    ),
    sequences: [...text.matchAll(/^\\sequence (\S+) (\S+) (\d+)$/gm)].map(
      ([, table = '', column = '', next = '']) => ({ table, column, next: Number(next) }),
    ),
    files: [...text.matchAll(/^\\file (\S+) (\S+)$/gm)].map(([, name = '', base64 = '']) => ({
      path: name,
      bytes: Buffer.from(base64, 'base64'),
    })),
  }
}

/** Puts the rows into tables of that level, as a superuser, and the files into a deliveries folder. */
export async function loadLevel(client: Client, level: Level, deliveries: string): Promise<void> {
  await client.query(`set session_replication_role = replica; set TimeZone = 'UTC'`)
  for (const { name, columns, rows } of level.tables) {
    const copy = client.query(copyFrom(`copy ${name} (${columns.join(', ')}) from stdin`))
    await pipeline(Readable.from([rows]), copy)
  }
  for (const { table, column, next } of level.sequences) {
    await client.query('select setval(pg_get_serial_sequence($1, $2), $3, false)', [
      table,
      column,
      next,
    ])
  }
  placeFiles(level, deliveries)
}

export function placeFiles(level: Level, deliveries: string): void {
  for (const file of level.files) {
    const place = path.join(deliveries, file.path)
    fs.mkdirSync(path.dirname(place), { recursive: true, mode: 0o700 })
    fs.writeFileSync(place, file.bytes, { mode: 0o600 })
  }
}

/** All rows by table, each as JSON with the columns that the level had. */
export async function rowsOf(client: Client, level: Level): Promise<Record<string, string[]>> {
  const content: Record<string, string[]> = {}
  for (const { name, columns } of level.tables) {
    const { rows } = await client.query<{ row: string }>(
      `select to_json(t)::text as row from (select ${columns.join(', ')} from ${name}) t order by 1`,
    )
    content[name] = rows.map(({ row }) => row)
  }
  return content
}
