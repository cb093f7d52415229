import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { MODES } from '../../src/change/waiting.ts'
import { testDatabase } from '../database.ts'
import { propertyRuns } from '../property-runs.ts'
import { contentsOf } from './contents.ts'
import { assertSound } from './invariants.ts'
import { makeSite, type TestSite } from './site.ts'
import { nights, RULES, type SmallRoster } from './small-rosters.ts'
import { written } from './written.ts'

const { database } = await testDatabase()

const RUNS = propertyRuns(15, 20260902)

const delayed = fc.record({
  mode: fc.constantFrom(...MODES.filter((mode) => mode !== 'everything')),
  delayStaff: fc.boolean(),
})

const newSite = (): Promise<TestSite> => makeSite(database, { rules: RULES })

describe('what waits under a mode', () => {
  test('is applied by the same bytes once the mode is everything, as if nothing had waited', () =>
    fc.assert(
      fc.asyncProperty(nights, delayed, fc.nat(2), async (rosters, how, from) => {
        const site = await newSite()
        const last = written(rosters.at(-1) as SmallRoster, rosters.length - 1)
        for (const [night, roster] of rosters.entries()) {
          if (night === Math.min(from, rosters.length - 2) + 1) {
            await site.setMode(how.mode, how.delayStaff)
          }
          await site.deliver(written(roster, night))
          await assertSound(site)
        }
        await site.setMode('everything')
        await site.deliver(last)
        await assertSound(site)
        assert.deepEqual(await waitingOf(site), [])
        const fresh = await newSite()
        await fresh.deliver(last)
        assert.deepEqual(await contentsOf(site), await contentsOf(fresh))
      }),
      RUNS,
    ))

  test('is planned again, and nothing else, by the same bytes', () =>
    fc.assert(
      fc.asyncProperty(nights, delayed, async (rosters, how) => {
        const site = await newSite()
        for (const [night, roster] of rosters.slice(0, -1).entries()) {
          await site.deliver(written(roster, night))
        }
        await site.setMode(how.mode, how.delayStaff)
        const last = written(rosters.at(-1) as SmallRoster, rosters.length - 1)
        const first = await site.deliver(last)
        // Somebody new may wait for a username from now on.
        const { waiting } = await site.deliver(last)
        assert.deepEqual(waiting?.group, first.waiting?.group)
        assert.deepEqual(waiting?.membership, first.waiting?.membership)
        assert.equal(waiting?.person.removed, first.waiting?.person.removed)
        const before = await contentsOf(site)
        const waited = await waitingOf(site)
        const again = await site.deliver(last)
        assert.deepEqual(again.waiting, waiting)
        assert.deepEqual(await contentsOf(site), before)
        assert.deepEqual(await waitingOf(site), waited)
        for (const kind of ['person', 'group', 'membership', 'relation', 'course'] as const) {
          const { added, updated, removed } = again.tallies[kind]
          assert.deepEqual([kind, added, updated, removed], [kind, 0, 0, 0])
        }
      }),
      RUNS,
    ))
})

function waitingOf({ siteId }: TestSite): Promise<readonly unknown[]> {
  return database.site(siteId, (session) =>
    session.query(
      `select kind, id, other_id, relation, action, fields, since from waiting where site_id = $1
       order by 1, 2, 3, 4`,
      [siteId],
    ),
  )
}
