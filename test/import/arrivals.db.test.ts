import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { DEFAULT_READ_LIMITS } from '../../src/ims/limits.ts'
import {
  ARRIVAL_ATTEMPTS_MAX,
  arrivingFolder,
  importArrival,
  takeIn,
} from '../../src/import/arrivals.ts'
import type { RunReport } from '../../src/import/report.ts'
import { arrivalById, waitingArrivals, type Arrival } from '../../src/store/arrivals.ts'
import { type StoredEvent, untoldEvents } from '../../src/store/events.ts'
import { insertRun } from '../../src/store/runs.ts'
import { testDatabase } from '../database.ts'
import { deliveryText } from './deliveries.ts'
import { makeSite, type TestSite } from './site.ts'

const { database } = await testDatabase()
const delivery = deliveryText({ persons: ['P1', 'P2'], groups: ['G1'] })
const now = (): Date => new Date('2026-09-02T00:00:00Z')

async function came(site: TestSite, bytes = delivery): Promise<number> {
  const { siteId, sourceId, deliveriesFolder } = site
  const file = path.join(arrivingFolder(deliveriesFolder, siteId), 'upload.part')
  fs.writeFileSync(file, bytes)
  const of = { channel: 'drop box', sender: 'skola', fileName: 'export.xml' } as const
  return takeIn({ database, siteId, sourceId, deliveriesFolder, file, now, ...of })
}

function run(site: TestSite, arrivalId: number): Promise<RunReport | undefined> {
  const { siteId, deliveriesFolder } = site
  const limits = DEFAULT_READ_LIMITS
  return importArrival({
    database,
    siteId,
    arrivalId,
    deliveriesFolder,
    limits,
    now,
    onProgress() {},
  })
}

const arrival = (site: TestSite, id: number): Promise<Arrival | undefined> =>
  database.site(site.siteId, (session) => arrivalById(session, site.siteId, id))
const waiting = (site: TestSite): Promise<Arrival[]> =>
  database.site(site.siteId, (session) => waitingArrivals(session, site.siteId))
const arriving = (site: TestSite): string[] =>
  fs.readdirSync(arrivingFolder(site.deliveriesFolder, site.siteId))

const arrivedAt = (told: readonly StoredEvent[], id: number): unknown =>
  told.find(({ details }) => details['arrival'] === id)?.details['arrivedAt']

describe('a delivery that comes by itself', () => {
  test('waits with its bytes until its run, is imported once, and leaves no copy behind', async () => {
    const site = await makeSite(database)
    const id = await came(site)
    assert.deepEqual(
      (await waiting(site)).map((each) => [each.id, each.fileName, each.bytes]),
      [[id, 'export.xml', Buffer.byteLength(delivery)]],
    )
    const report = await run(site, id)
    // The first delivery that comes by itself is reviewed.
    assert.equal(report?.outcome, 'held')
    assert.equal(report.delivery.fileName, 'export.xml')
    assert.equal((await arrival(site, id))?.runId, report.run)
    assert.deepEqual(arriving(site), [])
    assert.equal(await run(site, id), undefined)
    assert.deepEqual(await waiting(site), [])
  })

  test('of two workers that take it at once, one imports it', async () => {
    const site = await makeSite(database)
    const id = await came(site)
    const reports = await Promise.all([run(site, id), run(site, id)])
    assert.equal(reports.filter((report) => report !== undefined).length, 1)
  })

  test('a run that breaks off is tried again, and given up after some times', async () => {
    const site = await makeSite(database)
    const id = await came(site)
    const place = path.join(site.deliveriesFolder, (await waiting(site))[0]?.path ?? '')
    fs.renameSync(place, `${place}.away`)
    await assert.rejects(run(site, id), { code: 'ERR_DELIVERY_GONE' })
    const { attempts, error } = (await arrival(site, id)) ?? {}
    assert.deepEqual({ attempts, error }, { attempts: 1, error: 'ERR_DELIVERY_GONE' })
    fs.renameSync(`${place}.away`, place)
    assert.equal((await run(site, id))?.outcome, 'held')

    const other = await came(site, deliveryText({ persons: ['P3'] }))
    fs.rmSync(path.join(site.deliveriesFolder, (await waiting(site))[0]?.path ?? ''))
    for (let n = 0; n < ARRIVAL_ATTEMPTS_MAX; n++) await assert.rejects(run(site, other))
    assert.deepEqual(await waiting(site), [])
    assert.equal(await run(site, other), undefined)
    assert.ok((await arrival(site, other))?.givenUpAt)
    const told = await database.site(site.siteId, (s) => untoldEvents(s, site.siteId, 20))
    assert.deepEqual(
      told.filter(({ kind }) => kind === 'arrival_given_up').map(({ details }) => details),
      [{ arrival: other, arrivedAt: arrivedAt(told, other), code: 'ERR_DELIVERY_GONE' }],
    )
  })

  test('after an attempt that broke off the next one is made later each time', async () => {
    const site = await makeSite(database)
    const id = await came(site)
    fs.rmSync(path.join(site.deliveriesFolder, (await waiting(site))[0]?.path ?? ''))
    const waits: number[] = []
    for (let n = 1; n < ARRIVAL_ATTEMPTS_MAX; n++) {
      await assert.rejects(run(site, id))
      const { retryAt } = (await arrival(site, id)) ?? {}
      waits.push((Date.parse(retryAt ?? '') - now().getTime()) / 60_000)
    }
    assert.deepEqual(waits, [1, 5, 15, 60])
  })

  test('that somebody else holds the site is no attempt', async () => {
    const site = await makeSite(database)
    const id = await came(site)
    await database.holdSite(site.siteId, async () => {
      const { siteId, deliveriesFolder } = site
      const request = { database, siteId, arrivalId: id, deliveriesFolder, now, waitMs: 1 }
      const rest = { limits: DEFAULT_READ_LIMITS, onProgress() {} }
      await assert.rejects(importArrival({ ...request, ...rest }), { code: 'ERR_SITE_BUSY' })
    })
    assert.equal((await arrival(site, id))?.attempts, 0)
  })

  test('a run that was cut off goes on under its number, and is given up when that happens too often', async () => {
    const site = await makeSite(database)
    const id = await came(site)
    const begin = (): Promise<number> =>
      database.site(site.siteId, (session) =>
        insertRun(session, site.siteId, site.sourceId, {
          startedAt: now().toISOString(),
          arrivalId: id,
        }),
      )
    const first = await begin()
    assert.equal(await begin(), first)
    // Somebody who imports meanwhile does not take it for lost.
    await site.send(deliveryText({ persons: ['P9'] }))
    assert.equal((await run(site, id))?.run, first)

    const poison = await came(site)
    const cutOff = async (): Promise<number> =>
      database.site(site.siteId, (session) =>
        insertRun(session, site.siteId, site.sourceId, {
          startedAt: now().toISOString(),
          arrivalId: poison,
        }),
      )
    for (let n = 0; n < ARRIVAL_ATTEMPTS_MAX; n++) await cutOff()
    await assert.rejects(run(site, poison), { code: 'ERR_RUN_CUT_OFF' })
    assert.ok((await arrival(site, poison))?.givenUpAt)
    const told = await database.site(site.siteId, (s) => untoldEvents(s, site.siteId, 50))
    const last = told.slice(-2).map(({ kind }) => kind)
    assert.deepEqual(last, ['failed', 'arrival_given_up'])
  })

  test('every state of its run is an event that waits to be told', async () => {
    const site = await makeSite(database)
    await run(site, await came(site))
    const events = await database.site(site.siteId, (s) => untoldEvents(s, site.siteId, 10))
    assert.deepEqual(
      events.map(({ kind, details }) => [kind, details]),
      [
        ['started', {}],
        ['held', { was: 'running' }],
      ],
    )
  })
})
