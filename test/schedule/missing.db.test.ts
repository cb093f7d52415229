import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { openLog } from '../../src/log.ts'
import { lastExpected, lookForMissing } from '../../src/schedule/missing.ts'
import { untoldEvents } from '../../src/store/events.ts'
import { insertArrival } from '../../src/store/arrivals.ts'
import { endPause, setSite, setSource, sourceNamed } from '../../src/store/sites.ts'
import { testDatabase } from '../database.ts'
import { makeSite } from '../import/site.ts'

const { database } = await testDatabase()
const RULES = 'timeZone: Europe/Stockholm'
const log = openLog('error')

interface Watched {
  /** What is told by looking at a time. */
  look(now: string): Promise<string[]>
  came(at: string): Promise<void>
  readonly siteId: number
  readonly sourceId: number
  set(change: Parameters<typeof setSource>[3]): Promise<void>
}

/** A source whose delivery is expected by 02:00 in Stockholm, with an hour of grace. */
async function watched(weekdays: readonly number[] = [1, 2, 3, 4, 5, 6, 7]): Promise<Watched> {
  const { siteId, sourceId } = await makeSite(database)
  const set: Watched['set'] = async (change) =>
    setSource(database, siteId, await sourceNamed(database, siteId, 'default'), change)
  const since = '2026-11-01T12:00:00.000Z'
  await set({ rules: RULES, expect: { at: '02:00', graceMinutes: 60, weekdays, since } })
  let seen = 0
  return {
    siteId,
    sourceId,
    set,
    async look(now) {
      // Another process looks at the same time, and one that has looked before.
      const settled = new Map<string, number>()
      const watch = { database, log, settled, now: () => new Date(now) }
      await Promise.all([lookForMissing(watch), lookForMissing({ ...watch, settled: new Map() })])
      await lookForMissing(watch)
      const events = await database.site(siteId, (s) => untoldEvents(s, siteId, 100))
      const told = events
        .slice(seen)
        .map(({ kind, details }) => `${kind} ${String(details['expectedAt'])}`)
      seen = events.length
      return told
    },
    async came(at) {
      const of = {
        channel: 'drop box',
        sender: 'school',
        fileName: 'a.xml',
        path: 'x',
        bytes: 1,
      } as const
      await database.site(siteId, (s) =>
        insertArrival(s, siteId, { sourceId, arrivedAt: at, ...of }),
      )
    },
  }
}

describe('a delivery that does not come', () => {
  test('is told once when its grace is over, and again when it comes', async () => {
    const source = await watched()
    await source.came('2026-11-01T13:00:00Z')
    assert.deepEqual(await source.look('2026-11-02T01:59:59Z'), [])
    assert.deepEqual(await source.look('2026-11-02T02:00:00Z'), [
      'delivery_missing 2026-11-02T01:00:00.000Z',
    ])
    assert.deepEqual(await source.look('2026-11-02T09:00:00Z'), [])
    // The next night it is missing still: that was told.
    assert.deepEqual(await source.look('2026-11-03T09:00:00Z'), [])
    await source.came('2026-11-03T10:00:00Z')
    assert.deepEqual(await source.look('2026-11-03T10:01:00Z'), [
      'delivery_came 2026-11-02T01:00:00.000Z',
    ])
    assert.deepEqual(await source.look('2026-11-03T12:00:00Z'), [])
    assert.deepEqual(await source.look('2026-11-04T03:00:00Z'), [
      'delivery_missing 2026-11-04T01:00:00.000Z',
    ])
  })

  test('with when the last one came', async () => {
    const source = await watched()
    await source.came('2026-11-01T13:00:00Z')
    await source.look('2026-11-02T02:00:00Z')
    const [event] = await database.site(source.siteId, (s) => untoldEvents(s, source.siteId, 10))
    assert.deepEqual(event?.details, {
      expectedAt: '2026-11-02T01:00:00.000Z',
      graceMinutes: 60,
      lastAt: '2026-11-01T13:00:00.000Z',
    })
  })

  test('is not missing where one came up to six hours before, or within the grace', async () => {
    for (const at of ['2026-11-01T19:00:00Z', '2026-11-02T01:59:00Z']) {
      const source = await watched()
      await source.came(at)
      assert.deepEqual(await source.look('2026-11-02T08:00:00Z'), [], at)
    }
    const source = await watched()
    await source.came('2026-11-01T18:59:00Z')
    assert.equal((await source.look('2026-11-02T08:00:00Z')).length, 1)
  })

  test('is told late, and once, where the service was down', async () => {
    const source = await watched()
    assert.deepEqual(await source.look('2026-11-09T12:00:00Z'), [
      'delivery_missing 2026-11-09T01:00:00.000Z',
    ])
  })

  test('is not told again after the clock was put back', async () => {
    const source = await watched()
    assert.equal((await source.look('2026-11-02T02:00:00Z')).length, 1)
    assert.deepEqual(await source.look('2026-11-02T01:00:00Z'), [])
    assert.deepEqual(await source.look('2026-11-02T02:00:00Z'), [])
  })

  test('is not expected on other weekdays, on holidays of the site, or before that was set', async () => {
    const source = await watched([1, 2, 3, 4, 5])
    assert.deepEqual(await source.look('2026-11-01T23:00:00Z'), [])
    await setSite(database, source.siteId, { holidays: ['2026-11-02'] })
    assert.deepEqual(await source.look('2026-11-02T12:00:00Z'), [])
    assert.deepEqual(await source.look('2026-11-03T12:00:00Z'), [
      'delivery_missing 2026-11-03T01:00:00.000Z',
    ])
    await source.came('2026-11-07T00:30:00Z')
    await source.look('2026-11-07T01:00:00Z')
    // Saturday and Sunday.
    assert.deepEqual(await source.look('2026-11-08T20:00:00Z'), [])
  })

  test('is not expected during a pause, nor when one has ended for what was not sent then', async () => {
    const source = await watched()
    await source.set({ pause: {} })
    assert.deepEqual(await source.look('2026-11-05T12:00:00Z'), [])
    await database.site(source.siteId, (session) =>
      endPause(session, source.siteId, source.sourceId, '2026-11-05T12:00:00.000Z'),
    )
    assert.deepEqual(await source.look('2026-11-05T12:01:00Z'), [])
    assert.deepEqual(await source.look('2026-11-06T02:00:00Z'), [
      'delivery_missing 2026-11-06T01:00:00.000Z',
    ])
  })

  test('is expected when clocks change, too', () => {
    const expect = { at: '02:30', graceMinutes: 0, weekdays: [7], since: '2026-01-01T00:00:00Z' }
    const of = { expect, rules: RULES, pause: null, holidays: null }
    const last = (now: string): string | undefined => lastExpected(of, new Date(now))?.toISOString()
    assert.equal(last('2027-03-28T00:59:59Z'), '2027-03-21T01:30:00.000Z')
    assert.equal(last('2027-03-28T01:00:00Z'), '2027-03-28T01:00:00.000Z')
    assert.equal(last('2026-10-25T00:30:00Z'), '2026-10-25T00:30:00.000Z')
    assert.equal(last('2026-10-25T02:30:00Z'), '2026-10-25T00:30:00.000Z')
  })
})
