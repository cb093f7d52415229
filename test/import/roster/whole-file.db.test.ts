import assert from 'node:assert/strict'
import test from 'node:test'
import { deliveryText, type DeliverySpec } from '../deliveries.ts'
import { nights, openNights } from '../nights.ts'

await openNights()

const delivery: DeliverySpec = {
  persons: [{ key: 'P1', name: 'Åsa' }, 'P2'],
  groups: ['G1'],
  lists: [{ group: 'G1', members: ['P1', 'P2'] }],
}
const latin1 = (spec: DeliverySpec): Uint8Array =>
  Buffer.from(deliveryText({ ...spec, encoding: 'ISO-8859-1' }), 'latin1')

test('a changed effective encoding holds, and means the same when it is released', async () => {
  const site = await nights()
  await site.apply(delivery)
  const held = await site.hold(latin1(delivery))
  assert.deepEqual(
    held.findings.map(({ code, holds, expected }) => [code, holds, expected]),
    [['ENCODING_CHANGED', true, 'utf-8']],
  )
  const { tallies } = await site.release(held.run)
  assert.deepEqual([tallies.person.updated, (await site.person('P1'))?.fields['name']], [0, 'Åsa'])
  assert.equal(
    (await site.apply(latin1({ ...delivery, datetime: '2026-10-01T00:00:00' }))).recordsRead,
    0,
  )
})

test('a full delivery without a kind that had records is held', async () => {
  const site = await nights()
  await site.apply(delivery)
  const held = await site.hold({ persons: delivery.persons ?? [], groups: ['G1'] })
  assert.deepEqual(
    held.findings.map(({ code, what }) => [code, what]),
    [
      ['KIND_MISSING', 'memberships'],
      ['KIND_EMPTIED', 'memberships'],
    ],
  )
})

test('once such a delivery is released, the kind has no records and is not missed any more', async () => {
  const site = await nights()
  await site.apply(delivery)
  const bare = { persons: delivery.persons ?? [], groups: ['G1'] }
  await site.release((await site.hold(bare)).run)
  assert.deepEqual(await site.memberships(), [])
  await site.apply(bare)
})

test('an empty roster refuses the delivery', async () => {
  const site = await nights()
  await site.apply(delivery)
  for (const [text, code] of [
    [deliveryText({}), 'ROSTER_EMPTY'],
    ['', 'FILE_EMPTY'],
    [deliveryText(delivery).slice(0, 700), 'ENDS_EARLY'],
    ['<html></html>', 'DIALECT_UNKNOWN'],
  ] as const) {
    const report = await site.import(text)
    assert.deepEqual([report.outcome, report.refusal?.code], ['refused', code])
  }
  assert.equal((await site.memberships()).length, 2)
})

test('a delivery older than the last accepted one is refused', async () => {
  const site = await nights()
  await site.apply({ ...delivery, datetime: '2026-09-01T02:00:00' })
  const report = await site.import({ ...delivery, datetime: '2026-08-31T02:00:00' })
  assert.equal(report.refusal?.code, 'OLDER_THAN_ACCEPTED')
  await site.apply({ ...delivery, datetime: '2026-09-01T02:00:01' })
})

test('a datetime more than a day ahead does not shut the next deliveries out', async () => {
  const site = await nights()
  await site.apply({ ...delivery, datetime: '2099-01-01T00:00:00' })
  await site.apply({ ...delivery, datetime: '2026-09-02T00:00:00' })
})

test('a delivery for another target is refused where the rules say who we are', async () => {
  const site = await nights({ rules: 'targets: [us]' })
  assert.equal((await site.import({ ...delivery, target: 'them' })).refusal?.code, 'TARGET_OTHER')
  await site.apply({ ...delivery, target: 'us' })
  await site.apply(delivery)
})

test('the very same delivery is answered without work, unless rules or settings changed', async () => {
  const site = await nights()
  const text = deliveryText(delivery)
  await site.apply(text)
  assert.equal((await site.import(text)).outcome, 'same')
  await site.set({ rules: 'roles: { Other: teacher }' })
  assert.equal((await site.import(text)).outcome, 'applied')
  assert.equal((await site.import(text)).outcome, 'same')
  await site.set({ archiveCourses: false })
  assert.equal((await site.import(text)).outcome, 'applied')
})

test('nor when the mirror has moved since, or something was set aside', async () => {
  const site = await nights()
  const text = deliveryText(delivery)
  await site.apply(text)
  await site.apply({ ...delivery, persons: [...(delivery.persons ?? []), 'P3'] })
  const back = await site.import(text)
  assert.deepEqual([back.outcome, back.tallies.person.removed], ['applied', 1])
  const doubtful = deliveryText({
    ...delivery,
    persons: ['P1', { key: 'P1', name: 'Other' }, 'P2'],
  })
  await site.import(doubtful)
  assert.equal((await site.import(doubtful)).outcome, 'applied')
})

test('another datasource is another context: everything is read, nothing is planned', async () => {
  const site = await nights()
  await site.apply(delivery)
  const report = await site.apply({ ...delivery, datasource: 'another' })
  assert.deepEqual([report.recordsRead, report.tallies.person.updated], [4, 0])
})
