import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testDatabase } from '../database.ts'
import { everythingOf } from './contents.ts'
import { deliveryText, keys, type DeliverySpec, type MemberSpec } from './deliveries.ts'
import { makeSite, type TestSite } from './site.ts'

const database = (await testDatabase()).database

type Status = 1 | 2 | 3

/** A year group and its members, all with one recstatus. */
function night(recstatus: Status, members: readonly MemberSpec[] = []): DeliverySpec {
  return {
    persons: keys('P', 40).map((key) => ({ key, recstatus })),
    groups: keys('G', 4).map((key) => ({ key, recstatus })),
    lists: keys('G', 4).map((group) => ({
      group,
      members: [
        ...keys('P', 40).map((key) => ({ key, begin: '2026-08-01', end: '2027-07-31' })),
        ...(group === 'G1' ? members : []),
      ],
    })),
  }
}

/** What the roster keeps beside the columns of the memberships that hold. */
function detailsOf({ siteId }: TestSite): Promise<{ detail: string | null; n: number }[]> {
  return database.site(siteId, (session) =>
    session.query(
      `select detail::text as detail, count(*)::int as n from memberships
       where site_id = $1 and to_run is null and begins = '2026-08-01' and ends = '2027-07-31' group by 1 order by 2`,
      [siteId],
    ),
  )
}

test('in a full delivery a recstatus of 1 or 2 makes no difference, and has nothing read again', async () => {
  const site = await makeSite(database)
  await site.deliver(deliveryText(night(1)))
  const before = await everythingOf(site)
  for (const status of [2, 1, 2] as const) {
    const report = await site.send(deliveryText(night(status)))
    assert.deepEqual([report.outcome, report.recordsRead], ['applied', 0])
    assert.deepEqual(await everythingOf(site), before)
  }
})

test('what is renamed as its recstatus changes is renamed', async () => {
  const site = await makeSite(database)
  await site.deliver(deliveryText(night(1)))
  const [first, ...others] = night(2).persons ?? []
  const renamed = { ...(first as { key: string }), given: 'Ny' }
  const report = await site.send(deliveryText({ ...night(2), persons: [renamed, ...others] }))
  assert.deepEqual([report.recordsRead, report.tallies.person.updated], [1, 1])
})

test('in a delta a recstatus of 3 removes, whatever was sent before', async () => {
  const site = await makeSite(database)
  await site.deliver(deliveryText(night(1)))
  const gone = { type: 'delta', persons: [{ key: 'P1', recstatus: 3 as const }] }
  assert.equal((await site.send(deliveryText(gone))).tallies.person.removed, 1)
})

test('members who are alike are stored without a text, those who are not with theirs, and stay as they are', async () => {
  const site = await makeSite(database)
  const times = { begin: '2026-08-01', end: '2027-07-31' }
  const twice = { key: 'P41', roles: [times, { ...times, role: '02' }] }
  const delivery = {
    ...night(1, [twice]),
    persons: keys('P', 41),
  }
  await site.deliver(deliveryText(delivery))
  const stored = await detailsOf(site)
  assert.deepEqual(
    stored.map(({ detail, n }) => [detail === null, n]),
    [
      [false, 1],
      [true, 160],
    ],
  )
  // Everything is read and compared with what is stored.
  await site.setRules('timeZone: Europe/Oslo')
  const again = await site.send(deliveryText(delivery))
  assert.ok(again.recordsRead > 0)
  const { added, updated, removed } = again.tallies.membership
  assert.deepEqual([added, updated, removed], [0, 0, 0])
  assert.deepEqual(await detailsOf(site), stored)
})

test('a member whose dates change alone among those who were alike is updated alone', async () => {
  const site = await makeSite(database)
  await site.deliver(deliveryText(night(1)))
  const { lists = [], ...rest } = night(1)
  const [list, ...others] = lists
  const [first, ...members] = list?.members ?? []
  const moved = { ...(first as MemberSpec), end: '2027-01-31' }
  const changed = { ...rest, lists: [{ group: 'G1', members: [moved, ...members] }, ...others] }
  const { tallies } = await site.send(deliveryText(changed))
  assert.deepEqual(
    [tallies.membership.added, tallies.membership.updated, tallies.membership.removed],
    [0, 1, 0],
  )
})
