import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { undoRun } from '../../src/correction/undo.ts'
import { testDatabase } from '../database.ts'
import { propertyRuns } from '../property-runs.ts'
import { contentsOf, everythingOf, mirrorOf, putAwayOf } from '../import/contents.ts'
import { assertSound } from '../import/invariants.ts'
import { makeSite, type TestSite } from '../import/site.ts'
import { nights, RULES, type SmallRoster } from '../import/small-rosters.ts'
import { written } from '../import/written.ts'
import { byTest } from './by-hand.ts'

const { database } = await testDatabase()

const RUNS = propertyRuns(12, 20260902)

const newSite = (): Promise<TestSite> => makeSite(database, { rules: RULES })

/** Everything that an undo has to bring back. */
async function stateOf(site: TestSite): Promise<unknown> {
  return [await contentsOf(site), await putAwayOf(site), await mirrorOf(site)]
}

describe('undoing a run', () => {
  test('right after it brings roster, recycle bin, archive and mirror back, and can be undone', () =>
    fc.assert(
      fc.asyncProperty(nights, async (rosters) => {
        const site = await newSite()
        const last = rosters.at(-1) as SmallRoster
        for (const [night, roster] of rosters.slice(0, -1).entries()) {
          await site.deliver(written(roster, night))
        }
        const before = await stateOf(site)
        const { run } = await site.deliver(written(last, rosters.length - 1))
        const after = await stateOf(site)

        const undone = await undoRun({ ...byTest(site), run })
        assert.deepEqual(undone.report.left, [])
        assert.deepEqual(await stateOf(site), before)
        await assertSound(site)

        const again = await undoRun({ ...byTest(site), run: undone.report.run })
        assert.deepEqual(again.report.left, [])
        assert.deepEqual(await stateOf(site), after)
        await assertSound(site)
      }),
      RUNS,
    ))

  test('as a dry run changes nothing and says what it would do', () =>
    fc.assert(
      fc.asyncProperty(nights, async (rosters) => {
        const site = await newSite()
        let run = 0
        for (const [night, roster] of rosters.entries()) {
          run = (await site.deliver(written(roster, night))).run
        }
        const before = [await everythingOf(site), await mirrorOf(site)]
        const planned = await undoRun({ ...byTest(site, true), run })
        assert.deepEqual([await everythingOf(site), await mirrorOf(site)], before)
        const done = await undoRun({ ...byTest(site), run })
        assert.deepEqual(planned.report.changes, done.report.changes)
      }),
      RUNS,
    ))

  test('of each run, the latest first, leads back to an empty site', () =>
    fc.assert(
      fc.asyncProperty(nights, async (rosters) => {
        const site = await newSite()
        const states: { readonly run: number; readonly before: unknown }[] = []
        for (const [night, roster] of rosters.entries()) {
          const before = await contentsOf(site)
          const { run } = await site.deliver(written(roster, night))
          states.unshift({ run, before })
        }
        for (const { run, before } of states) {
          await undoRun({ ...byTest(site), run })
          assert.deepEqual(await contentsOf(site), before)
          await assertSound(site)
        }
      }),
      RUNS,
    ))
})
