import assert from 'node:assert/strict'
import { test } from 'node:test'
import { removalsOfWeek } from '../../src/store/removals-of-week.ts'
import { connected, testDatabase } from '../database.ts'
import { type DeliverySpec, deliveryText, keys } from '../import/deliveries.ts'
import { makeSite } from '../import/site.ts'

const GROUPS = 10
const PERSONS = 300

/** Persons, each in every group but those who have left. */
function school(left: number): DeliverySpec {
  const persons = keys('P', PERSONS)
  const groups = keys('G', GROUPS)
  const lists = groups.map((group) => ({ group, members: persons.slice(left) }))
  return { persons, groups, lists }
}

test('what a week has removed is found without looking at all members for each, at a site newer than the statistics', async () => {
  const { database, superuser } = await testDatabase()
  const old = await makeSite(database)
  await old.deliver(deliveryText(school(0)))
  await connected(superuser, async (client) => {
    await client.query('alter table memberships set (autovacuum_enabled = off)')
    await client.query('analyze')
  })
  const young = await makeSite(database)
  const { siteId, sourceId } = young
  await young.deliver(deliveryText(school(0)))
  // As before PostgreSQL 17, where the role may not renew statistics: as of a time when there was little.
  await connected(superuser, async (client) => {
    await client.query(
      `delete from pg_statistic where starelid = 'memberships'::regclass and staattnum =
         (select attnum from pg_attribute where attrelid = 'memberships'::regclass and attname = 'site_id')`,
    )
    await client.query(`update pg_class set reltuples = 10 where oid = 'memberships'::regclass`)
  })
  await young.deliver(deliveryText(school(20)))
  await database.site(siteId, async (session) => {
    const before = { person: PERSONS, group: GROUPS, membership: PERSONS * GROUPS, persons: [] }
    const at = new Date(Date.UTC(2026, 8, 1, 3))
    const { kinds } = await removalsOfWeek(session, siteId, sourceId, at, before)
    assert.equal(kinds.membership.removed, 20 * GROUPS)
    const [read] = await session.query<{ rows: number }>(
      `select (seq_tup_read + idx_tup_fetch)::int as rows from pg_stat_xact_user_tables where relname = 'memberships'`,
    )
    assert.ok((read?.rows ?? Infinity) < 5 * PERSONS * GROUPS, `${read?.rows} rows`)
  })
})
