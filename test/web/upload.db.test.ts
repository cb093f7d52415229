import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { request } from 'node:http'
import path from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { arrivingFolder } from '../../src/import/arrivals.ts'
import { waitingArrivals } from '../../src/store/arrivals.ts'
import { createSource, siteById, sourceNamed } from '../../src/store/sites.ts'
import { removeLeftOvers, UPLOAD_PART } from '../../src/web/upload.ts'
import { testDatabase } from '../database.ts'
import { deliveryText } from '../import/deliveries.ts'
import { makeSite } from '../import/site.ts'
import { startService } from './service.ts'

const { database } = await testDatabase()
const site = await makeSite(database)
const service = await startService(database, site.deliveriesFolder, {
  limits: { deliveryBytesMax: 100_000 },
  metricsToken: 'scrape',
})
const sender = await service.token(site, ['deliver'], site.sourceId)
const delivery = Buffer.from(deliveryText({ persons: ['P1'] }))
const digest = createHash('sha256').update(delivery).digest()

const waiting = (): ReturnType<typeof waitingArrivals> =>
  database.site(site.siteId, (session) => waitingArrivals(session, site.siteId))
const arriving = (): string[] => fs.readdirSync(arrivingFolder(site.deliveriesFolder, site.siteId))

test('the bytes of a delivery are taken in, and the service is told', async () => {
  const { status, body } = await service.call(
    sender,
    'POST',
    '/api/deliveries?fileName=export.xml',
    delivery,
    { 'content-digest': `sha-256=:${digest.toString('base64')}:` },
  )
  assert.equal(status, 202)
  assert.equal(body['sha256'], digest.toString('hex'))
  const [arrival] = await waiting()
  assert.deepEqual(
    [arrival?.id, arrival?.fileName, arrival?.channel, arrival?.bytes],
    [body['arrival'], 'export.xml', 'api', delivery.length],
  )
  assert.match(arrival?.sender ?? '', /^token /)
  assert.deepEqual(service.arrived, [site.siteId])
  const path = `/api/sites/${encodeURIComponent((await siteById(database, site.siteId))?.name ?? '')}`
  const shown = await service.call(sender, 'GET', `${path}/arrivals/${String(body['arrival'])}`)
  assert.equal(shown.status, 200)
})

test('one that is empty, too long or not what its digest says is refused, and leaves nothing', async () => {
  const before = arriving().length
  const send = (bytes: Buffer, headers = {}): ReturnType<typeof service.call> =>
    service.call(sender, 'POST', '/api/deliveries', bytes, headers)
  assert.equal((await send(Buffer.alloc(0))).body['code'], 'DELIVERY_EMPTY')
  assert.equal((await send(Buffer.alloc(100_001, 32))).status, 413)
  const wrong = { 'content-digest': `sha-256=:${Buffer.alloc(32).toString('base64')}:` }
  assert.equal((await send(delivery, wrong)).body['code'], 'DIGEST_DIFFERS')
  assert.equal(arriving().length, before)
})

test('one whose connection is lost half-way is none', async () => {
  const before = (await waiting()).length
  const { hostname, port } = new URL(service.url)
  const sending = request({
    hostname,
    port,
    method: 'POST',
    path: '/api/deliveries',
    headers: { authorization: `Bearer ${sender}`, 'content-length': delivery.length },
  })
  sending.on('error', () => {})
  sending.write(delivery.subarray(0, 50))
  await sleep(200)
  sending.destroy()
  for (let n = 0; n < 50 && arriving().some((each) => each.startsWith('.part')); n++)
    await sleep(100)
  assert.equal((await waiting()).length, before)
  assert.ok(!arriving().some((each) => each.startsWith('.part')))
})

test('what a killed process left of an upload is removed after an hour', () => {
  const folder = arrivingFolder(site.deliveriesFolder, site.siteId)
  const [old, fresh] = [`${UPLOAD_PART}old`, `${UPLOAD_PART}new`]
  for (const name of [old, fresh]) fs.writeFileSync(path.join(folder, name), '<enterprise>')
  const hours = (n: number): Date => new Date(Date.now() - n * 3_600_000)
  fs.utimesSync(path.join(folder, old), hours(2), hours(2))
  removeLeftOvers(site.deliveriesFolder, new Date())
  assert.deepEqual(
    arriving().filter((each) => each.startsWith('.part')),
    [fresh],
  )
  fs.rmSync(path.join(folder, fresh))
})

test('the same upload under one idempotency key is one delivery', async () => {
  const key = { 'idempotency-key': 'night 1' }
  const send = (): ReturnType<typeof service.call> =>
    service.call(sender, 'POST', '/api/deliveries', delivery, key)
  const [first, again] = [await send(), await send()]
  assert.deepEqual([first.status, again.status], [202, 202])
  assert.equal(again.body['arrival'], first.body['arrival'])
})

test('a token of one source delivers to no other', async () => {
  await createSource(database, site.siteId, 'second')
  assert.ok((await sourceNamed(database, site.siteId, 'second')).id !== site.sourceId)
  const { status } = await service.call(sender, 'POST', '/api/deliveries?source=second', delivery)
  assert.equal(status, 403)
  const any = await service.token(site, ['deliver'])
  const unsaid = await service.call(any, 'POST', '/api/deliveries', delivery)
  assert.deepEqual([unsaid.status, unsaid.body['code']], [422, 'SOURCE_MISSING'])
  assert.equal(
    (await service.call(any, 'POST', '/api/deliveries?source=second', delivery)).status,
    202,
  )
})

test('health and readiness are told to anybody; metrics to whoever has their token', async () => {
  assert.equal((await service.call(undefined, 'GET', '/healthz')).status, 200)
  assert.equal((await service.call(undefined, 'GET', '/readyz')).status, 200)
  assert.equal((await service.call(undefined, 'GET', '/metrics')).status, 403)
  const { status, body } = await service.call('scrape', 'GET', '/metrics')
  assert.equal(status, 200)
  assert.match(
    String(body['text']),
    /rollcall_arrivals_waiting\{site="[^"]+",source="default"\} \d/,
  )
  assert.equal((await service.call(undefined, 'GET', '/nothing')).status, 404)
})
