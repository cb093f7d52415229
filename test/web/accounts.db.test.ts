import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { authenticatePassword } from '../../src/access/sign-in.ts'
import { siteById } from '../../src/store/sites.ts'
import { testDatabase } from '../database.ts'
import { makeSite, type TestSite } from '../import/site.ts'
import { type Answered, startService } from './service.ts'

const { database } = await testDatabase()
const [site, other] = [await makeSite(database), await makeSite(database)]
const service = await startService(database, site.deliveriesFolder)
const addressOf = async ({ siteId }: TestSite): Promise<string> =>
  `/api/sites/${encodeURIComponent((await siteById(database, siteId))?.name ?? '')}`
const [at, there] = [await addressOf(site), await addressOf(other)]
const ALL = ['deliver', 'read', 'release', 'administer'] as const
const administrator = await service.token(site, ALL)
const theirs = await service.token(other, ALL)
const operator = await service.token(0, ALL)
const PASSWORD = 'häst batteri klammer'

async function ask(token: string, method: string, where: string, body?: object): Promise<Answered> {
  const answer = await service.call(token, method, where, body)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return answer.body
}
const refusal = async (
  token: string,
  method: string,
  where: string,
  body?: object,
): Promise<readonly unknown[]> => {
  const answer = await service.call(token, method, where, body)
  return [answer.status, answer.body['code']]
}
const namesAt = async (token: string, where: string): Promise<readonly unknown[]> =>
  ((await ask(token, 'GET', `${where}/accounts`))['accounts'] as Answered[]).map(
    ({ name, role }) => [name, role],
  )
const signsIn = async (name: string, password: string): Promise<boolean> =>
  'actor' in (await authenticatePassword(database, { name, password }, new Date()))

/** Makes an account at a site and gives where it is. */
async function made(
  name: string,
  role = 'viewer',
  token = administrator,
  where = at,
): Promise<string> {
  const { id } = await ask(token, 'POST', `${where}/accounts`, { name, role, password: PASSWORD })
  return `/accounts/${String(id)}`
}

describe('accounts of a site', () => {
  test('are made with a role there and a password, which is not answered', async () => {
    const asked = { name: 'anna.berg', role: 'releaser', password: PASSWORD }
    const answer = await ask(administrator, 'POST', `${at}/accounts`, asked)
    assert.deepEqual(
      [answer['name'], answer['role'], answer['hasPassword'], 'roles' in answer],
      ['anna.berg', 'releaser', true, false],
    )
    assert.ok(!JSON.stringify(answer).includes(PASSWORD))
    assert.ok(await signsIn('anna.berg', PASSWORD))
    assert.deepEqual(await namesAt(administrator, at), [['anna.berg', 'releaser']])
    assert.deepEqual(await namesAt(theirs, there), [])
  })

  test('whose password or name is refused are not made', async () => {
    const bad = { name: 'bo', role: 'viewer', password: 'sommar2026' }
    assert.deepEqual(await refusal(administrator, 'POST', `${at}/accounts`, bad), [
      422,
      'ERR_PASSWORD_REFUSED',
    ])
    for (const name of ['b o', 'ANNA.berg']) {
      const asked = { ...bad, name, password: PASSWORD }
      assert.deepEqual(await refusal(administrator, 'POST', `${at}/accounts`, asked), [
        422,
        'ERR_USAGE',
      ])
    }
    assert.deepEqual(await namesAt(administrator, at), [['anna.berg', 'releaser']])
  })

  test('get another role, a password, are disabled, enabled and removed', async () => {
    const one = `${at}${await made('dag.holm')}`
    assert.equal(
      (await ask(administrator, 'POST', `${one}/role`, { role: 'administrator' }))['role'],
      'administrator',
    )
    await ask(administrator, 'POST', `${one}/password`, { password: 'lampa moln fjäder' })
    assert.deepEqual(
      [await signsIn('dag.holm', PASSWORD), await signsIn('dag.holm', 'lampa moln fjäder')],
      [false, true],
    )
    assert.notEqual((await ask(administrator, 'POST', `${one}/disable`))['disabledAt'], null)
    assert.equal(await signsIn('dag.holm', 'lampa moln fjäder'), false)
    assert.equal((await ask(administrator, 'POST', `${one}/enable`))['disabledAt'], null)
    assert.equal(await signsIn('dag.holm', 'lampa moln fjäder'), true)
    await ask(administrator, 'DELETE', one)
    assert.deepEqual(await refusal(administrator, 'DELETE', one), [404, 'ERR_NOT_FOUND'])
  })

  test('of another site are not there', async () => {
    const one = `${at}${await made('theirs', 'viewer', theirs, there)}`
    for (const [method, what, body] of [
      ['POST', '/role', { role: 'viewer' }],
      ['POST', '/password', { password: PASSWORD }],
      ['POST', '/disable', undefined],
      ['POST', '/enable', undefined],
      ['DELETE', '', undefined],
    ] as const) {
      assert.deepEqual(
        await refusal(administrator, method, `${one}${what}`, body),
        [404, 'ERR_NOT_FOUND'],
        what,
      )
    }
  })

  test('that are something elsewhere, too, may lose their role and nothing else', async () => {
    const number = await made('everywhere')
    await ask(operator, 'POST', `${there}${number}/role`, { role: 'releaser' })
    for (const [method, what, body] of [
      ['POST', '/password', { password: 'lampa moln fjäder' }],
      ['POST', '/disable', undefined],
      ['POST', '/enable', undefined],
      ['DELETE', '', undefined],
    ] as const) {
      assert.deepEqual(
        await refusal(administrator, method, `${at}${number}${what}`, body),
        [403, 'ERR_NOT_ALLOWED'],
        what,
      )
    }
    assert.ok(await signsIn('everywhere', PASSWORD))
    const seen = await ask(administrator, 'POST', `${at}${number}/role`, { role: 'none' })
    assert.equal(seen['role'], null)
    assert.ok(!(await namesAt(administrator, at)).flat().includes('everywhere'))
    assert.ok((await namesAt(theirs, there)).flat().includes('everywhere'))
  })

  test('that have no other role keep it for a token of the site: nobody there could give it back', async () => {
    const one = `${at}${await made('only.here')}`
    const asked = { role: 'none' }
    assert.deepEqual(await refusal(administrator, 'POST', `${one}/role`, asked), [
      403,
      'ERR_NOT_ALLOWED',
    ])
    assert.equal((await ask(operator, 'POST', `${one}/role`, asked))['role'], null)
  })
})

describe('nobody gives what he has not got', () => {
  test('a token of a site makes no operator', async () => {
    const one = `${at}${await made('high')}`
    for (const where of [`${at}/accounts`, `${one}/role`]) {
      const asked = { role: 'operator', ...(where === `${one}/role` ? {} : { name: 'higher' }) }
      assert.deepEqual(await refusal(administrator, 'POST', where, asked), [422, 'REQUEST_WRONG'])
    }
    const asked = { name: 'higher', role: 'operator' }
    assert.deepEqual(await refusal(administrator, 'POST', '/api/accounts', asked), [
      403,
      'FORBIDDEN',
    ])
  })

  test('a token that may not release gives no role that may, and no password to who has one', async () => {
    const small = await service.token(site, ['read', 'administer'])
    for (const role of ['releaser', 'administrator']) {
      const asked = { name: `a.${role}`, role }
      assert.deepEqual(await refusal(small, 'POST', `${at}/accounts`, asked), [
        403,
        'ERR_NOT_ALLOWED',
      ])
    }
    const releaser = `${at}${await made('a.releaser', 'releaser')}`
    for (const [what, body] of [
      ['role', { role: 'administrator' }],
      ['password', { password: 'lampa moln fjäder' }],
    ] as const) {
      assert.deepEqual(await refusal(small, 'POST', `${releaser}/${what}`, body), [
        403,
        'ERR_NOT_ALLOWED',
      ])
    }
    await made('a.viewer', 'viewer', small)
  })

  test('a token of the installation that only administers makes no operator', async () => {
    const small = await service.token(0, ['read', 'administer'])
    const asked = { name: 'drift', role: 'operator' }
    assert.deepEqual(await refusal(small, 'POST', '/api/accounts', asked), [403, 'ERR_NOT_ALLOWED'])
  })
})

describe('accounts of the installation', () => {
  test('are all of them, with all roles, and operators', async () => {
    const asked = { name: 'drift', role: 'operator', password: PASSWORD }
    const { id } = await ask(operator, 'POST', '/api/accounts', asked)
    const { accounts } = (await ask(operator, 'GET', '/api/accounts')) as {
      accounts: { id: number; name: string; roles: { site: string | null; role: string }[] }[]
    }
    assert.deepEqual(accounts.find((each) => each.id === id)?.roles, [
      { siteId: 0, site: null, role: 'operator' },
    ])
    assert.ok(accounts.length > 4)
    assert.ok(!(await namesAt(administrator, at)).flat().includes('drift'))
    const one = `/api/accounts/${String(id)}`
    await ask(operator, 'POST', `${one}/disable`)
    await ask(operator, 'POST', `${one}/enable`)
    await ask(operator, 'POST', `${one}/password`, { password: 'lampa moln fjäder' })
    assert.ok(await signsIn('drift', 'lampa moln fjäder'))
    assert.deepEqual((await ask(operator, 'POST', `${one}/role`, { role: 'none' }))['roles'], [])
    assert.deepEqual(await ask(operator, 'DELETE', one), { removed: id })
  })
})

test('under one idempotency key an account is made once, and the password is stored nowhere', async () => {
  const asked = { name: 'once', role: 'viewer', password: PASSWORD }
  const make = (): ReturnType<typeof service.call> =>
    service.call(administrator, 'POST', `${at}/accounts`, asked, { 'idempotency-key': 'account' })
  const [first, again] = [await make(), await make()]
  assert.deepEqual([again.status, again.body], [200, first.body])
  const rows = await database.operator((session) =>
    session.query<{ text: string }>(
      'select content as text from audit_values union all select answer::text from requests',
    ),
  )
  assert.ok(rows.length > 20)
  const all = rows.map(({ text }) => text).join('\n')
  assert.match(all, /"password": ?true/)
  for (const secret of [PASSWORD, 'lampa moln', 'sommar2026']) assert.ok(!all.includes(secret))
  const lines = service.log.join('\n')
  for (const secret of [PASSWORD, 'anna.berg', 'dag.holm']) assert.ok(!lines.includes(secret))
})
