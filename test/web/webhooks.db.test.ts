import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, test } from 'node:test'
import { siteById } from '../../src/store/sites.ts'
import { testDatabase } from '../database.ts'
import { makeSite } from '../import/site.ts'
import { type Service, startService } from './service.ts'

const { database } = await testDatabase()
const site = await makeSite(database)
const other = await makeSite(database)
const service = await startService(database, site.deliveriesFolder)
const allowing = await startService(database, site.deliveriesFolder, { mayCallPrivate: true })
const at = `/api/sites/${encodeURIComponent((await siteById(database, site.siteId))?.name ?? '')}`
const administrator = await service.token(site, ['administer'])

const PUBLIC = 'https://tickets.kommun.example/rollcall'

/** Bodies of requests, with their signatures, that came in at this machine. */
const came: { readonly body: string; readonly signature: string }[] = []
const server = http.createServer((request, response) => {
  let body = ''
  request.setEncoding('utf8')
  request.on('data', (piece: string) => (body += piece))
  request.on('end', () => {
    came.push({ body, signature: String(request.headers['x-rollcall-signature']) })
    response.writeHead(204).end()
  })
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
after(() => server.close())
const { port } = server.address() as AddressInfo

function add(by: Service, url: string, headers = {}): ReturnType<Service['call']> {
  return by.call(administrator, 'POST', `${at}/webhooks`, { url }, headers)
}
const remove = (number: unknown): ReturnType<Service['call']> =>
  service.call(administrator, 'DELETE', `${at}/webhooks/${String(number)}`)

describe('a webhook', () => {
  test('is added with a secret that is shown this once, listed without it, and removed', async () => {
    const { status, body } = await add(service, PUBLIC)
    assert.equal(status, 200)
    assert.match(String(body['secret']), /^[\w-]{43}$/)
    const list = await service.call(administrator, 'GET', `${at}/webhooks`)
    assert.deepEqual(
      (list.body['webhooks'] as object[]).map((each) => Object.keys(each).toSorted()),
      [['createdAt', 'id', 'url']],
    )
    assert.deepEqual((await remove(body['webhook'])).body, { removed: body['webhook'] })
    assert.equal((await remove(body['webhook'])).status, 404)
  })

  test('under one idempotency key is one; its secret is not answered again, and nowhere stored', async () => {
    const key = { 'idempotency-key': 'one webhook' }
    const [first, again] = [await add(service, PUBLIC, key), await add(service, PUBLIC, key)]
    assert.equal(again.headers.get('idempotency-replayed'), 'true')
    assert.deepEqual([again.status, again.body], [200, { webhook: first.body['webhook'] }])
    const stored = await database.site(site.siteId, (session) =>
      session.query<{ text: string }>(
        `select answer::text as text from requests where site_id = $1
         union all select content from audit_values where site_id = $1`,
        [site.siteId],
      ),
    )
    assert.ok(stored.length > 1)
    for (const { text } of stored) assert.ok(!text.includes(String(first.body['secret'])))
    await remove(first.body['webhook'])
  })

  test('is seen and set by whoever administers the site, and by nobody else', async () => {
    for (const token of [
      await service.token(site, ['read', 'release', 'deliver']),
      await service.token(site, ['administer'], site.sourceId),
    ]) {
      assert.equal((await service.call(token, 'GET', `${at}/webhooks`)).status, 403)
    }
    const theirs = await service.token(other, ['administer'])
    assert.equal((await service.call(theirs, 'GET', `${at}/webhooks`)).status, 404)
  })
})

describe('where one that is added from elsewhere may lead', () => {
  test('is an address of the internet, over https', async () => {
    for (const url of [
      `http://127.0.0.1:${port}/`,
      'http://localhost:8080/',
      'http://[::1]/',
      'http://tickets.kommun.example/',
      'https://localhost/',
      'https://db.localhost/',
      'https://localhost./',
      'https://127.0.0.1/',
      'https://0x7f000001/',
      'https://2130706433/',
      'https://10.0.0.1/',
      'https://169.254.169.254/latest/meta-data/',
      'https://[::1]/',
      'https://[fd00::1]/',
      'https://[fec0::1]/',
      'https://[::ffff:10.0.0.1]/',
      'https://[::a00:1]/',
      'https://user:secret@tickets.kommun.example/',
      'file:///etc/passwd',
      'nowhere',
    ]) {
      const { status, body } = await add(service, url)
      assert.deepEqual([status, body['code']], [422, 'ERR_WEBHOOK_REFUSED'], url)
    }
    assert.equal(came.length, 0)
  })

  test('is this machine where the operator allows it, and is called with its secret', async () => {
    const { status, body } = await add(allowing, `http://127.0.0.1:${port}/hook`)
    assert.equal(status, 200)
    const tried = await allowing.call(
      administrator,
      'POST',
      `${at}/webhooks/${String(body['webhook'])}/test`,
    )
    assert.deepEqual(tried.body, { webhook: body['webhook'], taken: true })
    const [call] = came
    const [, seconds = '', hex] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(call?.signature ?? '') ?? []
    const mac = createHmac('sha256', String(body['secret'])).update(`${seconds}.${call?.body}`)
    assert.equal(hex, mac.digest('hex'))
    await remove(body['webhook'])
  })

  test('is not this machine by a name that leads there either: that is refused at the call', async () => {
    const { body } = await add(allowing, 'https://localhost:1/')
    const where = `${at}/webhooks/${String(body['webhook'])}/test`
    const refused = await service.call(administrator, 'POST', where)
    assert.deepEqual(
      [refused.status, refused.body['taken'], refused.body['error']],
      [200, false, 'ERR_WEBHOOK_REFUSED'],
    )
    await remove(body['webhook'])
  })
})

test('a webhook that is not there is neither called nor removed', async () => {
  for (const [method, where] of [
    ['POST', '/webhooks/999999/test'],
    ['DELETE', '/webhooks/999999'],
  ] as const) {
    const { status, body } = await service.call(administrator, method, `${at}${where}`)
    assert.deepEqual([status, body['code']], [404, 'ERR_NOT_FOUND'])
  }
})
