import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { announce, type AnnounceRequest } from '../../src/import/announce.ts'
import type { RunReport } from '../../src/import/report.ts'
import { listAnnouncements, withdrawAnnouncement } from '../../src/store/announcements.ts'
import { sourceNamed } from '../../src/store/sites.ts'
import { type DeliverySpec, keys } from './deliveries.ts'
import { type Nights, nights, openNights } from './nights.ts'

await openNights()

/** Pupils of North and South, each at his school; the first of North have left. */
function schools(northLeft = 0, southLeft = 0): DeliverySpec {
  const north = keys('N', 60).slice(northLeft)
  const south = keys('S', 300).slice(southLeft)
  return {
    persons: [...north, ...south],
    groups: [
      { key: 'NORTH', type: 'School', title: 'North' },
      { key: 'SOUTH', type: 'School', title: 'South' },
    ],
    lists: [
      { group: 'NORTH', members: north },
      { group: 'SOUTH', members: south },
    ],
  }
}

type Said = Partial<Pick<AnnounceRequest, 'schools' | 'ceilings' | 'until'>>

const CEILINGS = { 'persons.removed': 30, 'memberships.removed': 30 }

/** Announces at the time of the site's next night: the first is on 1 September. */
async function announced(site: Nights, said: Said = {}): Promise<number> {
  const { database, siteId } = site
  return announce({
    database,
    siteId,
    source: await sourceNamed(database, siteId, 'default'),
    schools: ['NORTH'],
    ceilings: CEILINGS,
    until: '2026-09-08',
    reason: 'moves to another town',
    sender: 'test',
    now: () => new Date('2026-09-01T10:00:00Z'),
    ...said,
  })
}

/** `ANNOUNCED persons 30/30` for each finding of an announcement; others by code and count. */
const found = ({ findings }: RunReport): string[] =>
  findings.map(({ code, what, count, of, ceiling }) =>
    code === 'ANNOUNCED' ? `${code} ${what} ${count}/${ceiling}` : `${code} ${what} ${count}/${of}`,
  )

async function used(site: Nights): Promise<(number | null)[]> {
  const all = await site.database.site(site.siteId, (session) =>
    listAnnouncements(session, site.siteId),
  )
  return all.map(({ usedBy }) => usedBy)
}

describe('an announced change', () => {
  test('passes under its ceilings, is used up by that run, and is no part of the week', async () => {
    const site = await nights()
    await site.apply(schools())
    await announced(site)
    const report = await site.apply(schools(29))
    assert.deepEqual(found(report), ['ANNOUNCED persons 29/30'])
    assert.deepEqual(await used(site), [report.run])
    // With these 29 of 360 the 15 that follow would be more than a tenth in a week.
    await site.apply(schools(29, 15))
  })

  test('passes exactly at its ceilings', async () => {
    const site = await nights()
    await site.apply(schools())
    await announced(site)
    const report = await site.apply(schools(30))
    assert.equal(found(report)[0], 'ANNOUNCED persons 30/30')
  })

  test('exceeded is held, and the finding names both numbers; it is not used up', async () => {
    const site = await nights()
    await site.apply(schools())
    await announced(site)
    const held = await site.hold(schools(31))
    const [finding] = held.findings
    assert.deepEqual(
      [finding?.code, finding?.count, finding?.ceiling],
      ['TOO_MANY_REMOVED', 31, 30],
    )
    assert.deepEqual(await used(site), [null])
    await site.reject(held.run)
    await site.apply(schools(30))
  })

  test('expired counts for nothing', async () => {
    const site = await nights()
    await site.apply(schools())
    await announced(site, { until: '2026-09-01' })
    // The second night is on 2 September.
    await site.hold(schools(30))
    assert.deepEqual(await used(site), [null])
  })

  test('at one school does not cover another', async () => {
    const site = await nights()
    await site.apply(schools())
    await announced(site)
    const held = await site.hold(schools(0, 30))
    assert.deepEqual(await used(site), [null])
    assert.ok(found(held).some((line) => line.startsWith('TOO_MANY_REMOVED persons 30/360')))
  })

  test('withdrawn counts for nothing', async () => {
    const site = await nights()
    await site.apply(schools())
    const id = await announced(site)
    const withdraw = (): Promise<boolean> =>
      site.database.site(site.siteId, (session) =>
        withdrawAnnouncement(session, site.siteId, id, '2026-09-01T11:00:00Z'),
      )
    assert.deepEqual([await withdraw(), await withdraw()], [true, false])
    await site.hold(schools(30))
  })

  test('is left as it is by a night that passes without it', async () => {
    const site = await nights()
    await site.apply(schools())
    await announced(site)
    const report = await site.apply(schools(3))
    assert.deepEqual([report.findings, await used(site)], [[], [null]])
    assert.equal(found(await site.apply(schools(33)))[0], 'ANNOUNCED persons 30/30')
  })

  test('a dry run does not use it up', async () => {
    const site = await nights()
    await site.apply(schools())
    await announced(site)
    const { report } = await site.plan(schools(30))
    assert.equal(found(report)[0], 'ANNOUNCED persons 30/30')
    assert.deepEqual(await used(site), [null])
  })

  test('held for something else it is used up by the release', async () => {
    const site = await nights()
    await site.apply(schools())
    await announced(site, { ceilings: { 'persons.removed': 30 } })
    const held = await site.hold(schools(30, 60))
    assert.deepEqual(await used(site), [null])
    await site.release(held.run)
    assert.deepEqual(await used(site), [held.run])
  })

  test('of another source counts for that one', async () => {
    const site = await nights()
    await site.apply(schools())
    const { name } = await sourceNamed(site.database, site.siteId, 'default')
    assert.equal(name, 'default')
    const adults = await site.source('adults')
    await adults.release((await adults.import({ persons: keys('A', 60), groups: ['A1'] })).run)
    await announced(site, { schools: [], ceilings: { 'persons.removed': 60 } })
    const report = await adults.import({ persons: keys('A', 30), groups: ['A1'] })
    assert.equal(report.outcome, 'held')
    assert.deepEqual(await used(site), [null])
  })
})

describe('what cannot be announced', () => {
  const refused: readonly (readonly [string, Said, object])[] = [
    ['a day that is over', { until: '2026-08-31' }, { code: 'ERR_SETTING_OUT_OF_BOUNDS' }],
    ['more than seven days ahead', { until: '2026-09-09' }, { code: 'ERR_SETTING_OUT_OF_BOUNDS' }],
    ['no ceiling', { ceilings: {} }, { code: 'ERR_SETTING_OUT_OF_BOUNDS' }],
    [
      'a limit that there is not',
      { schools: [], ceilings: { 'persons.gone': 3 } },
      { code: 'ERR_SETTING_OUT_OF_BOUNDS', message: /persons\.gone/ },
    ],
    [
      'what is not counted by school',
      { ceilings: { 'persons.updated': 3 } },
      { code: 'ERR_SETTING_OUT_OF_BOUNDS', message: /for schools/ },
    ],
    ['a school that is not there', { schools: ['WEST'] }, { code: 'ERR_NOT_FOUND' }],
  ]
  for (const [name, said, error] of refused) {
    test(name, async () => {
      const site = await nights()
      await site.apply(schools())
      await assert.rejects(announced(site, said), error)
    })
  }
})
