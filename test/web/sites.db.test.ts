import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listAudit, type ListedAction } from '../../src/store/audit.ts'
import { siteById, siteNamed, sourceNamed } from '../../src/store/sites.ts'
import { testDatabase } from '../database.ts'
import { makeSite } from '../import/site.ts'
import { startService } from './service.ts'

const { database } = await testDatabase()
const site = await makeSite(database)
await makeSite(database)
const service = await startService(database, site.deliveriesFolder)
const operator = await service.token(0, ['read', 'administer'])
const name = (await siteById(database, site.siteId))?.name

const log = (): Promise<ListedAction[]> =>
  database.installation((session) => listAudit(session, 0, { limit: 9, offset: 0 }))
const namesFor = async (token: string): Promise<unknown[]> => {
  const { status, body } = await service.call(token, 'GET', '/api/sites')
  assert.equal(status, 200)
  return (body['sites'] as { name: string }[]).map((each) => each.name)
}

test('a token of the installation sees all sites, one of a site only that', async () => {
  assert.equal((await namesFor(operator)).length, 3)
  assert.deepEqual(await namesFor(await service.token(site, ['read'])), [name])
})

test('a token that may not read, or only one source, sees no list of sites', async () => {
  for (const token of [
    await service.token(site, ['administer']),
    await service.token(site, ['read'], site.sourceId),
    await service.token(0, ['administer']),
  ]) {
    const { status, body } = await service.call(token, 'GET', '/api/sites')
    assert.deepEqual([status, body['code']], [403, 'FORBIDDEN'])
  }
})

test('a token of the installation makes a site with its source, which the log of the installation has', async () => {
  const { status, body } = await service.call(operator, 'POST', '/api/sites', {
    name: 'Norrskolan',
  })
  assert.deepEqual([status, body['name']], [200, 'Norrskolan'])
  const made = await siteNamed(database, 'Norrskolan')
  assert.equal(made.id, body['id'])
  assert.equal((await sourceNamed(database, made.id, 'default')).id, 1)
  const [last] = await log()
  assert.deepEqual(
    [last?.action, last?.values?.['told'], last?.end?.phase],
    ['api create_site', { name: 'Norrskolan' }, 'done'],
  )
})

test('a name that is taken is refused, and makes nothing', async () => {
  const { status, body } = await service.call(operator, 'POST', '/api/sites', { name })
  assert.deepEqual([status, body['code']], [422, 'ERR_USAGE'])
})

test('the same key makes one site', async () => {
  const create = (): ReturnType<typeof service.call> =>
    service.call(operator, 'POST', '/api/sites', { name: 'Once' }, { 'idempotency-key': 'once' })
  const [first, again] = [await create(), await create()]
  assert.deepEqual([again.status, again.body], [200, first.body])
  assert.equal(again.headers.get('idempotency-replayed'), 'true')
})

test('neither a site nor whoever may only read makes a site', async () => {
  for (const token of [
    await service.token(site, ['read', 'administer']),
    await service.token(0, ['read']),
  ]) {
    const { status, body } = await service.call(token, 'POST', '/api/sites', { name: 'No' })
    assert.deepEqual([status, body['code']], [403, 'FORBIDDEN'])
  }
})
