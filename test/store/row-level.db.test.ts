import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pool } from 'pg'
import { openDatabase } from '../../src/store/connect.ts'
import { connected, roles, testDatabase } from '../database.ts'

const { database, config, owner, app, superuser } = await testDatabase()

interface Table {
  readonly name: string
  readonly enabled: boolean
  readonly forced: boolean
}

/** Every table that holds rows of sites, by the catalog. */
const tables: Table[] = await connected(owner, async (client) => {
  const { rows } = await client.query(`
    select c.relname as name, c.relrowsecurity as enabled, c.relforcerowsecurity as forced
    from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attname = 'site_id'
      and not a.attisdropped order by 1`)
  return rows as Table[]
})

for (const siteId of [1, 2]) {
  await database.site(siteId, async (session) => {
    await session.execute('insert into sites (site_id, name) values ($1, $2)', [
      siteId,
      `site ${siteId}`,
    ])
    await session.execute(
      `insert into sources (site_id, source_id, name) values ($1, 1, 'source')`,
      [siteId],
    )
    await session.execute(
      `insert into persons (site_id, person_id, state, profile) values ($1, 7, 'active', 'student')`,
      [siteId],
    )
  })
}

test('every table has site_id, but for the list of migrations', async () => {
  const others = await connected(owner, async (client) => {
    const { rows } = await client.query(
      `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
         and relname <> all ($1) order by 1`,
      [tables.map(({ name }) => name)],
    )
    return rows as unknown[]
  })
  assert.deepEqual(others, [{ name: 'migrations' }])
})

test('row-level security is enabled and forced on every table that has site_id', () => {
  assert.ok(tables.length > 10)
  assert.deepEqual(
    tables.filter(({ enabled, forced }) => !enabled || !forced),
    [],
  )
})

test('every policy is of the one site, but for the view of the operator', async () => {
  const policies = await connected(owner, async (client) => {
    const { rows } = await client.query(
      `select tablename as name, policyname as policy, roles::text as roles, cmd, coalesce(with_check, qual) as checked,
         qual from pg_policies where schemaname = 'public'`,
    )
    return rows as {
      name: string
      policy: string
      roles: string
      cmd: string
      qual: string
      checked: string
    }[]
  })
  for (const { name } of tables) {
    const own = policies.filter(
      (policy) => policy.name === name && policy.roles !== '{rollcall_operator}',
    )
    assert.equal(own.length, 1, name)
    assert.equal(own[0]?.cmd, 'ALL')
    assert.match(own[0]?.qual ?? '', /site_id = .*rollcall\.site/s)
    assert.match(own[0]?.checked ?? '', /site_id = .*rollcall\.site/s)
  }
})

test('views do not see more than who asks', async () => {
  const open = await connected(owner, async (client) => {
    const { rows } = await client.query(
      `select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('v', 'm')
         and not coalesce(reloptions @> '{security_invoker=true}', false)`,
    )
    return rows as unknown[]
  })
  assert.deepEqual(open, [])
})

test('the role of the configured URL, as it is, is neither owner nor superuser nor BYPASSRLS', async () => {
  const pool = new Pool({ connectionString: config.databaseUrl })
  const { rows } = await pool.query(`
    select current_user::text as role, session_user::text as login, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,
      (select count(*)::int from pg_class
        where relnamespace = 'public'::regnamespace and pg_has_role(relowner, 'member')) as owned
    from pg_roles where rolname = current_user`)
  await pool.end()
  assert.deepEqual(rows, [
    {
      role: roles.app,
      login: roles.app,
      rolsuper: false,
      rolbypassrls: false,
      rolcreaterole: false,
      rolcreatedb: false,
      owned: 0,
    },
  ])
})

for (const { name } of tables) {
  test(`${name}: a connection with no site set sees nothing`, async () => {
    const seen = await connected(
      app,
      async (client) => (await client.query(`select from ${name}`)).rowCount,
    )
    assert.equal(seen, 0)
  })
}

test('a connection that has served a site sees nothing once its transaction is over', async () => {
  const counts = await connected(app, async (client) => {
    await client.query(`begin; select set_config('rollcall.site', '1', true)`)
    const during = await client.query('select from persons')
    await client.query('commit')
    const after = await client.query('select from persons')
    return [during.rowCount, after.rowCount]
  })
  assert.deepEqual(counts, [1, 0])
})

test('a site neither sees nor changes nor removes rows of another', async () => {
  const touched = await database.site(1, async (session) => [
    (await session.query('select from persons where site_id = 2')).length,
    await session.execute(`update persons set profile = 'staff' where site_id = 2`),
    await session.execute('delete from persons where site_id = 2'),
  ])
  assert.deepEqual(touched, [0, 0, 0])
  assert.equal(
    (await database.site(2, (session) => session.query('select from persons'))).length,
    1,
  )
})

test('a site cannot write a row into another, nor move one there', async () => {
  const refused = { code: '42501' }
  await assert.rejects(
    database.site(1, (session) =>
      session.execute(
        `insert into persons (site_id, person_id, state, profile) values (2, 8, 'active', 'student')`,
      ),
    ),
    refused,
  )
  await assert.rejects(
    database.site(1, (session) => session.execute('update persons set site_id = 2, person_id = 9')),
    refused,
  )
})

test('the app does not have the operator’s view without asking for it', async () => {
  const seen = await connected(app, async (client) => {
    await client.query(`begin; select set_config('rollcall.site', '1', true)`)
    return (await client.query('select site_id from persons')).rows as unknown[]
  })
  assert.deepEqual(seen, [{ site_id: 1 }])
})

test('the owner is bound by row-level security as well', async () => {
  const seen = await connected(
    owner,
    async (client) => (await client.query('select from persons')).rowCount,
  )
  assert.equal(seen, 0)
})

test('the list of migrations cannot be written by the app', async () => {
  await assert.rejects(
    connected(app, (client) => client.query('delete from migrations')),
    { code: '42501' },
  )
})

test('a URL of the owner or of a superuser is refused', async () => {
  await assert.rejects(openDatabase({ ...config, databaseUrl: config.ownerUrl }), {
    code: 'ERR_DATABASE_ROLE_TOO_STRONG',
    message: /owner/,
  })
  await assert.rejects(openDatabase({ ...config, databaseUrl: superuser.connectionString }), {
    code: 'ERR_DATABASE_ROLE_TOO_STRONG',
    message: /superuser/,
  })
})

test('a role that passes row-level security by is refused', async () => {
  await connected(superuser, (client) => client.query(`alter role ${roles.app} bypassrls`))
  try {
    await assert.rejects(openDatabase(config), {
      code: 'ERR_DATABASE_ROLE_TOO_STRONG',
      message: /BYPASSRLS/,
    })
  } finally {
    await connected(superuser, (client) => client.query(`alter role ${roles.app} nobypassrls`))
  }
})
