import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { DeliverySpec } from '../deliveries.ts'
import { openNights } from '../nights.ts'
import { twoSources } from '../several.ts'

await openNights()

const byEmail = { south: { rules: 'join: { by: email }' } }
const mail = (key: string, email: string): { key: string; email: string } => ({ key, email })

describe('a source that joins its persons by e-mail', () => {
  test('brings memberships and relations of another source’s person, and none of his fields', async () => {
    const { north, south, send, nothing, owners, claims, memberships } = await twoSources(byEmail)
    await send(north, { persons: [mail('P1', 'ada@school.example'), 'P2'], groups: ['G1'] })
    const evening: DeliverySpec = {
      persons: [
        { ...mail('X1', ' Ada@School.example'), name: 'A. Evening', username: 'evening' },
        { key: 'F1', role: 'Carer', children: ['X1'] },
        mail('X2', 'bo@school.example'),
      ],
      groups: ['E1'],
      lists: [
        { group: 'E1', members: ['X1', 'X2'] },
        { group: 'G1', members: ['X1'] },
      ],
    }
    const report = await send(south, evening)
    assert.deepEqual([report.tallies.person.added, report.problems.PERSON_JOINED], [2, 1])
    assert.deepEqual(await owners(), ['south F1', 'north P1', 'north P2', 'south X2'])
    assert.deepEqual(await claims(), ['south X1 = P1'])
    assert.deepEqual(await memberships(), [
      'E1 P1 learner south',
      'E1 X2 learner south',
      'G1 P1 learner south',
    ])
    assert.deepEqual(await north.relations(), ['P1 guardian F1 by other'])
    const person = await north.person('P1')
    assert.deepEqual([person?.fields['name'], person?.username], ['Person P1', null])
    await nothing(south, evening)
    // His e-mail changes at home: joined once, he stays so.
    await send(north, { persons: [mail('P1', 'ada.b@school.example'), 'P2'], groups: ['G1'] })
    await nothing(south, evening)
  })

  test('takes him over with its own key when the other source stops; the old key still names him', async () => {
    const { north, south, send, nothing, owners, claims } = await twoSources(byEmail)
    await send(north, { persons: [mail('P1', 'ada@school.example'), 'P2'], groups: ['G1'] })
    const evening: DeliverySpec = {
      persons: [mail('X1', 'ada@school.example')],
      groups: ['E1'],
      lists: [{ group: 'E1', members: ['X1'] }],
    }
    await send(south, evening)
    const { id } = (await north.person('P1')) ?? {}
    await send(north, { persons: ['P2'], groups: ['G1'] })
    assert.deepEqual([await owners(), await claims()], [['north P2', 'south X1'], []])
    assert.equal((await north.person('X1'))?.id, id)
    await send(south, evening)
    await nothing(south, evening)
    await send(north, {
      persons: ['P2'],
      groups: ['G1'],
      lists: [{ group: 'G1', members: ['P1'] }],
    })
    assert.deepEqual(await north.memberships(), ['E1 X1 learner', 'G1 X1 learner'])
  })

  test('lets go of him when it sends him no longer', async () => {
    const { north, south, send, claims, memberships } = await twoSources(byEmail)
    await send(north, { persons: [mail('P1', 'ada@school.example')], groups: ['G1'] })
    const evening = (...keys: string[]): DeliverySpec => ({
      persons: ['X9', ...keys.map((key) => mail(key, 'ada@school.example'))],
      groups: ['E1'],
      lists: [{ group: 'E1', members: ['X9', 'X1'] }],
    })
    await send(south, evening('X1'))
    await send(south, evening())
    assert.deepEqual([await claims(), await memberships()], [[], ['E1 X9 learner south']])
    assert.deepEqual(await north.persons(), ['P1', 'X9'])
  })

  test('sets a person aside where two fit', async () => {
    const { north, south, send, claims } = await twoSources(byEmail)
    const both = ['P1', 'P2'].map((key) => mail(key, 'office@school.example'))
    await send(north, { persons: both })
    const report = await send(south, { persons: [mail('X1', 'office@school.example'), 'X2'] })
    assert.deepEqual(
      [report.problems.JOIN_AMBIGUOUS, report.tallies.person.setAside, await claims()],
      [1, 1, []],
    )
    await send(north, { persons: [mail('P1', 'office@school.example'), 'P2'] })
    await send(south, { persons: [mail('X1', 'office@school.example'), 'X2'] })
    assert.deepEqual(await claims(), ['south X1 = P1'])
  })
})

test('a relation that two sources state stays until neither does', async () => {
  const { north, south, send } = await twoSources()
  const carer = { key: 'F1', role: 'Carer' }
  const child = (guardians: readonly string[]): DeliverySpec => ({
    persons: [{ key: 'P1', guardians }, carer, 'P2'],
  })
  await send(north, child(['F1']))
  await send(south, child(['F1']))
  await send(north, child([]))
  assert.deepEqual(await north.relations(), ['P1 guardian F1 by person'])
  await send(south, child([]))
  assert.deepEqual(await north.relations(), [])
})
