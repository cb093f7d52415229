import assert from 'node:assert/strict'
import test from 'node:test'
import { undoRun } from '../../src/correction/undo.ts'
import type { DeliverySpec } from '../import/deliveries.ts'
import { openNights } from '../import/nights.ts'
import { twoSources } from '../import/several.ts'
import { byTest } from './by-hand.ts'

await openNights()

const school = (key: string, ...pupils: string[]): DeliverySpec => ({
  persons: pupils,
  groups: [{ key: `G-${key}` }],
  lists: [{ group: `G-${key}`, members: pupils }],
})

test('an undone takeover gives the person back to the former owner, and the claim to the claimant', async () => {
  const { north, south, send, nothing, owners, claims, memberships } = await twoSources()
  await send(north, school('N', 'P1', 'P2'))
  await send(south, school('S', 'P1', 'P3'))
  const before = [await owners(), await claims(), await memberships()]
  const { run } = await send(north, school('N', 'P2'))
  assert.deepEqual(await claims(), [])

  const { report } = await undoRun({ ...byTest(north), run })
  assert.deepEqual(report.left, [])
  assert.deepEqual([await owners(), await claims(), await memberships()], before)
  await nothing(north, school('N', 'P1', 'P2'))
  await nothing(south, school('S', 'P1', 'P3'))
})

test('undoing the run that brought a claim takes the claim away, with its memberships', async () => {
  const { north, south, send, owners, claims, memberships } = await twoSources()
  await send(north, school('N', 'P1'))
  const { run } = await send(south, school('S', 'P1', 'P3'))
  const { report } = await undoRun({ ...byTest(south), run })
  assert.deepEqual(report.left, [])
  assert.deepEqual(
    [await owners(), await claims(), await memberships()],
    [['north P1'], [], ['G-N P1 learner north']],
  )
})

test('memberships that another source lost with a person come back with him', async () => {
  const { north, south, send, memberships } = await twoSources()
  await send(north, { persons: ['P1', 'P2'] })
  await send(south, { groups: [{ key: 'G-S' }], lists: [{ group: 'G-S', members: ['P1', 'P2'] }] })
  const before = await memberships()
  const { run } = await send(north, { persons: ['P2'] })
  assert.deepEqual(await memberships(), ['G-S P2 learner south'])
  const { report } = await undoRun({ ...byTest(north), run })
  assert.deepEqual(report.left, [])
  assert.deepEqual(await memberships(), before)
})
