import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, describe, test } from 'node:test'
import { listAudit } from '../../src/store/audit.ts'
import { siteById } from '../../src/store/sites.ts'
import { testDatabase } from '../database.ts'
import { deliveryText, keys } from '../import/deliveries.ts'
import { makeSite, type TestSite } from '../import/site.ts'
import { type Answered, startService } from './service.ts'

const { database } = await testDatabase()
const folder = mkdtempSync(path.join(os.tmpdir(), 'rollcall-web-mail-'))
after(() => rmSync(folder, { recursive: true }))
const site = await makeSite(database)
const other = await makeSite(database)
const mail = { smtp: undefined, from: 'rollcall@kommun.example', folder }
const service = await startService(database, site.deliveriesFolder, { mail })
const addressOf = async ({ siteId }: TestSite): Promise<string> =>
  `/api/sites/${encodeURIComponent((await siteById(database, siteId))?.name ?? '')}`
const at = await addressOf(site)
const reader = await service.token(site, ['read'])
const administrator = await service.token(site, ['read', 'administer'])
const operator = await service.token(0, ['read', 'administer'])

/** What an operation answers, which has to be a 200. */
async function ask(method: string, where: string, body?: object): Promise<Answered> {
  const answer = await service.call(administrator, method, `${at}${where}`, body)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return answer.body
}
const refusal = async (
  method: string,
  where: string,
  body?: object,
): Promise<readonly unknown[]> => {
  const answer = await service.call(administrator, method, `${at}${where}`, body)
  return [answer.status, answer.body['code']]
}
const mailsIn = (): readonly string[] => readdirSync(folder).filter((name) => name.endsWith('.eml'))

describe('recipients', () => {
  test('are added, changed and removed by their number', async () => {
    const added = await ask('POST', '/recipients', { address: 'it@kommun.example', language: 'sv' })
    assert.deepEqual(
      [added['address'], added['language'], added['what'], added['source']],
      ['it@kommun.example', 'sv', 'every', null],
    )
    const changed = await ask('PATCH', `/recipients/${String(added['id'])}`, { what: 'failed' })
    assert.deepEqual([changed['what'], changed['language']], ['failed', 'sv'])
    const list = await service.call(reader, 'GET', `${at}/recipients`)
    assert.deepEqual(list.body['recipients'], [changed])
    const removed = await ask('DELETE', `/recipients/${String(added['id'])}`)
    assert.deepEqual(removed, { removed: added['id'] })
    assert.deepEqual((await ask('GET', '/recipients'))['recipients'], [])
  })

  test('are refused without a language, with an address that is none, or twice', async () => {
    const fine = { address: 'twice@kommun.example', language: 'fi' }
    assert.deepEqual(await refusal('POST', '/recipients', { address: fine.address }), [
      422,
      'ERR_USAGE',
    ])
    for (const address of [
      'Anna <anna@kommun.example>',
      'nobody',
      'a@b.example\nBcc: c@d.example',
    ]) {
      assert.deepEqual(await refusal('POST', '/recipients', { address, language: 'sv' }), [
        422,
        'ERR_USAGE',
      ])
    }
    await ask('POST', '/recipients', fine)
    assert.deepEqual(await refusal('POST', '/recipients', fine), [422, 'ERR_USAGE'])
  })

  test('of another site are not there', async () => {
    const where = `${await addressOf(other)}/recipients`
    const made = { address: 'theirs@kommun.example', language: 'nb' }
    const { body } = await service.call(operator, 'POST', where, made)
    const number = String(body['id'])
    assert.deepEqual(await refusal('PATCH', `/recipients/${number}`, { what: 'weekly' }), [
      404,
      'ERR_NOT_FOUND',
    ])
    assert.deepEqual(await refusal('DELETE', `/recipients/${number}`), [404, 'ERR_NOT_FOUND'])
    assert.doesNotMatch(JSON.stringify(await ask('GET', '/recipients')), /theirs/)
  })

  test('under one idempotency key are one', async () => {
    const add = (): ReturnType<typeof service.call> =>
      service.call(
        administrator,
        'POST',
        `${at}/recipients`,
        { address: 'once@kommun.example', language: 'de' },
        { 'idempotency-key': 'one recipient' },
      )
    const [first, again] = [await add(), await add()]
    assert.deepEqual([again.status, again.body], [200, first.body])
  })
})

describe('contacts', () => {
  test('are set in place of the one before, of the site or of a source, and removed', async () => {
    const helpdesk = { role: 'supplier', name: 'Helpdesk', address: 'help@supplier.example' }
    await ask('POST', '/contacts', helpdesk)
    const set = await ask('POST', '/contacts', {
      ...helpdesk,
      name: 'New desk',
      phone: '+47 22 22',
    })
    await ask('POST', '/contacts', { ...helpdesk, source: 'default' })
    const { contacts } = (await ask('GET', '/contacts')) as {
      contacts: { id: number; name: string; source: string | null }[]
    }
    assert.deepEqual(
      contacts.map(({ name, source }) => [name, source]),
      [
        ['New desk', null],
        ['Helpdesk', 'default'],
      ],
    )
    await ask('DELETE', `/contacts/${String(set['id'])}`)
    assert.deepEqual(await refusal('DELETE', `/contacts/${String(set['id'])}`), [
      404,
      'ERR_NOT_FOUND',
    ])
  })

  test('support is of the installation, and set by whoever has a token of that', async () => {
    const support = { name: 'Support', phone: '+46 8 000' }
    const set = await service.call(operator, 'POST', '/api/contacts', support)
    assert.deepEqual([set.status, set.body['role']], [200, 'support'])
    const { body } = await service.call(operator, 'GET', '/api/contacts')
    assert.deepEqual(body['contacts'], [set.body])
    for (const token of [administrator, await service.token(0, ['read'])]) {
      assert.equal((await service.call(token, 'POST', '/api/contacts', support)).status, 403)
      assert.equal((await service.call(token, 'GET', '/api/contacts')).status, 403)
    }
    assert.deepEqual(await refusal('POST', '/contacts', { role: 'support', name: 'Mine' }), [
      422,
      'REQUEST_WRONG',
    ])
    const gone = await service.call(operator, 'DELETE', `/api/contacts/${String(set.body['id'])}`)
    assert.equal(gone.status, 200)
  })
})

describe('mail', () => {
  test('of the site is told and sent at once; that of others waits for its own turn', async () => {
    for (const where of [at, await addressOf(other)]) {
      const made = { address: 'told@kommun.example', language: 'en' }
      assert.equal((await service.call(operator, 'POST', `${where}/recipients`, made)).status, 200)
    }
    await site.send(deliveryText({ persons: keys('P', 5) }))
    await other.send(deliveryText({ persons: keys('P', 5) }))
    const pass = (await ask('POST', '/mail/send')) as {
      told: number
      mails: { sent: number }
    }
    assert.ok(pass.told > 0 && pass.mails.sent > 0)
    assert.deepEqual(
      [...new Set(mailsIn().map((name) => name.split('-')[0]))],
      [String(site.siteId)],
    )
  })

  test('is listed a page at a time, each once, without what it says', async () => {
    const seen: number[] = []
    let next = ''
    do {
      const page = await ask('GET', `/mail?all=true&limit=1${next}`)
      const rows = page['rows'] as { id: number }[]
      seen.push(...rows.map(({ id }) => id))
      assert.ok(rows.every((row) => !('text' in row) && !('html' in row)))
      next = page['next'] === undefined ? '' : `&after=${page['next'] as string}`
    } while (next !== '')
    assert.ok(seen.length > 0)
    assert.deepEqual(
      seen,
      [...new Set(seen)].toSorted((a, b) => b - a),
    )
    assert.deepEqual((await ask('GET', '/mail'))['rows'], [])
  })

  test('that was given up is sent when it is asked for again', async () => {
    await database.site(site.siteId, (session) =>
      session.execute('update mails set sent_at = null, given_up_at = now() where site_id = $1', [
        site.siteId,
      ]),
    )
    const waiting = (await ask('GET', '/mail'))['rows'] as unknown[]
    assert.deepEqual((await ask('POST', '/mail/send'))['mails'], { sent: 0, failed: 0 })
    const again = await ask('POST', '/mail/send', { retry: true })
    assert.deepEqual(again['mails'], { sent: waiting.length, failed: 0 })
  })

  test('for a test goes to the address of the body, ten times a minute', async () => {
    const where = { address: 'try@kommun.example', language: 'sv' }
    const token = await service.token(site, ['administer'])
    const send = (): ReturnType<typeof service.call> =>
      service.call(token, 'POST', `${at}/mail/test`, where)
    const first = await send()
    assert.deepEqual([first.status, first.body], [200, { sent: true }])
    assert.match(readFileSync(path.join(folder, `${site.siteId}-0.eml`), 'utf8'), /try@kommun/)
    for (let n = 1; n < 10; n += 1) assert.equal((await send()).status, 200)
    const { status, body, headers } = await send()
    assert.deepEqual([status, body['code']], [429, 'TOO_MANY_REQUESTS'])
    assert.match(headers.get('retry-after') ?? '', /^\d+$/)
    assert.equal((await service.call(administrator, 'POST', `${at}/mail/test`, where)).status, 200)
  })

  test('for a test is refused where nothing says how mail is sent', async () => {
    const silent = await startService(database, site.deliveriesFolder)
    const token = await silent.token(site, ['administer'])
    const asked = { address: 'try@kommun.example' }
    const { status, body } = await silent.call(token, 'POST', `${at}/mail/test`, asked)
    assert.deepEqual([status, body['code']], [409, 'ERR_MAIL_NOT_SET_UP'])
  })
})

test('what was changed is in the log of the site, what was read is not', async () => {
  const entries = await database.site(site.siteId, (session) =>
    listAudit(session, site.siteId, { limit: 100, offset: 0 }),
  )
  const actions = new Set(entries.map(({ action }) => action))
  for (const action of ['add_recipient', 'set_recipient', 'remove_recipient', 'set_contact']) {
    assert.ok(actions.has(`api ${action}`), action)
  }
  for (const action of ['list_recipients', 'list_contacts', 'list_mails']) {
    assert.ok(!actions.has(`api ${action}`), action)
  }
})

test('no address is in the log of the service', () => {
  assert.ok(service.log.length > 20)
  assert.doesNotMatch(service.log.join('\n'), /@|kommun/)
})
