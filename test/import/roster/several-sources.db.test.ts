import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { changesOfRun } from '../../../src/store/journal.ts'
import type { DeliverySpec, PersonSpec } from '../deliveries.ts'
import { openNights } from '../nights.ts'
import { twoSources } from '../several.ts'

await openNights()

const school = (key: string, ...pupils: string[]): DeliverySpec => ({
  persons: pupils,
  groups: [
    { key: `S-${key}`, type: 'School' },
    { key: `G-${key}`, parent: `S-${key}` },
  ],
  lists: [{ group: `G-${key}`, members: pupils }],
})

describe('one file for each school', () => {
  test('a pupil in both belongs to the school that sent him first, moves with it, and goes when neither sends him', async () => {
    const { north, south, send, nothing, owners, claims, memberships } = await twoSources()
    await send(north, school('N', 'P1', 'P2'))
    const first = await send(south, school('S', 'P1', 'P3'))
    assert.deepEqual([first.tallies.person.added, first.problems.KEY_OWNED_ELSEWHERE], [1, 1])
    assert.deepEqual(await owners(), ['north P1', 'north P2', 'south P3'])
    assert.deepEqual(await claims(), ['south P1'])
    assert.deepEqual(await memberships(), [
      'G-N P1 learner north',
      'G-N P2 learner north',
      'G-S P1 learner south',
      'G-S P3 learner south',
    ])
    await nothing(south, school('S', 'P1', 'P3'))
    await nothing(north, school('N', 'P1', 'P2'))
    const { id } = (await north.person('P1')) ?? {}

    const moved = await send(north, school('N', 'P2'))
    const { added, updated, removed } = moved.tallies.person
    assert.deepEqual([added, updated, removed], [0, 1, 0])
    const page = await north.database.site(north.siteId, (session) =>
      changesOfRun(session, north.siteId, moved.run, { limit: 10, offset: 0, kinds: ['person'] }),
    )
    assert.deepEqual(
      page.rows.map(({ action, key, before, after }) => [action, key, before, after]),
      [['update', 'P1', { source: 'north' }, { source: 'south' }]],
    )
    assert.deepEqual(await owners(), ['south P1', 'north P2', 'south P3'])
    assert.deepEqual(await claims(), [])
    assert.deepEqual(await memberships(), [
      'G-N P2 learner north',
      'G-S P1 learner south',
      'G-S P3 learner south',
    ])
    const settled = await nothing(south, school('S', 'P1', 'P3'))
    assert.equal(settled.tallies.person.updated, 0)
    const unread = await nothing(south, school('S', 'P1', 'P3'))
    assert.equal(unread.recordsRead, 0)

    const both = await send(north, school('N', 'P1', 'P2'))
    assert.equal(both.problems.KEY_OWNED_ELSEWHERE, 1)
    assert.deepEqual(await claims(), ['north P1'])
    await send(north, school('N', 'P2'))
    await send(south, school('S', 'P3'))
    assert.deepEqual(await north.persons('binned'), ['P1'])
    await send(north, school('N', 'P1', 'P2'))
    assert.deepEqual(await owners(), ['north P1', 'north P2', 'south P3'])
    assert.equal((await north.person('P1'))?.id, id)
  })

  test('the new owner brings what it sends of him with its next delivery, and takes nothing away that it does not send', async () => {
    const { north, south, send } = await twoSources()
    const of = (persons: readonly (string | PersonSpec)[]): DeliverySpec => ({
      ...school('N'),
      persons,
    })
    await send(north, of([{ key: 'P1', name: 'Ada North', email: 'ada@north.example' }, 'P2']))
    await send(south, of([{ key: 'P1', name: 'Ada South', username: 'ada' }, 'P3']))
    assert.equal((await north.person('P1'))?.fields['name'], 'Ada North')
    await send(north, of(['P2']))
    assert.equal((await north.person('P1'))?.fields['name'], 'Ada North')
    const report = await send(south, of([{ key: 'P1', name: 'Ada South', username: 'ada' }, 'P3']))
    assert.equal(report.tallies.person.updated, 1)
    const person = await north.person('P1')
    assert.deepEqual(
      [person?.fields['name'], person?.username, person?.own['email']],
      ['Ada South', 'ada', 'ada@north.example'],
    )
  })

  test('who is taken over and not sent any more either goes to the recycle bin', async () => {
    const { north, south, send } = await twoSources()
    await send(north, school('N', 'P1', 'P2'))
    await send(south, school('S', 'P1', 'P3'))
    await send(north, school('N', 'P2'))
    await send(south, school('S', 'P3'))
    assert.deepEqual(await north.persons('binned'), ['P1'])
  })

  test('a group that both send stays when its owner stops, with what the other says of its members', async () => {
    const { north, south, send, nothing, claims, memberships } = await twoSources()
    const with1 = (extra: DeliverySpec['groups'], ...members: string[]): DeliverySpec => ({
      persons: members,
      groups: [{ key: 'C1', type: 'Course', title: 'Algebra' }, ...(extra ?? [])],
      lists: [{ group: 'C1', members }],
    })
    await send(north, with1(['G1'], 'P1'))
    await send(south, with1(['G2'], 'P2'))
    assert.deepEqual(await claims(), ['south C1'])
    assert.deepEqual(await memberships(), ['C1 P1 learner north', 'C1 P2 learner south'])
    const report = await send(north, { persons: ['P1'], groups: ['G1'] })
    assert.deepEqual(
      [report.tallies.group.removed, report.tallies.group.updated, report.tallies.course.removed],
      [0, 1, 0],
    )
    assert.deepEqual(await memberships(), ['C1 P2 learner south'])
    await nothing(south, with1(['G2'], 'P2'))
    const courses = await north.courses()
    assert.deepEqual(
      courses.map(({ key, state, group }) => [key, state, group]),
      [['C1', 'open', 'C1']],
    )
    await send(south, { persons: ['P2'], groups: ['G2'] })
    assert.deepEqual(
      (await north.courses()).map(({ state, members }) => [state, members]),
      [['archived', ['P2 learner']]],
    )
  })
})

describe('references over the whole site', () => {
  test('members, groups and parents of another source are found, and relations too', async () => {
    const { north, south, send, nothing, memberships } = await twoSources()
    await send(north, { ...school('N', 'P1', 'P2'), persons: ['P1', 'P2'] })
    const evening: DeliverySpec = {
      persons: [{ key: 'F1', role: 'Carer', children: ['P1'] }],
      groups: [{ key: 'E1', parent: 'S-N' }],
      lists: [
        { group: 'E1', members: ['P1', 'P2'] },
        { group: 'G-N', members: [{ key: 'F1', role: '02' }] },
      ],
    }
    const report = await send(south, evening)
    assert.deepEqual([report.tallies.membership.setAside, report.tallies.relation.setAside], [0, 0])
    assert.equal(await north.schoolOf('E1'), 'S-N')
    assert.deepEqual(await memberships(), [
      'E1 P1 learner south',
      'E1 P2 learner south',
      'G-N F1 teacher south',
      'G-N P1 learner north',
      'G-N P2 learner north',
    ])
    assert.deepEqual(await north.relations(), ['P1 guardian F1 by other'])
    await nothing(south, evening)
    await nothing(north, { ...school('N', 'P1', 'P2'), persons: ['P1', 'P2'] })
  })

  test('who goes to the bin leaves the lists of other sources, and is back in them when he comes back', async () => {
    const { north, south, send, nothing, memberships } = await twoSources()
    const evening: DeliverySpec = {
      groups: ['E1'],
      lists: [{ group: 'E1', members: ['P1', 'P2'] }],
    }
    await send(north, school('N', 'P1', 'P2'))
    await send(south, evening)
    const page = await north.plan(school('N', 'P2'), { kinds: ['membership'] })
    assert.deepEqual(
      page.changes.map(({ action, key, otherKey }) => [action, key, otherKey]),
      [
        ['remove', 'G-N', 'P1'],
        ['remove', 'E1', 'P1'],
      ],
    )
    await send(north, school('N', 'P2'))
    assert.deepEqual(await memberships(), ['E1 P2 learner south', 'G-N P2 learner north'])
    // He comes back before the other source sends anything: its list has not changed by a byte.
    await send(north, school('N', 'P1', 'P2'))
    await send(south, evening)
    const together = ['E1 P1 learner south', 'E1 P2 learner south']
    assert.deepEqual((await memberships()).slice(0, 2), together)
    await nothing(south, evening)
    await send(north, school('N', 'P2'))
    const unknown = await send(south, evening)
    assert.equal(unknown.problems.MEMBER_UNKNOWN, 1)
    await send(north, school('N', 'P1', 'P2'))
    await send(south, evening)
    assert.deepEqual((await memberships()).slice(0, 2), together)
  })

  test('a group that goes ends the memberships of other sources; their lists are made again when it comes back', async () => {
    const { north, south, send, memberships } = await twoSources()
    const evening: DeliverySpec = { persons: ['Q1'], lists: [{ group: 'G-N', members: ['Q1'] }] }
    await send(north, school('N', 'P1'))
    await send(south, evening)
    await send(north, { persons: ['P1'], groups: [{ key: 'S-N', type: 'School' }] })
    assert.deepEqual(await memberships(), [])
    await send(north, school('N', 'P1'))
    await send(south, evening)
    assert.deepEqual(await memberships(), ['G-N P1 learner north', 'G-N Q1 learner south'])
  })

  test('memberships by hand end with their person and come back with him', async () => {
    const { north, send, memberships } = await twoSources()
    await send(north, school('N', 'P1', 'P2'))
    await north.query(
      `insert into memberships (site_id, source_id, group_id, person_id, role, active, from_run)
       select site_id, null, group_id, person_id, 4, true, (select max(run_id) from runs where site_id = $1)
       from groups join persons using (site_id) where site_id = $1 and groups.key = 'S-N' and persons.key = 'P1'`,
    )
    await send(north, school('N', 'P2'))
    assert.deepEqual(await memberships(), ['G-N P2 learner north'])
    await send(north, school('N', 'P1', 'P2'))
    assert.ok((await memberships()).includes('S-N P1 teacher by hand'))
  })
})
