import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { siteById } from '../../src/store/sites.ts'
import { testDatabase } from '../database.ts'
import { deliveryText, keys } from '../import/deliveries.ts'
import { makeSite, type TestSite } from '../import/site.ts'
import { startService } from './service.ts'

const { database } = await testDatabase()
const site = await makeSite(database)
const other = await makeSite(database)
const service = await startService(database, site.deliveriesFolder)
const name = async ({ siteId }: TestSite): Promise<string> =>
  encodeURIComponent((await siteById(database, siteId))?.name ?? '')
const at = `/api/sites/${await name(site)}`
const reader = await service.token(site, ['read'])
const administrator = await service.token(site, ['read', 'release', 'administer'])

const roster = {
  persons: keys('P', 25).map((key) => ({ key, given: 'Ada', family: key })),
  groups: ['G1', 'G2'],
  lists: [{ group: 'G1', members: keys('P', 25) }],
}
await site.deliver(deliveryText(roster))
await other.deliver(deliveryText({ persons: ['P900'] }))

describe('who calls', () => {
  test('without a token, or with one that is unknown, nothing is answered', async () => {
    for (const token of [undefined, 'rollcall_x', `rollcall_${'A'.repeat(48)}`]) {
      const { status, body, headers } = await service.call(token, 'GET', `${at}/runs`)
      assert.deepEqual([status, body['code']], [401, 'UNAUTHENTICATED'])
      assert.match(headers.get('www-authenticate') ?? '', /^Bearer/)
      assert.match(headers.get('content-type') ?? '', /^application\/problem\+json/)
    }
  })

  test('a token of one site sees no other', async () => {
    const { status } = await service.call(reader, 'GET', `/api/sites/${await name(other)}/runs`)
    assert.equal(status, 404)
    const { body } = await service.call(reader, 'GET', `${at}/roster/persons?limit=100`)
    assert.ok(!JSON.stringify(body).includes('P900'))
  })

  test('a token of the installation sees all of them', async () => {
    const operator = await service.token(0, ['read'])
    for (const each of [site, other]) {
      const { status } = await service.call(operator, 'GET', `/api/sites/${await name(each)}/runs`)
      assert.equal(status, 200)
    }
  })

  test('what it was not made for it may not', async () => {
    const { status, body } = await service.call(reader, 'POST', `${at}/runs/1/undo`, {})
    assert.deepEqual([status, body['code']], [403, 'FORBIDDEN'])
  })

  test('a token for one source reads nothing of the site', async () => {
    const token = await service.token(site, ['read', 'deliver'], site.sourceId)
    assert.equal((await service.call(token, 'GET', `${at}/roster/persons`)).status, 403)
  })
})

describe('lists', () => {
  test('are paged by place: each row once, whatever the size of a page', async () => {
    for (const limit of [1, 7, 25, 100]) {
      const seen: unknown[] = []
      let next: string | undefined
      do {
        const after: string = next === undefined ? '' : `&after=${next}`
        const { status, body } = await service.call(
          reader,
          'GET',
          `${at}/roster/memberships?limit=${limit}${after}`,
        )
        assert.equal(status, 200)
        seen.push(...(body['rows'] as { personKey: string }[]).map(({ personKey }) => personKey))
        next = body['next'] as string | undefined
      } while (next !== undefined)
      assert.deepEqual(seen.toSorted(), keys('P', 25).toSorted(), `pages of ${limit}`)
    }
  })

  test('of a run are paged by place too, each of the two alone, and counted once', async () => {
    const fresh = await makeSite(database)
    const path = `/api/sites/${await name(fresh)}/runs`
    const token = await service.token(fresh, ['read'])
    const { run } = await fresh.deliver(deliveryText(roster))
    const held = await fresh.send(deliveryText({ persons: keys('Q', 900) }))
    assert.equal(held.outcome, 'held')
    for (const each of [run, held.run]) {
      const whole = await service.call(token, 'GET', `${path}/${each}?limit=1000`)
      const all = whole.body['changes'] as unknown[]
      assert.equal(whole.body['changesTotal'], all.length)
      const seen: unknown[] = []
      let next = ''
      do {
        const { status, body } = await service.call(token, 'GET', `${path}/${each}?limit=9${next}`)
        assert.equal(status, 200)
        assert.equal('changesTotal' in body, next === '')
        assert.equal('problemsTotal' in body, next === '')
        seen.push(...(body['changes'] as unknown[]))
        const place = body['changesNext'] as string | undefined
        next = place === undefined ? '' : `&changesAfter=${place}`
      } while (next !== '' && seen.length < 2_000)
      assert.deepEqual(seen, all)
    }
    const other = Buffer.from('[2,1]').toString('base64url')
    const wrong = await service.call(token, 'GET', `${path}/${run}?changesAfter=${other}`)
    assert.equal(wrong.status, 422)
  })

  test('do not begin anew behind a place that is none', async () => {
    for (const after of ['x', 'bm9uZQ', 'e30']) {
      const { status } = await service.call(reader, 'GET', `${at}/roster/persons?after=${after}`)
      assert.equal(status, 422, after)
    }
  })

  test('are narrowed by what the body says', async () => {
    const { body } = await service.call(reader, 'POST', `${at}/roster/persons/search`, {
      person: 'P7',
    })
    assert.deepEqual(
      (body['rows'] as { key: string }[]).map(({ key }) => key),
      ['P7'],
    )
  })

  test('the history of a record is asked for by its key, in the body', async () => {
    const { status, body } = await service.call(reader, 'POST', `${at}/roster/explain`, {
      key: 'P3',
    })
    assert.equal(status, 200)
    assert.equal((body['found'] as { key: string }[])[0]?.key, 'P3')
    assert.equal(
      (await service.call(reader, 'POST', `${at}/roster/explain`, { key: 'X' })).status,
      404,
    )
  })
})

describe('a request that is wrong', () => {
  test('is refused with all faults, by place', async () => {
    const { status, body } = await service.call(reader, 'GET', `${at}/runs?limit=0&colour=red`)
    assert.deepEqual([status, body['code']], [422, 'REQUEST_WRONG'])
    assert.equal((body['faults'] as unknown[]).length, 2)
  })

  test('is refused where it is no JSON, or another type, or too long', async () => {
    const post = (body: Buffer, type: string): Promise<{ status: number }> =>
      service.call(administrator, 'POST', `${at}/edit`, body, { 'content-type': type })
    assert.equal((await post(Buffer.from('{'), 'application/json')).status, 400)
    assert.equal((await post(Buffer.from('a=b'), 'application/x-www-form-urlencoded')).status, 415)
    assert.equal((await post(Buffer.alloc(1_100_000, 32), 'application/json')).status, 413)
  })

  test('has the code and the hint that the command line would give', async () => {
    const { status, body } = await service.call(administrator, 'POST', `${at}/runs/999999/undo`, {})
    assert.deepEqual([status, body['code']], [404, 'ERR_NOT_FOUND'])
  })
})

describe('what is done', () => {
  test('a dry run changes nothing, and the real one is a run of the caller', async () => {
    const edit = { key: 'P1', values: { phone: '+47 22 22 22 22' }, unlock: true }
    const dry = await service.call(administrator, 'POST', `${at}/edit`, { ...edit, dryRun: true })
    assert.deepEqual([dry.status, dry.body['outcome']], [200, 'planned'])
    const { status, body } = await service.call(administrator, 'POST', `${at}/edit`, edit)
    assert.deepEqual([status, body['outcome']], [200, 'applied'])
    assert.match(String(body['by']), /^token /)
  })

  test('with an idempotency key it is done once; for something else the key is refused', async () => {
    const key = { 'idempotency-key': 'made by hand 1' }
    const body = { profile: 'guest', values: { name: 'Bo Vikar' } }
    const add = (asked: object): ReturnType<typeof service.call> =>
      service.call(administrator, 'POST', `${at}/add/person`, asked, key)
    const first = await add(body)
    const again = await add(body)
    assert.equal(first.status, 200)
    assert.deepEqual([again.status, again.body['run']], [200, first.body['run']])
    assert.equal(again.headers.get('idempotency-replayed'), 'true')
    const { body: found } = await service.call(reader, 'POST', `${at}/roster/persons/search`, {
      search: 'Bo Vikar',
    })
    assert.equal(found['total'], 1)
    const reused = await add({ ...body, values: { name: 'Cia Vikar' } })
    assert.deepEqual([reused.status, reused.body['code']], [422, 'IDEMPOTENCY_KEY_REUSED'])
  })

  test('a request that is refused gives its key back', async () => {
    const key = { 'idempotency-key': 'refused first' }
    const add = (values: object): ReturnType<typeof service.call> =>
      service.call(administrator, 'POST', `${at}/add/person`, { values }, key)
    assert.equal((await add({ phone: '1' })).status, 422)
    assert.equal((await add({ name: 'Dag Vikar' })).status, 200)
  })

  test('a held plan is released, once', async () => {
    const fresh = await makeSite(database, { limits: 'normal' })
    const path = `/api/sites/${await name(fresh)}`
    const token = await service.token(fresh, ['read', 'release'])
    await fresh.deliver(deliveryText({ persons: keys('P', 40) }))
    const { run } = await fresh.send(deliveryText({ persons: keys('P', 10) }))
    const release = { consulted: 'school secretary' }
    const done = await service.call(token, 'POST', `${path}/runs/${run}/release`, release)
    assert.deepEqual([done.status, done.body['outcome']], [200, 'released'])
    const twice = await service.call(token, 'POST', `${path}/runs/${run}/release`, release)
    assert.deepEqual([twice.status, twice.body['code']], [409, 'ERR_PLAN_NOT_HELD'])
  })
})

test('the log has neither keys nor names nor tokens', () => {
  const lines = service.log.join('\n')
  assert.ok(service.log.length > 20)
  for (const secret of ['P7', 'P3', 'Bo Vikar', 'Ada', reader, administrator]) {
    assert.ok(!lines.includes(secret), secret)
  }
})
