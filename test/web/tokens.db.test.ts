import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createToken } from '../../src/access/tokens.ts'
import { siteById } from '../../src/store/sites.ts'
import { testDatabase } from '../database.ts'
import { makeSite } from '../import/site.ts'
import { startService } from './service.ts'

const { database } = await testDatabase()
const [site, other] = [await makeSite(database), await makeSite(database)]
const service = await startService(database, site.deliveriesFolder)
const name = (await siteById(database, site.siteId))?.name ?? ''
const at = `/api/sites/${encodeURIComponent(name)}`
const administrator = await service.token(site, ['deliver', 'administer'])
const operator = await service.token(0, ['read', 'administer'])
const day = (ahead: number): string =>
  new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10)

const create = (
  token: string,
  body: object,
  where = at,
  headers = {},
): ReturnType<typeof service.call> => service.call(token, 'POST', `${where}/tokens`, body, headers)

describe('a token that a token makes', () => {
  test('is shown this once, works, is listed without what it is, and is revoked', async () => {
    const asked = { name: 'nightly', scopes: ['deliver'], source: 'default', expires: day(90) }
    const { status, body } = await create(administrator, asked)
    assert.equal(status, 200)
    const token = String(body['token'])
    const arrivals = (): Promise<number> =>
      service.call(token, 'GET', `${at}/arrivals/1`).then((answer) => answer.status)
    assert.equal(await arrivals(), 404)
    const list = await service.call(administrator, 'GET', `${at}/tokens`)
    const listed = (list.body['tokens'] as { id: number; source: string; scopes: string[] }[]).find(
      ({ id }) => id === body['id'],
    )
    assert.deepEqual([listed?.source, listed?.scopes], ['default', ['deliver']])
    assert.ok(!JSON.stringify(list.body).includes(token))
    const revoke = (): ReturnType<typeof service.call> =>
      service.call(administrator, 'POST', `${at}/tokens/${String(body['id'])}/revoke`)
    assert.deepEqual((await revoke()).body, { revoked: body['id'] })
    assert.equal(await arrivals(), 401)
    assert.equal((await revoke()).status, 404)
  })

  test('may not more than the one that makes it', async () => {
    for (const scopes of [['read'], ['deliver', 'release'], ['administer', 'read']]) {
      const { status, body } = await create(administrator, { name: 'wide', scopes })
      assert.deepEqual([status, body['code']], [403, 'ERR_NOT_ALLOWED'], scopes.join())
    }
    const release = { name: 'wide', scopes: ['release'] }
    for (const where of ['/api', at]) {
      const { status, body } = await create(operator, release, where)
      assert.deepEqual([status, body['code']], [403, 'ERR_NOT_ALLOWED'], where)
    }
  })

  test('does not last longer', async () => {
    const made = { siteId: site.siteId, name: 'short', sourceId: null }
    const expiresAt = `${day(10)}T23:59:59.999Z`
    const of = { ...made, scopes: ['administer'], expiresAt } as const
    const { token } = await createToken(database, of, new Date())
    const asked = { name: 'next', scopes: ['administer'] }
    for (const longer of [{}, { expires: day(11) }]) {
      const { status, body } = await create(token, { ...asked, ...longer })
      assert.deepEqual([status, body['code']], [403, 'ERR_NOT_ALLOWED'])
    }
    assert.equal((await create(token, { ...asked, expires: day(10) })).status, 200)
  })

  test('is not of the installation, nor of another site', async () => {
    const asked = { name: 'up', scopes: ['administer'] }
    assert.equal((await create(administrator, asked, '/api')).status, 403)
    const theirs = (await siteById(database, other.siteId))?.name ?? ''
    const away = `/api/sites/${encodeURIComponent(theirs)}`
    assert.equal((await create(administrator, asked, away)).status, 404)
  })

  test('has a name of its own and a day that is to come', async () => {
    const asked = { name: 'once only', scopes: ['deliver'] }
    assert.equal((await create(administrator, asked)).status, 200)
    for (const body of [asked, { ...asked, name: 'past', expires: '2020-01-01' }]) {
      const answer = await create(administrator, body)
      assert.deepEqual([answer.status, answer.body['code']], [422, 'ERR_USAGE'])
    }
  })

  test('under one idempotency key is one, and is not answered again', async () => {
    const asked = { name: 'repeated', scopes: ['deliver'] }
    const key = { 'idempotency-key': 'a token' }
    const first = await create(administrator, asked, at, key)
    const again = await create(administrator, asked, at, key)
    assert.equal(again.headers.get('idempotency-replayed'), 'true')
    assert.deepEqual([again.status, again.body], [200, { id: first.body['id'] }])
    const rows = await database.operator((session) =>
      session.query<{ text: string }>(
        'select content as text from audit_values union all select answer::text from requests',
      ),
    )
    assert.ok(rows.length > 3)
    for (const { text } of rows) assert.ok(!text.includes(String(first.body['token'])))
    assert.ok(!service.log.join('\n').includes(String(first.body['token'])))
  })
})

test('tokens of the installation are made, listed and revoked by one of the installation', async () => {
  const asked = { name: 'second operator', scopes: ['read'] }
  const { status, body } = await create(operator, asked, '/api')
  assert.equal(status, 200)
  const token = String(body['token'])
  assert.equal((await service.call(token, 'GET', '/api/sites')).status, 200)
  const list = await service.call(operator, 'GET', '/api/tokens')
  const names = (list.body['tokens'] as { name: string }[]).map((each) => each.name)
  assert.ok(names.includes('second operator') && !names.includes('nightly'))
  const where = `/api/tokens/${String(body['id'])}/revoke`
  assert.equal((await service.call(administrator, 'POST', where)).status, 403)
  assert.equal((await service.call(operator, 'POST', where)).status, 200)
  assert.equal((await service.call(token, 'GET', '/api/sites')).status, 401)
})

test('a token of the installation makes one of a site', async () => {
  const { status, body } = await create(operator, { name: 'for the site', scopes: ['read'] })
  assert.equal(status, 200)
  const sites = await service.call(String(body['token']), 'GET', '/api/sites')
  assert.deepEqual(
    (sites.body['sites'] as { name: string }[]).map((each) => each.name),
    [name],
  )
})
