import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { DEFAULT_READ_LIMITS } from '../../src/ims/limits.ts'
import { arrivingFolder, takeIn } from '../../src/import/arrivals.ts'
import { takeTurn, type Turn } from '../../src/schedule/turn.ts'
import { EVENTS_DAYS_KEPT, keepUp } from '../../src/schedule/upkeep.ts'
import { openArrivals } from '../../src/store/arrivals.ts'
import { insertEvent, untoldEvents } from '../../src/store/events.ts'
import { setSource, sourceNamed, type SourceChange } from '../../src/store/sites.ts'
import { sitesToKeepUp } from '../../src/store/upkeep.ts'
import { takeKey } from '../../src/store/requests.ts'
import { testDatabase } from '../database.ts'
import { deliveryText } from '../import/deliveries.ts'
import { makeSite, type TestSite } from '../import/site.ts'

const { database } = await testDatabase()
const DAY_MS = 86_400_000

/** A site whose time a test moves, with a first delivery applied. */
async function scheduled(change: SourceChange): Promise<
  TestSite & {
    at: string
    came(persons: number, type?: string): Promise<number>
    turn(): Promise<Turn>
    set(change: SourceChange): Promise<void>
    folder: string
  }
> {
  const site = await makeSite(database)
  const folder = path.dirname(site.deliveriesFolder)
  const text = (persons: number, type = 'full'): string =>
    deliveryText({
      type,
      persons: Array.from({ length: persons }, (_, n) => `P${n}`),
      groups: type === 'full' ? ['G1'] : [],
    })
  await site.deliver(text(20))
  const set = async (of: SourceChange): Promise<void> =>
    setSource(database, site.siteId, await sourceNamed(database, site.siteId, 'default'), of)
  await set(change)
  const test = {
    ...site,
    folder,
    set,
    at: '2026-11-03T12:00:00Z',
    async came(persons: number, type?: string) {
      const file = path.join(arrivingFolder(folder, site.siteId), `.part-${persons}`)
      fs.writeFileSync(file, text(persons, type))
      const of = { channel: 'drop box', sender: 'school', fileName: `${persons}.xml` } as const
      const { siteId, sourceId } = site
      return takeIn({
        database,
        siteId,
        sourceId,
        deliveriesFolder: folder,
        file,
        now: () => new Date(test.at),
        ...of,
      })
    },
    turn: () =>
      takeTurn({
        database,
        siteId: site.siteId,
        deliveriesFolder: folder,
        limits: DEFAULT_READ_LIMITS,
        now: () => new Date(test.at),
        onArrival() {},
      }),
  }
  return test
}

describe('a turn of a site', () => {
  test('imports one delivery, the oldest, and says that there are more', async () => {
    const site = await scheduled({})
    const [first, second] = [await site.came(21), await site.came(22)]
    const turns = [await site.turn(), await site.turn(), await site.turn()]
    assert.deepEqual(
      turns.map((turn) => [turn.did, turn.more, turn.did === 'import' ? turn.arrival : 0]),
      [
        ['import', true, first],
        ['import', false, second],
        ['nothing', false, 0],
      ],
    )
  })

  test('does nothing before the time of day, and all that came by then one after the other', async () => {
    const site = await scheduled({ schedule: ['02:30'], rules: 'timeZone: Europe/Stockholm' })
    await site.came(21)
    assert.equal((await site.turn()).did, 'nothing')
    site.at = '2026-11-04T01:00:00Z'
    await site.came(22)
    site.at = '2026-11-04T01:31:00Z'
    await site.came(23)
    assert.deepEqual(
      [(await site.turn()).did, (await site.turn()).did, (await site.turn()).did],
      ['import', 'import', 'nothing'],
    )
    site.at = '2026-11-05T01:30:00Z'
    assert.equal((await site.turn()).did, 'import')
  })

  test('leaves to a person what is to be imported by hand', async () => {
    const site = await scheduled({ schedule: 'by hand' })
    await site.came(21)
    assert.equal((await site.turn()).did, 'nothing')
    await site.set({ schedule: 'on arrival' })
    assert.equal((await site.turn()).did, 'import')
  })

  test('goes on with what came during a pause once its last day is over', async () => {
    const site = await scheduled({ pause: { until: '2026-11-03' } })
    await site.came(21)
    const kept = await site.turn()
    assert.equal(kept.did === 'import' && kept.outcome, 'paused')
    assert.equal((await site.turn()).did, 'nothing')
    site.at = '2026-11-04T12:00:00Z'
    const went = await site.turn()
    assert.deepEqual([went.did, went.did === 'line' && went.runs], ['line', 1])
    assert.equal((await site.turn()).did, 'nothing')
  })

  test('is nobody’s while somebody else holds the site', async () => {
    const site = await scheduled({})
    await site.came(21)
    const turn = await database.holdSite(site.siteId, () => site.turn())
    assert.deepEqual(turn, { did: 'busy', more: false })
    assert.equal((await site.turn()).did, 'import')
  })

  test('of a delta that is given up, the source needs a full delivery', async () => {
    const site = await scheduled({})
    await site.came(21, 'delta')
    await site.turn()
    await site.came(22, 'delta')
    const [waits] = await database.site(site.siteId, (s) => openArrivals(s, site.siteId))
    fs.rmSync(path.join(site.folder, waits?.path ?? ''))
    for (let n = 0; n < 5; n++) {
      const turn = await site.turn()
      assert.deepEqual(
        [turn.did, turn.did === 'broken' && turn.error],
        ['broken', 'ERR_DELIVERY_GONE'],
      )
      site.at = new Date(Date.parse(site.at) + 3_600_000).toISOString()
    }
    assert.equal((await site.turn()).did, 'nothing')
    assert.ok((await sourceNamed(database, site.siteId, 'default')).needsFull)
  })
})

describe('what is due once a day', () => {
  test('is due for each site at a moment of its own, and not again that day', async () => {
    const site = await makeSite(database)
    const due = async (now: Date): Promise<boolean> => {
      const sites = await database.operator((session) => sitesToKeepUp(session, now.toISOString()))
      return sites.includes(site.siteId)
    }
    const start = Date.UTC(2027, 0, 10) + ((site.siteId * 61) % 1440) * 60_000
    assert.equal(await due(new Date(start)), true, 'it never was')
    const { siteId } = site
    const keep = (now: Date): Promise<boolean> =>
      keepUp({
        database,
        siteId,
        deliveriesFolder: path.dirname(site.deliveriesFolder),
        limits: DEFAULT_READ_LIMITS,
        now: () => now,
      })
    assert.equal(await keep(new Date(start)), true)
    const next = start + DAY_MS
    assert.equal(await due(new Date(next - 1)), false)
    assert.equal(await due(new Date(next)), true)
    assert.equal(await keep(new Date(next)), true)
    assert.equal(await keep(new Date(next + 60_000)), false)
    assert.equal(await due(new Date(next + 60_000)), false)
  })

  test('deletes old events, and what is left of deliveries that came', async () => {
    const site = await scheduled({})
    await site.came(21)
    await site.turn()
    await site.came(22)
    const at = new Date(Date.parse(site.at)).toISOString()
    await database.site(site.siteId, (session) =>
      insertEvent(session, site.siteId, { at, kind: 'fetch_failed', sourceId: null, details: {} }),
    )
    const request = { caller: 'token 1', key: 'night', fingerprint: Buffer.alloc(32) }
    const when = { now: at, since: at }
    await database.site(site.siteId, (s) => takeKey(s, site.siteId, request, when))
    const folder = arrivingFolder(site.folder, site.siteId)
    // What a process left that ended between taking a file and writing that down; and one that is under way.
    for (const name of ['left-over', '.part-under-way']) {
      fs.writeFileSync(path.join(folder, name), 'x')
      const old = Date.parse(site.at) / 1000
      fs.utimesSync(path.join(folder, name), old, old)
    }
    const later = new Date(Date.parse(site.at) + (EVENTS_DAYS_KEPT + 1) * DAY_MS)
    await keepUp({
      database,
      siteId: site.siteId,
      deliveriesFolder: site.folder,
      limits: DEFAULT_READ_LIMITS,
      now: () => later,
    })
    const open = await database.site(site.siteId, (s) => openArrivals(s, site.siteId))
    assert.equal(open.length, 1, 'what waits is kept')
    assert.deepEqual(
      fs.readdirSync(folder).toSorted(),
      ['.part-under-way', path.basename(open[0]?.path ?? '')].toSorted(),
    )
    const requests = await database.site(site.siteId, (s) => s.query('select from requests'))
    assert.equal(requests.length, 0)
    const events = await database.site(site.siteId, (s) => untoldEvents(s, site.siteId, 50))
    assert.deepEqual(
      events.filter(({ kind }) => kind === 'fetch_failed'),
      [],
    )
  })
})
