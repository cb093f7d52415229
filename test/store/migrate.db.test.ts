import assert from 'node:assert/strict'
import fs from 'node:fs'
import { test } from 'node:test'
import { type DatabaseConfig, openDatabase } from '../../src/store/connect.ts'
import { asOwner } from '../../src/store/owner.ts'
import { migrate, pendingMigrations, readMigrations } from '../../src/store/migrate.ts'
import { connected, roles, testDatabase } from '../database.ts'
import { dumpSchema } from '../schema.ts'

const migrateDatabase = (config: DatabaseConfig): Promise<readonly string[]> =>
  asOwner(config, {}, ({ connection, appRole }) => migrate(connection, { appRole }))

const all = readMigrations()
const first = { version: 1, name: '0001-one', text: 'create table one (site_id int)', hash: 'a' }
const second = { version: 2, name: '0002-two', text: 'create table two (site_id int)', hash: 'b' }
const broken = {
  version: 3,
  name: '0003-broken',
  text: 'create table three (a int); select 1/0',
  hash: 'c',
}

test('migrations are numbered without gaps', () => {
  assert.deepEqual(
    all.map(({ version }) => version),
    all.map((_, index) => index + 1),
  )
})

test('a database that was never migrated is refused with the command to run', async () => {
  const { config } = await testDatabase({ migrated: false })
  await assert.rejects(openDatabase(config), {
    code: 'ERR_DATABASE_NOT_MIGRATED',
    hint: /rollcall migrate/,
  })
  assert.deepEqual(
    await migrateDatabase(config),
    all.map(({ name }) => name),
  )
  assert.deepEqual(await migrateDatabase(config), [], 'a second time there is nothing to do')
  const database = await openDatabase(config)
  assert.deepEqual(await database.operator((session) => session.query('select 1 as one')), [
    { one: 1 },
  ])
  await database.close()
})

test('migrating without the owner is wrong usage', async () => {
  const { config } = await testDatabase({ migrated: false })
  await assert.rejects(migrateDatabase({ ...config, ownerUrl: undefined }), { code: 'ERR_USAGE' })
})

test('migrating as a role that may not make tables says so', async () => {
  const { config } = await testDatabase({ migrated: false })
  await assert.rejects(migrateDatabase({ ...config, ownerUrl: config.databaseUrl }), {
    code: '42501',
  })
})

test('a role of DATABASE_URL that does not exist is named, with the statements for a superuser', async () => {
  const { owner } = await testDatabase({ migrated: false })
  await assert.rejects(migrate(owner, { appRole: 'no_such_role', migrations: [first] }), {
    code: 'ERR_DATABASE_NOT_MIGRATED',
    message: /no_such_role/,
    hint: /create role "no_such_role" login/,
  })
})

test('several that migrate at once run each migration once', async () => {
  const { owner } = await testDatabase({ migrated: false })
  const options = { appRole: roles.app, migrations: [first, second] }
  const ran = await Promise.all([
    migrate(owner, options),
    migrate(owner, options),
    migrate(owner, options),
  ])
  assert.deepEqual(ran.flat().sort(), ['0001-one', '0002-two'])
})

test('a migration that fails is taken back whole, those before it stay', async () => {
  const { owner } = await testDatabase({ migrated: false })
  const options = { appRole: roles.app, migrations: [first, second, broken] }
  await assert.rejects(migrate(owner, options), {
    code: 'ERR_DATABASE_NOT_MIGRATED',
    message: /0003-broken.*division by zero/,
  })
  const found = await connected(owner, async (client) => {
    const { rows } =
      await client.query(`select to_regclass('two') as two, to_regclass('three') as three,
      (select count(*)::int from migrations) as noted`)
    return rows[0] as unknown
  })
  assert.deepEqual(found, { two: 'two', three: null, noted: 2 })
})

test('a database that has a migration unknown to the program is newer, and refused', async () => {
  const { config, owner } = await testDatabase()
  await connected(owner, (client) =>
    client.query(`insert into migrations (version, name, hash) values (9999, '9999-later', 'x')`),
  )
  await assert.rejects(openDatabase(config), { code: 'ERR_DATABASE_NEWER', message: /9999-later/ })
  await assert.rejects(migrateDatabase(config), { code: 'ERR_DATABASE_NEWER' })
})

test('a migration that was edited after it had been run is refused by name', async () => {
  const { config, owner } = await testDatabase()
  await connected(owner, (client) =>
    client.query(`update migrations set hash = 'x' where version = 1`),
  )
  await assert.rejects(openDatabase(config), { code: 'ERR_DATABASE_NEWER', message: /0001-/ })
})

test('what a database lacks is what is pending', () => {
  assert.deepEqual(pendingMigrations([first, second], [first]), [second])
  assert.deepEqual(pendingMigrations([first, second], [first, second]), [])
  assert.throws(() => pendingMigrations([first], [first, second]), { code: 'ERR_DATABASE_NEWER' })
})

test('sql/schema.sql is what the migrations make (scripts/dump-schema writes it)', async () => {
  const { owner } = await testDatabase()
  const written = fs.readFileSync(new URL('../../sql/schema.sql', import.meta.url), 'utf8')
  assert.equal(await connected(owner, dumpSchema), written)
})
