import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, describe, test } from 'node:test'
import { openArrivals } from '../../src/store/arrivals.ts'
import { listAudit } from '../../src/store/audit.ts'
import { createSource, siteById } from '../../src/store/sites.ts'
import { testDatabase } from '../database.ts'
import { deliveryText, keys } from '../import/deliveries.ts'
import { makeSite, type TestSite } from '../import/site.ts'
import { startService } from './service.ts'

const { database } = await testDatabase()
const site = await makeSite(database)
const other = await makeSite(database)
const { siteId, deliveriesFolder } = site
const service = await startService(database, deliveriesFolder)
const path_ = async (of: TestSite): Promise<string> =>
  `/api/sites/${encodeURIComponent((await siteById(database, of.siteId))?.name ?? '')}`
const at = await path_(site)
const token = await service.token(site, ['deliver', 'read', 'administer'])
const reader = await service.token(site, ['read', 'release'])
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-feeds-'))
after(() => fs.rmSync(folder, { recursive: true }))

const call = (method: string, where: string, body?: unknown, headers = {}) =>
  service.call(token, method, `${at}${where}`, body, headers)

async function upload(persons: number, source = 'default'): Promise<number> {
  const text = Buffer.from(deliveryText({ persons: keys('P', persons) }))
  const { body } = await service.call(token, 'POST', `/api/deliveries?source=${source}`, text)
  return body['arrival'] as number
}
const waiting = () => database.site(siteId, (session) => openArrivals(session, siteId))

describe('deliveries that wait', () => {
  test('are imported when they are asked for, in order, up to the one that is named', async () => {
    await site.deliver(deliveryText({ persons: keys('P', 20) }))
    const [first, second, third] = [await upload(21), await upload(22), await upload(23)]
    const { body: listed } = await service.call(reader, 'GET', `${at}/arrivals`)
    assert.deepEqual(
      (listed['arrivals'] as { id: number; source: string }[]).map((each) => [
        each.id,
        each.source,
      ]),
      [first, second, third].map((id) => [id, 'default']),
    )
    const asked = { arrival: second }
    const key = { 'idempotency-key': 'up to the second' }
    const done = await call('POST', '/arrivals/run', asked, key)
    assert.equal(done.status, 200)
    const imports = done.body['imports'] as { run: number; outcome: string }[]
    assert.equal(imports.length, 2)
    assert.deepEqual(
      (await waiting()).map(({ id }) => id),
      [third],
    )
    const shown = await call('GET', `/arrivals/${first}`)
    assert.equal(shown.body['runId'], imports[0]?.run)
    // Nothing of what a report says of a delivery is kept for a repeated request.
    const again = await call('POST', '/arrivals/run', asked, key)
    assert.deepEqual(
      again.body['imports'],
      imports.map(({ run, outcome }) => ({ run, outcome })),
    )
    assert.equal(again.headers.get('idempotency-replayed'), 'true')
    assert.equal((await call('POST', '/arrivals/run', asked)).status, 404)
    const rest = await call('POST', '/arrivals/run', {})
    assert.equal((rest.body['imports'] as unknown[]).length, 1)
  })

  test('of one source are imported alone', async () => {
    await createSource(database, siteId, 'adults')
    const [mine, adults] = [await upload(23), await upload(1, 'adults')]
    await call('POST', '/arrivals/run', { source: 'adults' })
    assert.deepEqual(
      (await waiting()).map(({ id }) => id),
      [mine],
    )
    assert.equal((await call('POST', '/arrivals/run', { source: 'none' })).status, 404)
    assert.notEqual((await call('GET', `/arrivals/${adults}`)).body['runId'], null)
  })

  test('are thrown away with their bytes, once', async () => {
    const id = await upload(24)
    const place = (await waiting()).find((each) => each.id === id)?.path ?? ''
    const file = path.join(deliveriesFolder, place)
    assert.ok(fs.existsSync(file))
    const gone = await call('DELETE', `/arrivals/${id}`)
    assert.deepEqual([gone.status, gone.body['discarded']], [200, id])
    assert.ok(!fs.existsSync(file))
    assert.equal((await call('DELETE', `/arrivals/${id}`)).status, 404)
  })

  test('of another site are not there, and are nobody’s to run who may only read', async () => {
    const id = await upload(25)
    const elsewhere = await service.token(other, ['read', 'administer'])
    const theirs = await path_(other)
    const tried = await service.call(elsewhere, 'POST', `${theirs}/arrivals/run`, { arrival: id })
    assert.equal(tried.status, 404)
    assert.equal((await service.call(elsewhere, 'DELETE', `${theirs}/arrivals/${id}`)).status, 404)
    assert.equal((await service.call(reader, 'POST', `${at}/arrivals/run`, {})).status, 403)
    assert.equal((await service.call(reader, 'DELETE', `${at}/arrivals/${id}`)).status, 403)
  })
})

describe('the drop box', () => {
  const keyText = (): string => {
    const file = path.join(folder, `key-${fs.readdirSync(folder).length}`)
    spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'a sender', '-f', file])
    return fs.readFileSync(`${file}.pub`, 'utf8')
  }

  test('shows what senders compare, and nothing of its private keys', async () => {
    const { status, body } = await service.call(reader, 'GET', `${at}/drop-box`)
    assert.equal(status, 200)
    const hostKeys = body['hostKeys'] as { fingerprint: string; publicKey: string }[]
    assert.equal(hostKeys.length, 2)
    assert.match(hostKeys[0]?.fingerprint ?? '', /^SHA256:/)
    assert.deepEqual([body['port'], body['accounts']], [null, 0])
    assert.ok(!JSON.stringify(body).includes('PRIVATE'))
  })

  test('gets an account whose password is answered once: not again, not to whoever looks, not in a log', async () => {
    const asked = {
      user: 'skolan-sis',
      complete: 'quiet',
      quietSeconds: 30,
      from: ['192.0.2.0/24'],
    }
    const key = { 'idempotency-key': 'an account' }
    const made = await call('POST', '/drop-box/accounts', asked, key)
    const password = made.body['password'] as string
    assert.deepEqual([made.status, password.length], [200, 24])
    const again = await call('POST', '/drop-box/accounts', asked, key)
    assert.deepEqual(
      [again.status, again.body, again.headers.get('idempotency-replayed')],
      [200, { user: 'skolan-sis', password: null }, 'true'],
    )
    const stored = await database.site(siteId, (session) =>
      session.query('select answer from requests where site_id = $1', [siteId]),
    )
    const shown = await service.call(reader, 'GET', `${at}/drop-box/accounts/skolan-sis`)
    const account = shown.body['account'] as { hasPassword: boolean; complete: string }
    assert.deepEqual(
      [account.hasPassword, account.complete, shown.body['files']],
      [true, 'quiet', []],
    )
    const log = await database.site(siteId, (session) =>
      listAudit(session, siteId, { limit: 50, offset: 0 }),
    )
    assert.ok(log.some(({ action }) => action === 'api add_drop_box_account'))
    for (const said of [stored, shown.body, log, service.log]) {
      assert.ok(!JSON.stringify(said).includes(password))
    }
  })

  test('changes an account: password, keys, settings', async () => {
    const where = '/drop-box/accounts/skolan-sis'
    const set = await call('PATCH', where, { password: 'new', keys: keyText(), names: '*.xml' })
    assert.equal((set.body['password'] as string).length, 24)
    const { body } = await call('GET', where)
    const account = body['account'] as { keys: { fingerprint: string }[]; names: string }
    assert.deepEqual([account.keys.length, account.names], [1, '*.xml'])
    const without = await call('PATCH', where, { password: 'none' })
    assert.deepEqual([without.status, without.body['password']], [200, null])
    const removeKeys = account.keys.map(({ fingerprint }) => fingerprint)
    const last = await call('PATCH', where, { removeKeys })
    assert.deepEqual([last.status, last.body['code']], [422, 'ERR_USAGE'])
    const wrong = await call('PATCH', where, { keys: 'ssh-ed25519 AAAA' })
    assert.deepEqual([wrong.status, wrong.body['code']], [422, 'ERR_KEY_REFUSED'])
  })

  test('locks and unlocks an account, and removes it', async () => {
    const where = '/drop-box/accounts/skolan-sis'
    const lockedAt = async (): Promise<unknown> =>
      ((await call('GET', where)).body['account'] as { lockedAt: unknown }).lockedAt
    assert.equal((await call('POST', `${where}/lock`)).body['locked'], true)
    assert.notEqual(await lockedAt(), null)
    assert.equal((await call('POST', `${where}/unlock`)).body['unlocked'], true)
    assert.equal(await lockedAt(), null)
    assert.equal((await call('DELETE', where)).body['removed'], true)
    assert.equal((await call('GET', where)).status, 404)
  })

  test('of one site does not know the accounts of another', async () => {
    const theirs = await path_(other)
    const elsewhere = await service.token(other, ['read', 'administer'])
    await service.call(elsewhere, 'POST', `${theirs}/drop-box/accounts`, { user: 'their-sis' })
    const where = '/drop-box/accounts/their-sis'
    for (const [method, path] of [
      ['GET', where],
      ['PATCH', where],
      ['DELETE', where],
      ['POST', `${where}/lock`],
    ] as const) {
      const { status, body } = await call(method, path, method === 'PATCH' ? {} : undefined)
      assert.equal(status, 404, method)
      assert.ok(!String(body['hint']).includes('their-sis'))
    }
    const list = await call('GET', '/drop-box/accounts')
    assert.deepEqual(list.body['accounts'], [])
    assert.equal(
      (await service.call(reader, 'POST', `${at}/drop-box/accounts`, { user: 'abc' })).status,
      403,
    )
  })
})
