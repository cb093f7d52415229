import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import net from 'node:net'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { arrivingFolder } from '../../src/import/arrivals.ts'
import { waitingArrivals } from '../../src/store/arrivals.ts'
import { siteById } from '../../src/store/sites.ts'
import { WEB_LIMITS } from '../../src/web/limits.ts'
import { testDatabase } from '../database.ts'
import { deliveryText } from '../import/deliveries.ts'
import { makeSite } from '../import/site.ts'
import { type Service, type ServiceOptions, startService } from './service.ts'

const { database } = await testDatabase()
const site = await makeSite(database)
const at = `/api/sites/${encodeURIComponent((await siteById(database, site.siteId))?.name ?? '')}`
const delivery = deliveryText({ persons: ['P1'] })

const start = (webLimits: ServiceOptions['webLimits'] = {}): Promise<Service> =>
  startService(database, site.deliveriesFolder, { webLimits })

/** A connection on which bytes are sent one by one; `closed` gives all that was answered. */
function connect({ url }: Service): {
  send(text: string): void
  closed: Promise<string>
  said(): string
} {
  const { hostname, port } = new URL(url)
  const socket = net.connect(Number(port), hostname)
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  socket.on('error', () => {})
  return {
    send: (more) => void socket.write(more),
    said: () => text,
    closed: new Promise((resolve) => socket.on('close', () => resolve(text))),
  }
}

const head = (token: string, method: string, path: string, length: number, type = ''): string =>
  `${method} ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Length: ${length}\r\n${type}\r\n`
const uploading = (token: string): string => head(token, 'POST', '/api/deliveries', delivery.length)
const parts = (): string[] =>
  readdirSync(arrivingFolder(site.deliveriesFolder, site.siteId)).filter((each) =>
    each.startsWith('.part'),
  )

async function until(done: () => boolean): Promise<void> {
  for (let n = 0; n < 200 && !done(); n++) await sleep(50)
  assert.ok(done())
}

describe('who is slow', () => {
  test('with the head of a request is cut off', async () => {
    const connection = connect(await start({ headTimeoutMs: 200 }))
    connection.send('GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ')
    assert.match(await connection.closed, /^HTTP\/1\.1 408 /)
  })

  test('with a JSON body is refused', async () => {
    const service = await start({ bodyTimeoutMs: 200 })
    const token = await service.token(site, ['administer'])
    const connection = connect(service)
    const type = 'Content-Type: application/json\r\n'
    connection.send(head(token, 'POST', `${at}/edit`, 50, type))
    connection.send('{"key":')
    await until(() => connection.said().includes('BODY_TOO_LONG'))
    assert.match(connection.said(), /^HTTP\/1\.1 413 /)
  })

  test('with a delivery, and sends nothing for too long, has not delivered, and leaves nothing', async () => {
    const service = await start({ uploadIdleMs: 300 })
    const token = await service.token(site, ['deliver'])
    const waiting = (): ReturnType<typeof waitingArrivals> =>
      database.site(site.siteId, (session) => waitingArrivals(session, site.siteId))
    const before = (await waiting()).length
    const connection = connect(service)
    connection.send(uploading(token))
    connection.send(delivery.slice(0, 50))
    await connection.closed
    await until(() => parts().length === 0)
    assert.equal((await waiting()).length, before)
  })

  test('with a delivery, but sends on, delivers', async () => {
    const service = await start({ uploadIdleMs: 10_000, bodyTimeoutMs: 100 })
    const token = await service.token(site, ['deliver'])
    const connection = connect(service)
    connection.send(uploading(token))
    const step = Math.ceil(delivery.length / 6)
    for (let from = 0; from < delivery.length; from += step) {
      connection.send(delivery.slice(from, from + step))
      await sleep(250)
    }
    await until(() => connection.said().includes('"arrival"'))
    assert.match(connection.said(), /^HTTP\/1\.1 202 /)
  })
})

describe('who asks too much at a time', () => {
  test('by uploads is refused until one of them has ended; another token is not', async () => {
    const service = await start({ uploadsMax: 2 })
    const [token, other] = [
      await service.token(site, ['deliver']),
      await service.token(site, ['deliver']),
    ]
    const two = [connect(service), connect(service)]
    for (const each of two) each.send(uploading(token))
    await until(() => parts().length === 2)
    const send = (by: string): ReturnType<Service['call']> =>
      service.call(by, 'POST', '/api/deliveries', Buffer.from(delivery))
    const third = await send(token)
    assert.deepEqual([third.status, third.body['code']], [429, 'TOO_MANY_REQUESTS'])
    assert.equal(third.headers.get('retry-after'), '30')
    assert.equal((await send(other)).status, 202)
    two[0]?.send(delivery)
    await until(() => two[0]?.said().includes('"arrival"') === true)
    assert.equal((await send(token)).status, 202)
    two[1]?.send(delivery)
    await until(() => two[1]?.said().includes('"arrival"') === true)
  })

  test('by requests a minute is refused, with when to come again; another token is not', async () => {
    const service = await start({ requestsPerMinute: 3 })
    const [token, other] = [
      await service.token(site, ['read']),
      await service.token(site, ['read']),
    ]
    const ask = (by: string): ReturnType<Service['call']> => service.call(by, 'GET', `${at}/runs`)
    for (let n = 0; n < 3; n++) assert.equal((await ask(token)).status, 200)
    const refused = await ask(token)
    assert.deepEqual([refused.status, refused.body['code']], [429, 'TOO_MANY_REQUESTS'])
    assert.ok(Number(refused.headers.get('retry-after')) > 0)
    assert.equal((await ask(other)).status, 200)
  })

  test('with tokens that are none has to wait, with a good one, too', async () => {
    const service = await start({ failuresPerMinute: 3 })
    const token = await service.token(site, ['read'])
    const ask = (by: string): ReturnType<Service['call']> => service.call(by, 'GET', `${at}/runs`)
    assert.equal((await ask(token)).status, 200)
    for (let n = 0; n < 3; n++) assert.equal((await ask('rollcall_x')).status, 401)
    assert.equal((await ask(token)).status, 429)
  })

  test('by connections is not let in until one is closed', async () => {
    const service = await start({ connectionsMax: 2, keepAliveMs: 60_000 })
    const ask = 'GET /healthz HTTP/1.1\r\nHost: x\r\n'
    const two = [connect(service), connect(service)]
    for (const each of two) each.send(`${ask}\r\n`)
    for (const each of two) await until(() => each.said().includes('200'))
    const third = connect(service)
    third.send(`${ask}\r\n`)
    assert.equal(await third.closed, '')
    two[0]?.send(`${ask}Connection: close\r\n\r\n`)
    await two[0]?.closed
    const fourth = connect(service)
    fourth.send(`${ask}Connection: close\r\n\r\n`)
    assert.match(await fourth.closed, /^HTTP\/1\.1 200 /)
  })

  test('by a head that is too long is refused', async () => {
    const connection = connect(await start())
    connection.send(`GET /healthz HTTP/1.1\r\nX-Long: ${'a'.repeat(17_000)}\r\n\r\n`)
    assert.match(await connection.closed, /^HTTP\/1\.1 431 /)
  })
})

test('the manual has the limits that there are', () => {
  const chapter = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8')
  const section = chapter.split('\n## Limits\n')[1]?.split('\n## ')[0] ?? ''
  const rows = new Map(
    [...section.matchAll(/^\| ([^|]+) \| ([^|]+) \|$/gm)].map(([, what = '', value = '']) => [
      what.trim(),
      value.trim(),
    ]),
  )
  const seconds = (ms: number): string => `${ms / 1000} s`
  const limits = WEB_LIMITS
  const expected = {
    'JSON body': `${limits.bodyBytesMax / 1024 ** 2} MiB, within ${seconds(limits.bodyTimeoutMs)}`,
    'head of a request': `${limits.headBytesMax / 1024} KiB, within ${seconds(limits.headTimeoutMs)}`,
    'a delivery': `\`ROLLCALL_DELIVERY_BYTES_MAX\`; ${seconds(limits.uploadIdleMs)} without a byte end it`,
    'uploads at a time of one token': `${limits.uploadsMax}`,
    'requests of one token': `${limits.requestsPerMinute} a minute, in each process`,
    'refused tokens from one address': `${limits.failuresPerMinute} a minute, then it has to wait`,
    'open connections': limits.connectionsMax.toLocaleString('en'),
    'rows of a page': limits.pageRowsMax.toLocaleString('en'),
  }
  for (const [what, value] of Object.entries(expected)) assert.equal(rows.get(what), value, what)
})
