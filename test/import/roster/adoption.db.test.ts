import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setSource, sourceNamed } from '../../../src/store/sites.ts'
import type { RunReport } from '../../../src/import/report.ts'
import type { DeliverySpec } from '../deliveries.ts'
import { type Nights, nights, openNights } from '../nights.ts'
import { UNJUDGED } from '../regressions/unjudged.ts'

await openNights()

let last = 1_000_000

/** A person made by hand, with his own values. */
async function manualPerson(
  site: Nights,
  own: { readonly [field: string]: string },
): Promise<number> {
  const id = ++last
  await site.query(
    `insert into persons (site_id, person_id, state, profile, username, username_key, own)
     values ($1, $2, 'active', 'student', $3, lower($3), $4)`,
    [id, own['username'] ?? null, JSON.stringify(own)],
  )
  return id
}

async function manualGroup(site: Nights, title: string, parent: number | null): Promise<number> {
  const id = ++last
  await site.query(
    `insert into groups (site_id, group_id, state, kind, title, parent_id, parent_key, own)
     values ($1, $2, 'active', 'group', $3, $4, '#' || $4::bigint, $5)`,
    [id, title, parent, JSON.stringify({ title })],
  )
  return id
}

const manual = async (): Promise<Nights> => nights({ limits: UNJUDGED })

/** Where somebody is there already, the first delivery of a source waits for a review. */
const reviewed = async (site: Nights, delivery: DeliverySpec): Promise<RunReport> =>
  site.release((await site.hold(delivery)).run)

describe('the first delivery of a source', () => {
  test('adopts persons made by hand by username, e-mail or number: account, memberships and own values stay', async () => {
    const site = await manual()
    const ada = await manualPerson(site, { name: 'A. B.', username: 'Ada', mobile: '+4670' })
    const bo = await manualPerson(site, { name: 'Bo', email: 'Bo@school.example ' })
    const cy = await manualPerson(site, { name: 'Cy', nationalNumber: '010112-3456' })
    const club = await manualGroup(site, 'Chess', null)
    await site.query(
      `insert into memberships (site_id, group_id, person_id, role, active, from_run) values ($1, $2, $3, 1, true, 0)`,
      [club, ada],
    )
    const report = await reviewed(site, {
      persons: [
        { key: 'P1', name: 'Ada Berg', username: 'ada' },
        { key: 'P2', email: 'bo@school.example' },
        { key: 'P3', nationalNumber: '0101123456' },
        'P4',
      ],
      groups: ['G1'],
      lists: [{ group: 'G1', members: ['P1', 'P2', 'P3', 'P4'] }],
    })
    const { added, updated } = report.tallies.person
    assert.deepEqual([added, updated, await site.problems(report.run)], [1, 3, []])
    const ids = await Promise.all(
      ['P1', 'P2', 'P3'].map(async (key) => (await site.person(key))?.id),
    )
    assert.deepEqual(ids, [ada, bo, cy])
    const person = await site.person('P1')
    assert.deepEqual(
      [person?.username, person?.fields['name'], person?.own['mobile']],
      ['ada', 'Ada Berg', '+4670'],
    )
    const changes = await site.query<{ after: object }>(
      `select after from changes where site_id = $1 and run_id = $2 and id = $3`,
      [report.run, ada],
    )
    assert.partialDeepStrictEqual(changes[0]?.after, {
      key: 'P1',
      source: 'default',
      adoptedBy: 'username',
    })
    const byHand = await site.query(
      `select from memberships where site_id = $1 and person_id = $2 and source_id is null and to_run is null`,
      [ada],
    )
    assert.equal(byHand.length, 1)
    const again = await site.apply({
      persons: [
        { key: 'P1', name: 'Ada Berg', username: 'ada' },
        { key: 'P2', email: 'bo@school.example' },
        { key: 'P3', nationalNumber: '0101123456' },
        'P4',
      ],
      groups: ['G1'],
      lists: [{ group: 'G1', members: ['P1', 'P2', 'P3', 'P4'] }],
    })
    assert.equal(again.recordsRead, 0)
  })

  test('adopts nobody where two fit: the person is new, and it says so', async () => {
    const site = await manual()
    await manualPerson(site, { name: 'One', email: 'office@school.example' })
    await manualPerson(site, { name: 'Two', email: 'office@school.example' })
    const report = await reviewed(site, {
      persons: [{ key: 'P1', email: 'office@school.example' }],
    })
    assert.deepEqual(await site.problems(report.run), ['ADOPTION_AMBIGUOUS P1'])
    assert.equal(report.tallies.person.added, 1)
  })

  test('adopts groups by title under the same parent, level by level; other groups by hand stay where they hang', async () => {
    const site = await manual()
    const school = await manualGroup(site, 'North', null)
    const group = await manualGroup(site, '7A', school)
    const club = await manualGroup(site, 'Chess', group)
    const report = await reviewed(site, {
      groups: [
        { key: 'S1', title: 'north' },
        { key: 'G1', title: '7A', parent: 'S1' },
        { key: 'G2', title: '7A' },
      ],
    })
    assert.deepEqual(await site.problems(report.run), [])
    assert.deepEqual([report.tallies.group.added, report.tallies.group.updated], [1, 2])
    const rows = await site.query<{ id: number; key: string | null; parent: number | null }>(
      `select group_id as id, key, parent_id as parent from groups where site_id = $1 and group_id = any($2) order by 1`,
      [[school, group, club]],
    )
    assert.deepEqual(
      rows.map(({ id, key, parent }) => [id, key, parent]),
      [
        [school, 'S1', null],
        [group, 'G1', school],
        [club, null, group],
      ],
    )
  })

  test('adopts nothing where that is switched off, and nothing in a later delivery', async () => {
    const site = await manual()
    const source = await sourceNamed(site.database, site.siteId, 'default')
    await setSource(site.database, site.siteId, source, { adopt: [] })
    await manualPerson(site, { name: 'Ada', email: 'ada@school.example' })
    const first = await reviewed(site, { persons: [{ key: 'P1', email: 'ada@school.example' }] })
    assert.equal(first.tallies.person.added, 1)
    await setSource(
      site.database,
      site.siteId,
      await sourceNamed(site.database, site.siteId, 'default'),
      { adopt: ['email'] },
    )
    await site.set({ limits: UNJUDGED })
    const later = await site.apply({
      persons: [
        { key: 'P1', email: 'ada@school.example' },
        { key: 'P2', email: 'ada@school.example' },
      ],
    })
    assert.equal(later.tallies.person.added, 1)
  })
})
