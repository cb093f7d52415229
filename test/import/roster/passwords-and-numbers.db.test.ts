import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import test from 'node:test'
import { nights, openNights } from '../nights.ts'

await openNights()

const groups = ['G1']
const SECRET = 'correct horse 4711'

test('passwords are counted, reported and dropped: nowhere in the database', async () => {
  const site = await nights({ limits: { 'persons.removed': { percent: 1, floor: 0 } } })
  const persons = [
    { key: 'P1', username: 'a', password: SECRET },
    { key: 'P2', username: 'b', password: SECRET },
  ]
  for (const report of [
    await site.apply({ persons, groups }),
    await site.hold({ persons: [{ key: 'P9', username: 'c', password: SECRET }], groups }),
  ]) {
    assert.equal(report.problems.PASSWORD_DROPPED, report.outcome === 'held' ? 1 : 2)
    assert.equal(JSON.stringify(report).includes(SECRET), false)
  }
  const tables = await site.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'public' and c.relkind = 'r' and $1 > 0`,
  )
  assert.ok(tables.length > 10)
  for (const { name } of tables) {
    const found = await site
      .query(`select 1 from ${name} t where $1 > 0 and t::text like '%' || $2 || '%'`, [SECRET])
      .catch((error: unknown) => assert.match(String(error), /permission denied/) ?? [])
    assert.deepEqual(found, [], name)
  }
  // Plans are packed: no part of one holds it either.
  const blocks = await site.query(
    'select 1 from plan_blocks where site_id = $1 and position($2::bytea in bytes) > 0',
    [Buffer.from(SECRET)],
  )
  assert.deepEqual(blocks, [])
})

test('such a delivery is readable by its owner only', async () => {
  const site = await nights()
  await site.apply({ persons: [{ key: 'P1', username: 'a', password: SECRET }], groups })
  const [kept] = await site.query<{ secret: boolean; path: string }>(
    'select secret, path from deliveries where site_id = $1',
  )
  assert.equal(kept?.secret, true)
  assert.equal(statSync(site.kept(kept?.path ?? '')).mode & 0o777, 0o600)
})

test('a national number that fails its check is a warning, and is kept', async () => {
  const site = await nights({ rules: 'nationalNumber: { check: se }' })
  // The Swedish tax agency's own example, and the same with a wrong check digit.
  const persons = [
    { key: 'P1', nationalNumber: '19121212-1212' },
    { key: 'P2', nationalNumber: '19121212-1213' },
  ]
  const report = await site.apply({ persons, groups })
  assert.deepEqual([report.tallies.person.added, report.tallies.person.setAside], [2, 0])
  assert.deepEqual(await site.problems(report.run), ['NUMBER_DOUBTFUL P2'])
  assert.equal((await site.person('P2'))?.fields['nationalNumber'], '19121212-1213')
})

test('nobody is refused for any number, and a key that does not look like one is none', async () => {
  const site = await nights({ rules: 'nationalNumber: { check: no, from: [key] }' })
  const report = await site.apply({ persons: ['00000000000', 'x', '99999999999'], groups })
  assert.deepEqual([report.tallies.person.added, report.problems.NUMBER_DOUBTFUL], [3, 2])
})
