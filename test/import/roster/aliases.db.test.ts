import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deliveryText, type DeliverySpec } from '../deliveries.ts'
import { nights, openNights } from '../nights.ts'
import { UNJUDGED } from '../regressions/unjudged.ts'
import { twoSources } from '../several.ts'

await openNights()

/** The delivery with a sourcedid of type Duplicate behind that of each record named. */
function withDuplicates(delivery: DeliverySpec, duplicates: Record<string, string>): string {
  let text = deliveryText(delivery)
  for (const [key, duplicate] of Object.entries(duplicates)) {
    const id = (value: string): string => `<source>school</source><id>${value}</id></sourcedid>`
    text = text.replace(
      new RegExp(`(<(?:person|group)>)<sourcedid>${id(key)}`),
      `$1<sourcedid>${id(key)}<sourcedid sourcedidtype="Duplicate">${id(duplicate)}`,
    )
  }
  return text
}

const delivery: DeliverySpec = {
  persons: ['P1', { key: 'F1', role: 'Carer', children: ['P1b'] }],
  groups: [
    { key: 'S1', type: 'School' },
    { key: 'G1', parent: 'S1b' },
  ],
  lists: [{ group: 'G1b', members: ['P1b', 'F1'] }],
}
const names = { P1: 'P1b', S1: 'S1b', G1: 'G1b' }

test('members, lists, parents and relations may name a record by its duplicate', async () => {
  const site = await nights({ limits: UNJUDGED })
  const report = await site.apply(withDuplicates(delivery, names))
  assert.deepEqual(await site.problems(report.run), [])
  assert.deepEqual(
    [await site.memberships(), await site.tree(), await site.relations()],
    [['G1 F1 learner', 'G1 P1 learner'], ['G1 < S1', 'S1 < site'], ['P1 guardian F1 by other']],
  )
  const later = { ...delivery, datetime: '2026-09-02T02:00:00' }
  const again = await site.apply(withDuplicates(later, names))
  assert.equal(again.recordsRead, 0)
})

test('a duplicate that is not said any more names nobody', async () => {
  const site = await nights({ limits: UNJUDGED })
  await site.apply(withDuplicates(delivery, names))
  const report = await site.apply(withDuplicates(delivery, { S1: 'S1b', G1: 'G1b' }))
  assert.deepEqual(await site.problems(report.run), ['MEMBER_UNKNOWN P1b'])
  assert.deepEqual(await site.memberships(), ['G1 F1 learner'])
})

test('a person who comes with the key has it from then on', async () => {
  const site = await nights({ limits: UNJUDGED })
  await site.apply(withDuplicates(delivery, names))
  const with2 = { ...delivery, persons: [...(delivery.persons ?? []), 'P1b'] }
  await site.apply(withDuplicates(with2, names))
  assert.deepEqual(await site.memberships(), ['G1 F1 learner', 'G1 P1b learner'])
  await site.apply(withDuplicates(delivery, names))
  assert.deepEqual(await site.memberships(), ['G1 F1 learner', 'G1 P1 learner'])
})

test('two records that say they have one duplicate: the first has it, the other is reported', async () => {
  const site = await nights({ limits: UNJUDGED })
  const two: DeliverySpec = {
    persons: ['P1', 'P2'],
    groups: ['G1'],
    lists: [{ group: 'G1', members: ['X'] }],
  }
  const report = await site.apply(withDuplicates(two, { P1: 'X', P2: 'X' }))
  assert.deepEqual(await site.problems(report.run), ['ALIAS_TAKEN P2'])
  assert.deepEqual(await site.memberships(), ['G1 P1 learner'])
})

test('another source may use a duplicate too', async () => {
  const { north, south, send, memberships } = await twoSources()
  await north.import(withDuplicates({ persons: ['P1'], groups: ['G1'] }, { P1: 'X', G1: 'Y' }))
  await send(south, {
    groups: [{ key: 'E1', parent: 'Y' }],
    lists: [{ group: 'E1', members: ['X'] }],
  })
  assert.deepEqual(await memberships(), ['E1 P1 learner south'])
  assert.deepEqual(await north.tree(), ['E1 < G1', 'G1 < site'])
  await north.import({ persons: ['P1'], groups: ['G1'] })
  await send(south, {
    groups: [{ key: 'E1', parent: 'Y' }],
    lists: [{ group: 'E1', members: ['X'] }],
  })
  assert.deepEqual(await memberships(), [])
})
