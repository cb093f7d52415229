import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { edit } from '../../src/correction/edit.ts'
import { heal } from '../../src/correction/heal.ts'
import { addPerson, remove } from '../../src/correction/manual.ts'
import { addMember, removeMember } from '../../src/correction/members.ts'
import { merge } from '../../src/correction/merge.ts'
import { reopenCourse, restorePerson } from '../../src/correction/put-away.ts'
import { rekey } from '../../src/correction/rekey.ts'
import { undoRun } from '../../src/correction/undo.ts'
import { RollcallError } from '../../src/errors.ts'
import { testDatabase } from '../database.ts'
import { propertyRuns } from '../property-runs.ts'
import { assertSound } from '../import/invariants.ts'
import { makeSite, type TestSite } from '../import/site.ts'
import { RULES, type SmallRoster, smallRoster } from '../import/small-rosters.ts'
import { written } from '../import/written.ts'
import { byTest } from './by-hand.ts'
import { backwards, type Rows, rowsOf } from './history.ts'

const { database } = await testDatabase()

const RUNS = propertyRuns(10, 20260903)

const key = fc.constantFrom('P0', 'P1', 'P2', 'P3', 'P4', 'P-always')
const groupKey = fc.constantFrom('G0', 'G1', 'G2', 'G-always')

/** Something that a source or a person does. */
type Act =
  | { readonly act: 'import'; readonly roster: SmallRoster; readonly waits: boolean }
  | { readonly act: 'release' }
  | { readonly act: 'undo'; readonly back: number }
  | { readonly act: 'rekey' | 'merge'; readonly old: string; readonly new: string }
  | { readonly act: 'edit' | 'heal' | 'remove' | 'restore'; readonly key: string }
  | { readonly act: 'reopen'; readonly group: string }
  | { readonly act: 'join' | 'leave'; readonly group: string; readonly key: string }
  | { readonly act: 'add' }

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      act: fc.constant('import' as const),
      roster: smallRoster,
      waits: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ act: 'release' as const }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('undo' as const), back: fc.nat(3) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constantFrom('rekey' as const, 'merge' as const),
      old: key,
      new: fc.oneof(key, fc.constant('N1')),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constantFrom('edit' as const, 'heal' as const, 'remove' as const, 'restore' as const),
      key,
    }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('reopen' as const), group: groupKey }) },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constantFrom('join' as const, 'leave' as const),
      group: groupKey,
      key,
    }),
  },
  { weight: 1, arbitrary: fc.constant({ act: 'add' as const }) },
)

async function perform(site: TestSite, what: Act, night: number): Promise<void> {
  const hand = byTest(site)
  switch (what.act) {
    case 'import': {
      const report = await site.send(written(what.roster, night))
      if (report.outcome === 'held' && !what.waits) await site.release(report.run)
      return
    }
    case 'release': {
      const [held] = await query<{ run: number }>(
        site,
        `select run_id as run from runs where site_id = $1 and state = 'held' order by run_id desc limit 1`,
      )
      if (held) await site.release(held.run)
      return
    }
    case 'undo': {
      const runs = await query<{ run: number }>(
        site,
        `select run_id as run from runs where site_id = $1 and state in ('applied', 'released') and undone_by is null order by run_id desc`,
      )
      const chosen = runs[what.back % Math.max(1, runs.length)]
      if (chosen) await undoRun({ ...hand, run: chosen.run })
      return
    }
    case 'rekey':
      await rekey({ ...hand, pairs: [{ old: what.old, new: what.new }], kind: 'person' })
      return
    case 'merge':
      await merge({ ...hand, old: what.old, new: what.new, kind: 'person' })
      return
    case 'edit':
      await edit({
        ...hand,
        name: what.key,
        kind: 'person',
        values: { name: 'By hand', phone: '1' },
        unlock: true,
      })
      return
    case 'heal':
      await heal({ ...hand, what: { name: what.key, kind: 'person' } })
      return
    case 'remove':
      await remove({ ...hand, name: what.key, kind: 'person', unlock: true })
      return
    case 'restore':
      await restorePerson({ ...hand, name: what.key })
      return
    case 'reopen':
      await reopenCourse({ ...hand, name: what.group })
      return
    case 'join':
      await addMember({ ...hand, group: what.group, person: what.key, role: 'assistant' })
      return
    case 'leave':
      await removeMember({ ...hand, group: what.group, person: what.key, unlock: true })
      return
    case 'add':
      await addPerson({ ...hand, profile: 'guest', values: { name: 'Guest' } })
  }
}

function query<R>({ siteId }: TestSite, text: string): Promise<R[]> {
  return database.site(siteId, (session) => session.query<R>(text, [siteId]))
}

describe('whatever is done, in whatever order', () => {
  test('nothing hangs in the air, and the journal played backwards gives the roster of every earlier day', () =>
    fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 3, maxLength: 9 }), async (acts) => {
        const site = await makeSite(database, { rules: RULES })
        const days: Rows[] = [await rowsOf(site)]
        for (const [night, what] of acts.entries()) {
          try {
            await perform(site, what, night)
          } catch (error) {
            // What does not fit is refused, and then nothing of it is done.
            if (!(error instanceof RollcallError) || error.code === 'ERR_INTERNAL') throw error
          }
          await assertSound(site)
          const now = await rowsOf(site)
          try {
            assert.deepEqual(now, days.at(-1))
          } catch {
            days.push(now)
          }
        }
        let day = days.pop()
        assert.deepEqual(await rowsOf(site), day)
        for await (const { run, before } of backwards(site)) {
          try {
            assert.deepEqual(before, day)
          } catch {
            day = days.pop()
            assert.deepEqual(before, day, `before run ${run}`)
          }
        }
        assert.equal(days.length, 0)
      }),
      RUNS,
    ))
})
