/** An installation with something of everything, and what an installation holds, to be compared. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { arrivingFolder, takeIn } from '../../src/import/arrivals.ts'
import type { Owner } from '../../src/store/owner.ts'
import { connected, roles, type TestDatabase } from '../database.ts'
import { quietly } from '../command/quietly.ts'

export const EXAMPLES = path.join(import.meta.dirname, '../../examples')

/** What a process needs to work on a test's database with a data folder of its own. */
export function environmentOf({ config }: TestDatabase, home: string): Record<string, string> {
  return {
    DATABASE_URL: config.databaseUrl ?? '',
    DATABASE_OWNER_URL: config.ownerUrl ?? '',
    ROLLCALL_HOME: home,
  }
}

export function ownerOf({ owner }: TestDatabase): Owner {
  return { connection: owner, appRole: roles.app }
}

const COMMANDS: readonly (readonly string[])[] = [
  ['import', path.join(EXAMPLES, 'night-1.xml')],
  ['import', path.join(EXAMPLES, 'night-2.xml')],
  ['edit', 'p-000004', '--set', 'name=Somebody Else', '--unlock'],
  ['import', path.join(EXAMPLES, 'night-3.xml')],
  ['accounts', 'create', 'anna'],
  ['tokens', 'create', 'nightly', '--scopes', 'deliver'],
  ['recipients', 'add', 'it@kommun.example', '--language', 'sv'],
  ['webhooks', 'add', 'https://tickets.kommun.example/rollcall'],
  ['dropbox', 'show'],
  ['sites', 'create', 'second'],
  ['import', path.join(EXAMPLES, 'night-2.xml'), '--site', 'second'],
]

/** Three nights, the last one held; edits, accounts, secrets; a second site; and a delivery that waits for its run. */
export async function fill(database: TestDatabase, home: string): Promise<void> {
  Object.assign(process.env, environmentOf(database, home))
  for (const words of COMMANDS) {
    const { code, said } = await quietly(words)
    assert.ok([0, 3, 5].includes(code), `${words.join(' ')}: ${said}`)
  }
  await arrive(database, home)
}

/** A delivery that has come and has not been imported. */
export async function arrive({ database }: TestDatabase, home: string): Promise<number> {
  const deliveriesFolder = path.join(home, 'deliveries')
  const file = path.join(arrivingFolder(deliveriesFolder, 2), '.part-test')
  fs.copyFileSync(path.join(EXAMPLES, 'night-3.xml'), file)
  return takeIn({
    database,
    siteId: 2,
    sourceId: 1,
    deliveriesFolder,
    file,
    channel: 'drop box',
    sender: 'test',
    fileName: 'night-3.xml',
    now: () => new Date(),
  })
}

/** Every row of every table by table, and the next number of every sequence; but not what belongs to processes. */
export async function contentOf({ superuser }: TestDatabase): Promise<Record<string, string[]>> {
  return connected(superuser, async (client) => {
    const content: Record<string, string[]> = {}
    const { rows: tables } = await client.query<{ name: string }>(
      `select relname::text as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
         and relname not in ('migrations', 'leases') order by 1`,
    )
    for (const { name } of tables) {
      const { rows } = await client.query<{ row: string }>(
        `select t::text as row from ${name} t order by 1`,
      )
      content[name] = rows.map(({ row }) => row)
    }
    const { rows: sequences } = await client.query<{ name: string }>(
      `select oid::regclass::text as name from pg_class where relkind = 'S'
         and relnamespace = 'public'::regnamespace order by 1`,
    )
    for (const { name } of sequences) {
      const { rows } = await client.query<{ next: string }>(
        `select (last_value + is_called::int)::text as next from ${name}`,
      )
      content[name] = rows.map(({ next }) => next)
    }
    return content
  })
}

/** Every file of a folder with its hash. */
export function filesOf(folder: string): string[] {
  if (!fs.existsSync(folder)) return []
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .map((file) => {
      const hash = createHash('sha256').update(fs.readFileSync(file)).digest('hex')
      return `${path.relative(folder, file)} ${hash}`
    })
    .toSorted()
}
