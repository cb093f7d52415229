import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createAccount } from '../../src/access/accounts.ts'
import { siteById } from '../../src/store/sites.ts'
import { connected, testDatabase } from '../database.ts'
import { makeSite } from '../import/site.ts'
import { type Answered, startService } from './service.ts'

const { database, superuser } = await testDatabase()
const site = await makeSite(database)
const service = await startService(database, site.deliveriesFolder)
const at = `/api/sites/${encodeURIComponent((await siteById(database, site.siteId))?.name ?? '')}`
const administrator = await service.token(site, ['administer'])
const second = await service.token(site, ['administer'])
const operator = await service.token(0, ['administer'])

async function ask(token: string, method: string, where: string, body?: object): Promise<Answered> {
  const answer = await service.call(token, method, where, body)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return answer.body
}
interface Row {
  readonly entry: number
  readonly action: string
  readonly values: { readonly actor: string; readonly told: object } | null
}
const rowsOf = (answer: Answered): readonly Row[] => answer['rows'] as Row[]

for (let n = 1; n <= 5; n += 1) {
  await ask(administrator, 'POST', `${at}/sources`, { name: `source ${n}` })
}
await ask(second, 'POST', `${at}/contacts`, { role: 'owner', name: 'Karin Holm' })
await ask(operator, 'POST', '/api/contacts', { name: 'Karin Holm' })

describe('the audit log', () => {
  test('is listed a page at a time, each action once, though others are added meanwhile', async () => {
    const seen: number[] = []
    let after = ''
    do {
      const answer = await ask(administrator, 'GET', `${at}/audit?limit=2${after}`)
      seen.push(...rowsOf(answer).map(({ entry }) => entry))
      after = answer['next'] === undefined ? '' : `&after=${answer['next'] as string}`
      await ask(administrator, 'POST', `${at}/sources/source%201/observe`)
    } while (after !== '')
    assert.deepEqual(seen, [11, 9, 7, 5, 3, 1])
  })

  test('is narrowed, by whom in the body', async () => {
    const sources = await ask(administrator, 'GET', `${at}/audit?action=api create_source`)
    assert.equal(rowsOf(sources).length, 5)
    const since = await ask(administrator, 'GET', `${at}/audit?since=2999-01-01`)
    assert.deepEqual(rowsOf(since), [])
    const by = { actor: rowsOf(await ask(second, 'GET', `${at}/audit?action=api set_contact`))[0] }
    const actor = by.actor?.values?.actor ?? ''
    const found = await ask(administrator, 'POST', `${at}/audit/search`, { actor })
    assert.deepEqual(
      rowsOf(found).map(({ action }) => action),
      ['api set_contact'],
    )
  })

  test('that is read is not added to', async () => {
    const count = async (): Promise<unknown> =>
      (await ask(administrator, 'GET', `${at}/audit/verify`))['entries']
    const before = await count()
    await ask(administrator, 'POST', `${at}/audit/search`, { actor: 'nobody' })
    await ask(administrator, 'GET', `${at}/audit`)
    assert.equal(await count(), before)
  })

  test('is verified, against a head that was noted', async () => {
    const whole = await ask(administrator, 'GET', `${at}/audit/verify`)
    const { hash } = whole['head'] as { hash: string }
    assert.equal(whole['broken'], null)
    const noted = await ask(administrator, 'GET', `${at}/audit/verify?expect=${hash.toUpperCase()}`)
    assert.equal(noted['broken'], null)
    const wrong = await ask(administrator, 'GET', `${at}/audit/verify?expect=${'a'.repeat(64)}`)
    assert.equal((wrong['broken'] as { why: string }).why, 'end')
    const { status } = await service.call(administrator, 'GET', `${at}/audit/verify?expect=x`)
    assert.equal(status, 422)
  })

  test('of the installation is another one', async () => {
    const answer = await ask(operator, 'GET', '/api/audit')
    assert.deepEqual(
      rowsOf(answer).map(({ action }) => action),
      ['api set_support'],
    )
    assert.equal((await ask(operator, 'GET', '/api/audit/verify'))['broken'], null)
    assert.equal((await service.call(administrator, 'GET', '/api/audit')).status, 403)
  })
})

describe('the name of a colleague who has left', () => {
  const erase = (token: string, name: string, more = {}): ReturnType<typeof service.call> =>
    service.call(token, 'POST', '/api/audit/erase', { name, ...more })

  test('is erased by nobody but the operator: whoever administers a site would cover his own tracks', async () => {
    const { status, body } = await erase(administrator, 'Karin Holm')
    assert.deepEqual([status, body['code']], [403, 'FORBIDDEN'])
  })

  test('goes out of every log, which holds and does not say it', async () => {
    const dry = await erase(operator, 'Karin Holm', { dryRun: true })
    assert.deepEqual(dry.body, { entries: 2, dryRun: true })
    assert.deepEqual((await erase(operator, 'Karin Holm')).body, { entries: 2, dryRun: false })
    for (const where of [at, '/api']) {
      const token = where === at ? administrator : operator
      assert.equal((await ask(token, 'GET', `${where}/audit/verify`))['broken'], null)
      assert.doesNotMatch(JSON.stringify(await ask(token, 'GET', `${where}/audit`)), /Karin/)
    }
  })

  test('is refused while there is an account of that name', async () => {
    await createAccount(database, { name: 'karin', password: undefined }, new Date())
    const { status, body } = await erase(operator, 'karin')
    assert.deepEqual([status, body['code']], [422, 'ERR_USAGE'])
  })
})

test('a log that was tampered with is said to be broken, and where', async () => {
  await connected(superuser, async (client) => {
    await client.query('set session_replication_role = replica')
    await client.query(
      `update audit set action = 'nothing' where site_id = ${site.siteId} and entry = 3`,
    )
  })
  const { broken } = await ask(administrator, 'GET', `${at}/audit/verify`)
  assert.deepEqual(broken, { entry: 3, why: 'changed' })
})
