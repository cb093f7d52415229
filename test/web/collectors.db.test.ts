import assert from 'node:assert/strict'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, test } from 'node:test'
import { setCollector } from '../../src/collect/set.ts'
import { sealing } from '../../src/store/sealed.ts'
import { listAudit } from '../../src/store/audit.ts'
import { collectorOf, type StoredCollector } from '../../src/store/collectors.ts'
import { siteById } from '../../src/store/sites.ts'
import { testDatabase } from '../database.ts'
import { deliveryText, keys } from '../import/deliveries.ts'
import { makeSite } from '../import/site.ts'
import { type Service, startService } from './service.ts'

const { database } = await testDatabase()
const site = await makeSite(database)
const { siteId, sourceId, deliveriesFolder } = site
const seals = sealing({ key: Buffer.alloc(32, 7).toString('base64'), keyFile: '' })
const service = await startService(database, deliveriesFolder, { sealing: seals })
/** The same, of an operator who lets collectors of the API into his networks. */
const open = await startService(database, deliveriesFolder, {
  sealing: seals,
  feeds: { mayReachPrivate: true },
})
const name = encodeURIComponent((await siteById(database, siteId))?.name ?? '')
const at = `/api/sites/${name}/sources/default/collector`
const token = await service.token(site, ['deliver', 'read', 'administer'])
const reader = await service.token(site, ['read'])

const file = deliveryText({ persons: keys('P', 3) })
const asked: string[] = []
const server = http.createServer((request, response) => {
  asked.push(request.headers.authorization ?? '')
  response.end(file)
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
after(() => server.close())
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/export.xml`

const call = (of: Service, method: string, path: string, body?: unknown) =>
  of.call(token, method, path, body)
const stored = (): Promise<StoredCollector | undefined> =>
  database.site(siteId, (session) => collectorOf(session, siteId, sourceId))
const http_ = { kind: 'http', set: { url, allowPlain: true } }

describe('a collector over the API', () => {
  test('is set, shown, listed and removed, as on the command line', async () => {
    const begun = await call(service, 'PATCH', at, {
      preset: 'alvis',
      set: { host: 'sftp.example.org', user: 'kommun', filesMax: 3, deliverUnchanged: true },
      schedule: { at: ['02:30'] },
    })
    assert.equal(begun.status, 200)
    assert.deepEqual(begun.body['missing'], ['password or privateKey (secret)', 'hostKey'])
    const more = await call(service, 'PATCH', at, { secrets: { password: 'hemligt' } })
    assert.deepEqual([more.body['missing'], more.body['secrets']], [['hostKey'], ['password']])
    const { body } = await service.call(reader, 'GET', at)
    assert.deepEqual(
      [body['source'], body['kind'], body['schedule'], body['secrets']],
      ['default', 'sftp', { at: ['02:30'] }, ['password']],
    )
    assert.deepEqual(
      [(body['settings'] as { filesMax: number }).filesMax, body['isConfined']],
      [3, true],
    )
    const list = await service.call(reader, 'GET', `/api/sites/${name}/collectors`)
    assert.equal((list.body['collectors'] as unknown[]).length, 1)
    const gone = await call(service, 'DELETE', at)
    assert.deepEqual([gone.status, gone.body['removed']], [200, 'default'])
    assert.equal((await service.call(reader, 'GET', at)).status, 404)
  })

  test('is set by nobody who may only read', async () => {
    assert.equal((await service.call(reader, 'PATCH', at, http_)).status, 403)
    assert.equal((await service.call(reader, 'DELETE', at)).status, 403)
    assert.equal((await service.call(reader, 'POST', `${at}/test`, {})).status, 403)
  })

  test('has secrets that are answered nowhere, and stand in no log', async () => {
    const set = await call(service, 'PATCH', at, {
      kind: 'http',
      set: { url: 'https://files.example.org/x' },
      secrets: { token: 'sekret-1234' },
    })
    const shown = await call(service, 'GET', at)
    const log = await database.site(siteId, (session) =>
      listAudit(session, siteId, { limit: 50, offset: 0 }),
    )
    assert.ok(log.some(({ action }) => action === 'api set_collector'))
    for (const said of [set.body, shown.body, log, service.log]) {
      assert.ok(!JSON.stringify(said).includes('sekret-1234'))
    }
    assert.ok(!(await stored())?.secrets?.includes('sekret-1234'))
  })

  test('is refused with every fault by name', async () => {
    const { status, body } = await call(service, 'PATCH', at, { kind: 'sftp', set: { hots: 'x' } })
    assert.deepEqual([status, body['code']], [422, 'ERR_COLLECTOR_WRONG'])
    const no = await call(service, 'PATCH', at, {
      kind: 'http',
      set: { url: 'file:///etc/passwd' },
    })
    assert.deepEqual([no.status, no.body['code']], [422, 'ERR_COLLECTOR_WRONG'])
  })

  test('is never a program of the machine', async () => {
    const program = { kind: 'program' as const, set: { program: 'export' } }
    for (const body of [program, { preset: 'ist-client', set: { program: 'export' } }]) {
      const refused = await call(service, 'PATCH', at, body)
      assert.deepEqual([refused.status, refused.body['code']], [403, 'ERR_NOT_ALLOWED'])
    }
    await setCollector(database, seals, siteId, sourceId, program, new Date())
    const other = await call(service, 'PATCH', at, { set: { program: 'another' } })
    assert.deepEqual([other.status, other.body['code']], [403, 'ERR_NOT_ALLOWED'])
    assert.equal((await stored())?.settings['program'], 'export')
    assert.equal((await call(service, 'DELETE', at)).status, 200)
  })
})

describe('where a collector over the API leads', () => {
  const fetch = (of: Service) => call(of, 'POST', `/api/sites/${name}/sources/default/fetch`, {})

  test('no private network, nor this machine, in any clothes', async () => {
    const port = (server.address() as AddressInfo).port
    const inside = [
      url,
      `http://localhost:${port}/`,
      `http://2130706433:${port}/`,
      `http://[::ffff:127.0.0.1]:${port}/`,
      `http://[::1]:${port}/`,
      'http://169.254.169.254/latest/meta-data/',
      'http://[fe80::1]/',
      'http://10.1.2.3/',
      'http://192.168.0.1/',
    ]
    for (const each of inside) {
      await call(service, 'PATCH', at, { kind: 'http', set: { url: each, allowPlain: true } })
      for (const done of [await fetch(service), await call(service, 'POST', `${at}/test`, {})]) {
        assert.deepEqual([done.status, done.body['code']], [403, 'ERR_FETCH_PRIVATE'], each)
      }
    }
    assert.deepEqual(asked, [])
  })

  test('no private network by SFTP, FTP or SS12000 either', async () => {
    const kinds = [
      { kind: 'sftp', set: { host: '127.0.0.1', user: 'u' }, secrets: { password: 'p' } },
      { kind: 'ftp', set: { host: 'localhost', user: 'u' }, secrets: { password: 'p' } },
      { kind: 'ftp', set: { host: '127.0.0.1', user: 'u', tls: 'implicit' } },
      { kind: 'ss12000', set: { url: 'https://127.0.0.1/v2.0' } },
      {
        kind: 'ss12000',
        set: { url: 'https://192.0.2.1/v2.0', tokenUrl: 'https://127.0.0.1/t', clientId: 'c' },
        secrets: { clientSecret: 's' },
      },
    ]
    for (const body of kinds) {
      assert.equal((await call(service, 'PATCH', at, body)).status, 200)
      const done = await fetch(service)
      assert.deepEqual([done.status, done.body['code']], [403, 'ERR_FETCH_PRIVATE'], body.kind)
    }
  })

  test('a private network where the operator of the machine allows it', async () => {
    await call(open, 'PATCH', at, http_)
    const tried = await call(open, 'POST', `${at}/test`, {})
    assert.deepEqual([tried.status, tried.body['works']], [200, true])
    const done = await fetch(open)
    assert.equal(done.status, 200)
    const [delivery] = done.body['deliveries'] as { arrivalId: number; fileName: string }[]
    assert.equal(delivery?.fileName, 'export.xml')
    assert.deepEqual(open.arrived, [siteId])
    const arrival = await call(open, 'GET', `/api/sites/${name}/arrivals/${delivery.arrivalId}`)
    assert.deepEqual([arrival.body['channel'], arrival.body['runId']], ['collector', null])
    const again = await fetch(open)
    assert.deepEqual(again.body, { deliveries: [], unchanged: 1 })
  })

  test('a private network once the operator has said where on the machine, until it is moved', async () => {
    const said = { kind: 'http' as const, set: { url, allowPlain: 'yes' } }
    await call(service, 'DELETE', at)
    await setCollector(database, seals, siteId, sourceId, said, new Date())
    assert.equal((await fetch(service)).status, 200)
    await call(service, 'PATCH', at, { secrets: { token: 'abc' }, schedule: { everyMinutes: 60 } })
    assert.equal((await fetch(service)).status, 200)
    await call(service, 'PATCH', at, { set: { url: `${url}?other` } })
    assert.equal((await fetch(service)).status, 403)
    // A schedule that the operator sets vouches for nothing; the address does.
    const by = (set: Record<string, string>) =>
      setCollector(database, seals, siteId, sourceId, { set, schedule: null }, new Date())
    await by({ fileName: 'x.xml' })
    assert.equal((await fetch(service)).status, 403)
    await by({ url })
    assert.equal((await fetch(service)).status, 200)
  })
})
