import assert from 'node:assert/strict'
import test from 'node:test'
import { listMemberships } from '../../../src/store/membership-queries.ts'
import type { MemberSpec } from '../deliveries.ts'
import { nights, openNights } from '../nights.ts'

await openNights()

const rest = { group: 'G2', members: ['P1', 'P2'] }
const base = { persons: ['P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7', 'P8'], groups: ['G1', 'G2'] }

test('the eight roletypes of the standard are these roles', async () => {
  const site = await nights()
  const members = base.persons.map((key, index): MemberSpec => ({ key, role: `0${index + 1}` }))
  await site.apply({ ...base, lists: [{ group: 'G1', members }] })
  assert.deepEqual(await site.memberships(), [
    'G1 P1 learner',
    'G1 P2 teacher',
    'G1 P3 guest',
    'G1 P4 guest',
    'G1 P5 leadership',
    'G1 P6 mentor',
    'G1 P7 administrator',
    'G1 P8 assistant',
  ])
})

test('rules may say other roles; a roletype in no rule is a guest, with a warning', async () => {
  const site = await nights({ rules: "roles: { '07': teacher, Rektor: leadership }" })
  const members = [
    { key: 'P1', role: '07' },
    { key: 'P2', role: 'Rektor' },
    { key: 'P3', role: 'Vikar' },
  ]
  const report = await site.apply({ ...base, lists: [{ group: 'G1', members }] })
  assert.deepEqual(await site.memberships(), ['G1 P1 teacher', 'G1 P2 leadership', 'G1 P3 guest'])
  assert.deepEqual(await site.problems(report.run), ['ROLE_UNKNOWN P3'])
})

test('status 0 is stored inactive; from 1 to 0 is counted as removed, back as added', async () => {
  const site = await nights()
  await site.apply({
    ...base,
    lists: [{ group: 'G1', members: ['P1', { key: 'P2', status: 0 }] }, rest],
  })
  assert.deepEqual((await site.memberships()).slice(0, 2), [
    'G1 P1 learner',
    'G1 P2 learner (inactive)',
  ])
  const off = await site.apply({
    ...base,
    lists: [
      {
        group: 'G1',
        members: [
          { key: 'P1', status: 0 },
          { key: 'P2', status: 0 },
        ],
      },
      rest,
    ],
  })
  const { before, added, updated, removed } = off.tallies.membership
  assert.deepEqual([before, added, updated, removed], [3, 0, 0, 1])
  assert.deepEqual((await site.memberships()).slice(0, 2), [
    'G1 P1 learner (inactive)',
    'G1 P2 learner (inactive)',
  ])
  const on = await site.apply({ ...base, lists: [{ group: 'G1', members: ['P1', 'P2'] }, rest] })
  assert.deepEqual([on.tallies.membership.added, on.tallies.membership.updated], [2, 0])
})

test('an inactive membership that is no longer sent ends, and is not counted as removed', async () => {
  const site = await nights()
  await site.apply({ ...base, lists: [{ group: 'G1', members: [{ key: 'P1', status: 0 }] }, rest] })
  const report = await site.apply({ ...base, lists: [rest] })
  assert.equal(report.tallies.membership.removed, 0)
  assert.equal((await site.memberships()).length, 2)
})

test('begin and end are stored, and a passing day is no change', async () => {
  const site = await nights()
  // The first night is 2026-09-01.
  const lists = [
    { group: 'G1', members: [{ key: 'P1', begin: '2026-09-02', end: '2026-09-03' }] },
    rest,
  ]
  await site.apply({ ...base, lists })
  for (let night = 0; night < 4; night++) {
    const { membership } = (await site.apply({ ...base, lists })).tallies
    assert.deepEqual([membership.added, membership.updated, membership.removed], [0, 0, 0])
  }
  const activeOn = async (day: string): Promise<number> =>
    site.database.site(site.siteId, async (session) => {
      const filter = { group: 'G1', limit: 10, offset: 0 }
      return (await listMemberships(session, site.siteId, filter, { days: {}, otherwise: day }))
        .total
    })
  assert.deepEqual(
    [
      await activeOn('2026-09-01'),
      await activeOn('2026-09-02'),
      await activeOn('2026-09-03'),
      await activeOn('2026-09-04'),
    ],
    [0, 1, 1, 0],
  )
})

test('a role 05 to 07 gives its holder nothing but a membership', async () => {
  const site = await nights()
  await site.apply({ ...base, lists: [{ group: 'G1', members: [{ key: 'P1', role: '07' }] }] })
  assert.equal((await site.person('P1'))?.profile, 'student')
})
