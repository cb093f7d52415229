import assert from 'node:assert/strict'
import test from 'node:test'
import type { ListSpec, MemberSpec } from '../deliveries.ts'
import { nights, openNights } from '../nights.ts'

await openNights()

const base = { persons: ['P1', 'P2', 'P3'], groups: ['G1', 'G2'] }
const rest: ListSpec = { group: 'G2', members: ['P1', 'P2', 'P3'] }

async function detailOf(
  site: Awaited<ReturnType<typeof nights>>,
  person: string,
): Promise<unknown> {
  const [row] = await site.query<{ detail: unknown; begins: string; ends: string }>(
    `select detail, begins, ends from memberships m join persons p using (site_id, person_id)
     join groups g using (site_id, group_id)
     where m.site_id = $1 and m.to_run is null and p.key = $2 and g.key = 'G1'`,
    [person],
  )
  return row?.detail ?? null
}

test('the lists are added to, taken from and left alone as the delivery says', async () => {
  const site = await nights()
  await site.apply({ ...base, lists: [{ group: 'G1', members: ['P1', 'P2'] }, rest] })
  const report = await site.apply({
    ...base,
    lists: [{ group: 'G1', members: ['P2', 'P3'] }, rest],
  })
  const { before, added, updated, removed, unchanged } = report.tallies.membership
  assert.deepEqual([before, added, updated, removed, unchanged], [5, 1, 0, 1, 4])
  assert.deepEqual((await site.memberships()).slice(0, 2), ['G1 P2 learner', 'G1 P3 learner'])
})

test('a list that is no longer sent has no members any more', async () => {
  const site = await nights()
  await site.apply({ ...base, lists: [{ group: 'G1', members: ['P1', 'P2'] }, rest] })
  const report = await site.apply({ ...base, lists: [rest] })
  assert.equal(report.tallies.membership.removed, 2)
  assert.equal((await site.memberships()).length, 3)
})

test('a change of role or dates is an update, of the same membership', async () => {
  const site = await nights()
  await site.apply({ ...base, lists: [{ group: 'G1', members: ['P1', 'P2'] }, rest] })
  const report = await site.apply({
    ...base,
    lists: [
      {
        group: 'G1',
        members: [
          { key: 'P1', role: '02' },
          { key: 'P2', end: '2027-06-30' },
        ],
      },
      rest,
    ],
  })
  const { added, updated, removed } = report.tallies.membership
  assert.deepEqual([added, updated, removed], [0, 2, 0])
  assert.deepEqual((await site.memberships()).slice(0, 2), ['G1 P1 teacher', 'G1 P2 learner'])
})

test('of several roles all are kept and the strongest counts', async () => {
  const site = await nights()
  const roles = [{ role: '01' }, { role: '05' }, { role: '02' }]
  await site.apply({ ...base, lists: [{ group: 'G1', members: [{ key: 'P1', roles }] }, rest] })
  assert.equal((await site.memberships())[0], 'G1 P1 leadership')
  const kept = (await detailOf(site, 'P1')) as { role: string }[]
  assert.deepEqual(
    kept.map(({ role }) => role),
    ['leadership', 'teacher', 'learner'],
  )
})

test('an active role counts before a stronger inactive one', async () => {
  const site = await nights()
  const roles = [{ role: '02', status: 0 as const }, { role: '01' }]
  await site.apply({ ...base, lists: [{ group: 'G1', members: [{ key: 'P1', roles }] }, rest] })
  assert.equal((await site.memberships())[0], 'G1 P1 learner')
})

test('split and repeated elements of a list are merged, roles and all', async () => {
  const site = await nights()
  const report = await site.apply({
    ...base,
    lists: [
      { group: 'G1', members: ['P1', { key: 'P2', role: '01' }] },
      { group: 'G1', members: [{ key: 'P2', role: '02' }, 'P3'] },
      { group: 'G1', members: ['P1'] },
      rest,
    ],
  })
  assert.equal(report.tallies.membership.added, 6)
  assert.deepEqual((await site.memberships()).slice(0, 3), [
    'G1 P1 learner',
    'G1 P2 teacher',
    'G1 P3 learner',
  ])
})

test('a list that is split, joined or put in another order plans nothing', async () => {
  const site = await nights()
  const p2: MemberSpec = { key: 'P2', role: '02', begin: '2026-08-01' }
  await site.apply({ ...base, lists: [{ group: 'G1', members: ['P1', p2, 'P3'] }, rest] })
  const forms: ListSpec[][] = [
    [{ group: 'G1', members: ['P3', p2, 'P1'] }, rest],
    [{ group: 'G1', members: [p2] }, { group: 'G1', members: ['P3', 'P1'] }, rest],
    [rest, { group: 'G1', members: ['P1'] }, { group: 'G1', members: ['P1', p2, 'P3'] }],
    [{ group: 'G1', members: ['P1', p2, 'P3'] }, { group: 'G1', members: ['P1', p2, 'P3'] }, rest],
    [{ group: 'G1', members: ['P1', p2, 'P3'] }, rest],
  ]
  for (const lists of forms) {
    const { membership } = (await site.apply({ ...base, lists })).tallies
    assert.deepEqual([membership.added, membership.updated, membership.removed], [0, 0, 0])
  }
})

test('several roles of one person in another order, in one element or in two, plan nothing', async () => {
  const site = await nights()
  const one = { role: '01', begin: '2026-01-01', end: '2026-03-01' }
  const two = { role: '01', begin: '2026-08-01', end: '2026-12-01' }
  await site.apply({
    ...base,
    lists: [{ group: 'G1', members: [{ key: 'P1', roles: [one, two] }] }, rest],
  })
  const forms: ListSpec[][] = [
    [{ group: 'G1', members: [{ key: 'P1', roles: [two, one] }] }, rest],
    [
      { group: 'G1', members: [{ key: 'P1', ...one }] },
      { group: 'G1', members: [{ key: 'P1', ...two }] },
      rest,
    ],
    [
      { group: 'G1', members: [{ key: 'P1', ...two }] },
      { group: 'G1', members: [{ key: 'P1', ...one }] },
      rest,
    ],
    [
      {
        group: 'G1',
        members: [
          { key: 'P1', roles: [one, two] },
          { key: 'P1', ...two },
        ],
      },
      rest,
    ],
  ]
  for (const lists of forms) {
    const { membership } = (await site.apply({ ...base, lists })).tallies
    assert.deepEqual([membership.added, membership.updated, membership.removed], [0, 0, 0])
  }
})

test('the same role said twice is active if either says so', async () => {
  const site = await nights()
  const members: MemberSpec[] = [
    { key: 'P1', status: 0 },
    { key: 'P1', status: 1 },
  ]
  await site.apply({ ...base, lists: [{ group: 'G1', members }, rest] })
  assert.equal((await site.memberships())[0], 'G1 P1 learner')
})

test('a group as a member is a link, shown, without effect', async () => {
  const site = await nights()
  const lists = [{ group: 'G1', members: ['P1', { key: 'G2', isGroup: true }] }, rest]
  const report = await site.apply({ ...base, lists })
  assert.equal(report.tallies.membership.added, 4)
  const links = 'select member_key as key from group_links where site_id = $1 and to_run is null'
  assert.deepEqual(await site.query(links), [{ key: 'G2' }])
  await site.apply({ ...base, lists: [{ group: 'G1', members: ['P1'] }, rest] })
  assert.deepEqual(await site.query(links), [])
})

test('history is the table of memberships itself', async () => {
  const site = await nights()
  const first = await site.apply({ ...base, lists: [{ group: 'G1', members: ['P1'] }, rest] })
  const second = await site.apply({
    ...base,
    lists: [{ group: 'G1', members: [{ key: 'P1', role: '02' }] }, rest],
  })
  const third = await site.apply({ ...base, lists: [rest] })
  const rows = await site.query(
    `select m.role, m.from_run as "from", m.to_run as "to" from memberships m join groups g using (site_id, group_id)
     where m.site_id = $1 and g.key = 'G1' order by m.from_run`,
  )
  assert.deepEqual(rows, [
    { role: 1, from: first.run, to: second.run },
    { role: 4, from: second.run, to: third.run },
  ])
})
