import assert from 'node:assert/strict'
import test from 'node:test'
import { undoRun } from '../../src/correction/undo.ts'
import { mirrorOf } from '../import/contents.ts'
import type { DeliverySpec } from '../import/deliveries.ts'
import { type Nights, nights, openNights } from '../import/nights.ts'
import { byTest } from './by-hand.ts'

await openNights()

const school = (year: string, ...members: string[]): DeliverySpec => ({
  persons: ['P1', 'P2', 'P3'],
  groups: [
    { key: 'S', type: 'School' },
    { key: year, parent: 'S' },
    { key: 'MA1', type: 'Course', parent: year },
  ],
  lists: [{ group: 'MA1', members }],
})

const stateOf = async (site: Nights): Promise<unknown> => [
  await site.courses(),
  await site.tree(),
  await site.memberships(),
  await mirrorOf(site),
  await site.query(
    `select key, year_id, school_id from groups where site_id = $1 and state = 'active' order by 1`,
  ),
]

test('an undone school year brings last year’s courses back under their keys, and undone again the new ones', async () => {
  const site = await nights({ rules: 'groupKinds: [{ key: "Y*", kind: year }]' })
  await site.accept(school('Y25', 'P1', 'P2'))
  const before = await stateOf(site)
  const { run } = await site.accept(school('Y26', 'P2', 'P3'))
  const after = await stateOf(site)
  assert.equal((await site.courses()).length, 2)

  const undone = await undoRun({ ...byTest(site), run })
  assert.deepEqual(undone.report.left, [])
  assert.deepEqual(await stateOf(site), before)
  const again = await undoRun({ ...byTest(site), run: undone.report.run })
  assert.deepEqual(again.report.left, [])
  assert.deepEqual(await stateOf(site), after)
})
