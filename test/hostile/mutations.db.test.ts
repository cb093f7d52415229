import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { shared, testDatabase, variant } from '../database.ts'
import { contentsOf, everythingOf } from '../import/contents.ts'
import { assertSound } from '../import/invariants.ts'
import { makeSite, type TestSite } from '../import/site.ts'
import { readBefore, refusalOf } from './agree.ts'
import { Draw } from './draw.ts'
import { GOOD_FILES, type GoodFile } from './good-files.ts'
import { mutate, type Mutant } from './mutate.ts'
import { Planner } from './plans.ts'

const { database } = await testDatabase()

const PLANNED = 5000
const IMPORTED = 200
/** Where both databases are tried, each has its half of the files: the same statements run on both. */
const HERE = !shared ? 'all' : variant === 'server' ? 'the second half' : 'the first half'
/** Of the plans, so many are made without the shortcut too. */
const COMPARED_ONE_IN = 4

const others = GOOD_FILES.map(({ bytes }) => bytes)
/** Which damaged forms of a good file are tried here, of so many of all files. */
function formsOf(number: number, total: number): number[] {
  const until = (file: number): number => Math.floor((total * file) / GOOD_FILES.length)
  const forms = Array.from({ length: until(number + 1) - until(number) }, (_, nth) => nth)
  const half = Math.ceil(forms.length / 2)
  if (HERE === 'all') return forms
  return HERE === 'the first half' ? forms.slice(0, half) : forms.slice(half)
}

/** The nth damaged form of a good file; the seed is told where a test of it fails. */
function damagedForm(
  number: number,
  nth: number,
  good: GoodFile,
): Mutant & { readonly seed: number } {
  const seed = 10_000 * (number + 1) + nth
  return { seed, ...mutate(new Draw(seed), good.bytes, others) }
}

async function goodSite(good: GoodFile): Promise<TestSite> {
  const { rules } = good
  const site = await makeSite(database, { limits: 'normal', ...(rules !== undefined && { rules }) })
  assert.ok(['applied', 'released'].includes((await site.deliver(good.bytes)).outcome))
  return site
}

describe(`${PLANNED} damaged files (${HERE}) plan the same with the shortcut as without, and store nothing:`, () => {
  for (const [number, good] of GOOD_FILES.entries()) {
    test(good.name, async (t) => {
      const site = await goodSite(good)
      const known = await everythingOf(site)
      const before = readBefore(good)
      const outcomes = { refused: 0, pass: 0, hold: 0 }
      await Planner.on(site, async (planner) => {
        for (const nth of formsOf(number, PLANNED)) {
          const { bytes, damages, seed } = damagedForm(number, nth, good)
          try {
            // What the reader refuses comes to no plan, whatever there is in the database.
            const outcome =
              refusalOf(bytes, before) !== undefined && nth % COMPARED_ONE_IN > 0
                ? 'refused'
                : await planner.outcomeOf(bytes, nth % COMPARED_ONE_IN === 0)
            outcomes[outcome]++
          } catch (error) {
            t.diagnostic(`seed ${seed}: ${damages.join(', ')}`)
            throw error
          }
        }
      })
      t.diagnostic(JSON.stringify(outcomes))
      assert.deepEqual(await everythingOf(site), known)
    })
  }
})

describe(`${IMPORTED} damaged files (${HERE}) are imported or not, and the good one heals the roster:`, () => {
  for (const [number, good] of GOOD_FILES.entries()) {
    test(good.name, async (t) => {
      const site = await goodSite(good)
      const contents = await contentsOf(site)
      for (const nth of formsOf(number, IMPORTED)) {
        const { bytes, damages, seed } = damagedForm(number, 9000 + nth, good)
        try {
          await assertNoHarm(site, bytes, good, contents)
        } catch (error) {
          t.diagnostic(`seed ${seed}: ${damages.join(', ')}`)
          throw error
        }
      }
    })
  }
})

/** Nothing changes unless the filter passes it; and whatever it passes is undone by the next good file. */
async function assertNoHarm(
  site: TestSite,
  bytes: Buffer,
  good: GoodFile,
  contents: Awaited<ReturnType<typeof contentsOf>>,
): Promise<void> {
  const known = await everythingOf(site)
  const report = await site.send(bytes)
  assert.ok(['applied', 'held', 'refused', 'same'].includes(report.outcome), report.outcome)
  assert.ok(report.finishedAt !== '', 'the run has ended')
  if (report.outcome === 'refused') assert.ok(report.refusal, 'a refusal says why')
  if (report.outcome !== 'applied') {
    assert.deepEqual(await everythingOf(site), known)
    return
  }
  assert.ok(
    report.findings.every(({ holds }) => !holds),
    'the filter passed it',
  )
  await assertSound(site)
  const healing = await site.deliver(good.bytes)
  assert.ok(['applied', 'released'].includes(healing.outcome), healing.outcome)
  assert.deepEqual(await contentsOf(site), contents)
  await assertSound(site)
}
