import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { RunReport } from '../../src/import/report.ts'
import { type DeliverySpec, keys } from './deliveries.ts'
import { type Nights, nights, openNights } from './nights.ts'

await openNights()

const holding = ({ findings }: RunReport): string[] =>
  findings
    .filter(({ holds }) => holds)
    .map(
      ({ code, what, count, of, earlier }) => `${code} ${what} ${count}/${of}, ${earlier} before`,
    )

/** Persons, each in one of ten groups. */
function school(from: number, to = 400): DeliverySpec {
  const persons = keys('P', to - from + 1, from)
  const groups = keys('G', 10)
  return {
    persons,
    groups,
    lists: groups.map((group, n) => ({
      group,
      members: persons.filter((key) => Number(key.slice(1)) % 10 === n),
    })),
  }
}

/** Nights on which two of a hundred leave, each below every limit. */
async function drain(site: Nights, nightsLong: number, from = 1): Promise<void> {
  for (let night = 1; night <= nightsLong; night++) await site.apply(school(from + night * 8))
}

describe('two of a hundred every night', () => {
  test('pass until a week has lost more than ten of them', async () => {
    const site = await nights()
    await site.apply(school(1))
    await drain(site, 5)
    const held = await site.hold(school(49))
    assert.deepEqual(holding(held), ['SLOW_DRAIN persons 48/400, 40 before'])
    assert.equal(held.findings[0]?.limit, 'persons.removed.week')
  })

  test('are counted anew after a release', async () => {
    const site = await nights()
    await site.apply(school(1))
    await drain(site, 5)
    await site.release((await site.hold(school(49))).run)
    await drain(site, 4, 49)
    // 352 were left then: 35 may go.
    assert.deepEqual(holding(await site.hold(school(89))), ['SLOW_DRAIN persons 40/352, 32 before'])
  })

  test('who is back has not left', async () => {
    const site = await nights()
    await site.apply(school(1))
    await drain(site, 5)
    // The forty of before come back, and eight others leave.
    const back = school(1, 392)
    await site.apply(back)
    await site.apply(school(1, 384))
  })

  test('undone nights do not count', async () => {
    const site = await nights()
    await site.apply(school(1))
    await drain(site, 5)
    await site.query(
      `update runs set undone_by = 999 where site_id = $1
         and run_id in (select run_id from runs where site_id = $1 order by run_id desc limit 2)`,
    )
    await site.apply(school(49))
  })

  test('what went more than seven days ago does not count', async () => {
    const site = await nights()
    await site.apply(school(1))
    await drain(site, 3)
    for (let night = 0; night < 5; night++) await site.apply(school(25))
    await drain(site, 3, 25)
  })

  test('groups and memberships are counted in the same way', async () => {
    const of = (gone: number, withLists: boolean): DeliverySpec => {
      const groups = keys('G', 60).slice(gone)
      const lists = groups.map((group) => ({ group, members: keys('P', 40) }))
      return { persons: keys('P', 40), groups, lists: withLists ? lists : [] }
    }
    const site = await nights()
    await site.apply(of(0, true))
    await site.apply(of(6, true))
    await site.apply(of(12, true))
    assert.deepEqual(holding(await site.hold(of(18, true))), [
      'SLOW_DRAIN memberships 720/2400, 480 before',
    ])
    const empty = await nights()
    await empty.apply(of(0, false))
    await empty.apply(of(9, false))
    await empty.apply(of(18, false))
    assert.deepEqual(holding(await empty.hold(of(19, false))), [
      'SLOW_DRAIN groups 19/60, 18 before',
    ])
  })

  test('an unchanged night asks nothing more, any other at most two statements', async () => {
    const site = await nights()
    await site.apply(school(1))
    const same = await site.apply(school(1))
    const wide = await nights()
    await wide.apply(school(1))
    assert.equal((await wide.apply(school(1))).statements, same.statements)
    const first = await site.apply(school(2))
    const second = await site.apply(school(3))
    assert.ok(second.statements - first.statements <= 1, `${first.statements} ${second.statements}`)
  })
})
