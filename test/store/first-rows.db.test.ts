import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Database, Session } from '../../src/store/connect.ts'
import { insertRows } from '../../src/store/first-rows.ts'
import { connected, testDatabase } from '../database.ts'
import { makeSite } from '../import/site.ts'

const TABLES = ['memberships', 'persons', 'changes'] as const
type Table = (typeof TABLES)[number]

/** So many are worth it. They are said to come; a test puts in one. */
const MANY = 20_000

const ROWS: Readonly<Record<Table, string>> = {
  memberships: `insert into memberships (site_id, group_id, person_id, role, active, from_run) values ($1, 1, 1, 1, true, 1)`,
  persons: `insert into persons (site_id, person_id, state, profile) values ($1, 1, 'active', 'student')`,
  changes: `insert into changes (site_id, run_id, seq, kind, action, id) values ($1, 1, 1, 'person', 'add', 1)`,
}

async function indexesOf(session: Session, table: Table): Promise<string[]> {
  const rows = await session.query<{ text: string }>(
    'select indexdef as text from pg_indexes where tablename = $1 and schemaname = current_schema() order by 1',
    [table],
  )
  return rows.map(({ text }) => text)
}

/** Puts one row of `rows` in, and gives the indexes that there were then. */
async function indexesMeanwhile(
  session: Session,
  siteId: number,
  table: Table,
  rows = MANY,
): Promise<string[]> {
  let meanwhile: string[] = []
  await insertRows(session, table, rows, async () => {
    meanwhile = await indexesOf(session, table)
    await session.execute(ROWS[table], [siteId])
  })
  return meanwhile
}

async function empty(): Promise<{
  database: Database
  siteId: number
  at: Awaited<ReturnType<typeof testDatabase>>
}> {
  const at = await testDatabase()
  const { siteId } = await makeSite(at.database)
  return { database: at.database, siteId, at }
}

for (const table of TABLES) {
  test(`the first rows of ${table} go in before its indexes, which are the same afterwards`, async () => {
    const { database, siteId } = await empty()
    const before = await database.site(siteId, (session) => indexesOf(session, table))
    await database.site(siteId, async (session) => {
      const meanwhile = await indexesMeanwhile(session, siteId, table)
      const kept = before.filter((text) => /_pkey /.test(text))
      assert.deepEqual(meanwhile, kept)
    })
    await database.site(siteId, async (session) => {
      assert.deepEqual(await indexesOf(session, table), before)
      assert.equal((await session.query(`select from ${table}`)).length, 1)
    })
  })

  test(`rows of ${table} go in as ever where another site has some`, async () => {
    const { database, siteId } = await empty()
    const other = await makeSite(database)
    await database.site(other.siteId, (session) => session.execute(ROWS[table], [other.siteId]))
    await database.site(siteId, async (session) => {
      const all = await indexesOf(session, table)
      assert.deepEqual(await indexesMeanwhile(session, siteId, table), all)
    })
    await database.site(other.siteId, async (session) => {
      assert.equal((await session.query(`select from ${table}`)).length, 1)
    })
  })
}

test('rows go in as ever where they are few, and where somebody reads the table just now', async () => {
  const { database, siteId } = await empty()
  await database.site(siteId, async (session) => {
    const all = await indexesOf(session, 'memberships')
    await session.execute('savepoint before')
    assert.deepEqual(await indexesMeanwhile(session, siteId, 'memberships', MANY - 1), all)
    await session.execute('rollback to before')
  })
  const reading = await empty()
  await connected(reading.at.owner, async (reader) => {
    await reader.query('begin')
    await reader.query('select from memberships')
    await reading.database.site(reading.siteId, async (session) => {
      const all = await indexesOf(session, 'memberships')
      assert.deepEqual(await indexesMeanwhile(session, reading.siteId, 'memberships'), all)
    })
  })
})

test('a first import that fails leaves the indexes as they were', async () => {
  const { database, siteId } = await empty()
  const all = await database.site(siteId, (session) => indexesOf(session, 'memberships'))
  await assert.rejects(
    database.site(siteId, async (session) => {
      await indexesMeanwhile(session, siteId, 'memberships')
      throw new Error('after it')
    }),
    /after it/,
  )
  await database.site(siteId, async (session) => {
    assert.deepEqual(await indexesOf(session, 'memberships'), all)
    assert.equal((await session.query('select from memberships')).length, 0)
  })
})

test('nobody but the program may take indexes away', async () => {
  const { at } = await empty()
  await connected(at.superuser, async (client) => {
    await client.query('begin')
    await client.query('create role somebody')
    await client.query(`grant usage on schema public to somebody`)
    await client.query('set local role somebody')
    await assert.rejects(
      client.query(`select begin_first_rows('memberships')`),
      /permission denied/,
    )
    await client.query('rollback')
  })
})
