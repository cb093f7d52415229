import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keys } from './deliveries.ts'
import { nights, openNights } from './nights.ts'

await openNights()

const first = { persons: keys('P', 300), groups: keys('G', 30) }

test('on the command line the first delivery passes on an empty site', async () => {
  const site = await nights()
  assert.deepEqual((await site.apply(first)).findings, [])
})

test('by any other way it waits for a person, and the next one does not', async () => {
  for (const channel of ['drop box', 'collector', 'upload', 'api'] as const) {
    const site = await nights({ channel })
    const held = await site.hold(first)
    assert.deepEqual(
      held.findings.map(({ code, holds }) => [code, holds]),
      [['FIRST_DELIVERY', true]],
    )
    // Nobody has decided: it is still the first.
    const again = await site.hold(first)
    await site.reject(again.run)
    await site.release((await site.hold(first)).run)
    await site.apply(first)
  }
})

test('the first delivery of a second source waits on the command line, too', async () => {
  const site = await nights()
  await site.apply(first)
  const second = await site.source('adults')
  const held = await second.import({ persons: keys('A', 30), groups: ['A1'] })
  assert.deepEqual(
    [held.outcome, held.findings.map(({ code }) => code)],
    ['held', ['FIRST_DELIVERY']],
  )
  await second.release(held.run)
  await second.apply({ persons: keys('A', 31), groups: ['A1'] })
})
