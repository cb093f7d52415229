import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { mkdtempSync, rmSync } from 'node:fs'
import { after, describe, test } from 'node:test'
import {
  callDue,
  type CallSettings,
  checkedUrl,
  made,
  WEBHOOK_PURPOSE,
} from '../../src/mail/webhook-post.ts'
import { sealing } from '../../src/store/sealed.ts'
import { insertEvent } from '../../src/store/events.ts'
import { insertWebhook } from '../../src/store/webhooks.ts'
import { testDatabase } from '../database.ts'
import { deliveryText } from '../import/deliveries.ts'
import { type MailSite, mailSite } from './post.ts'

const { database } = await testDatabase()
const folder = mkdtempSync(path.join(os.tmpdir(), 'rollcall-webhooks-'))
after(() => rmSync(folder, { recursive: true }))
const seals = sealing({ key: undefined, keyFile: path.join(folder, 'key') })
const SECRET = 'a secret of a test'
const settings: CallSettings = { sealing: seals, mayCallPrivate: false }
const delivery = deliveryText({ persons: ['P1', 'P2'], groups: ['G1'] })

interface Called {
  readonly body: string
  readonly headers: http.IncomingHttpHeaders
}

/** A program that is called; `answers` are its status codes in turn, then 204. */
async function listener(
  answers: number[] = [],
): Promise<{ url: string; calls: Called[]; close(): Promise<void> }> {
  const calls: Called[] = []
  const server = http.createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (piece: string) => (body += piece))
    request.on('end', () => {
      calls.push({ body, headers: request.headers })
      const status = answers.shift() ?? 204
      response.writeHead(status, status === 302 ? { Location: '/elsewhere' } : {})
      response.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/hook`,
    calls,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

async function hooked(url: string): Promise<MailSite> {
  const mail = await mailSite(database)
  const { siteId } = mail.site
  const secret = seals.seal(SECRET, WEBHOOK_PURPOSE, siteId)
  await database.site(siteId, (session) =>
    insertWebhook(session, siteId, { url, secret, now: mail.at.now }),
  )
  return mail
}

const call = (mail: MailSite): Promise<{ sent: number; failed: number }> =>
  callDue({ database, settings, now: () => new Date(mail.at.now) })

describe('a webhook', () => {
  test('is told of each event, once, in order, signed', async () => {
    const there = await listener()
    try {
      const mail = await hooked(there.url)
      await mail.site.send(delivery)
      await mail.tell()
      await mail.tell()
      assert.deepEqual(await call(mail), { sent: 2, failed: 0 })
      assert.deepEqual(await call(mail), { sent: 0, failed: 0 })
      const bodies = there.calls.map(
        ({ body }) => JSON.parse(body) as { kind: string; event: number },
      )
      assert.deepEqual(
        bodies.map(({ kind }) => kind),
        ['started', 'applied'],
      )
      for (const { body, headers } of there.calls) {
        const [, seconds = '', hex] =
          /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-rollcall-signature'])) ?? []
        assert.equal(Number(seconds) * 1000, Date.parse(mail.at.now))
        const mac = createHmac('sha256', SECRET).update(`${seconds}.${body}`).digest('hex')
        assert.equal(hex, mac)
        assert.match(String(headers['content-type']), /^application\/json/)
      }
      const { counts, outcome, source } = bodies[1] as unknown as {
        counts: { persons: { before: number; after: number; added: number } }
        outcome: string
        source: string
      }
      assert.deepEqual([source, outcome], ['default', 'applied'])
      assert.deepEqual(
        [counts.persons.before, counts.persons.after, counts.persons.added],
        [0, 2, 2],
      )
    } finally {
      await there.close()
    }
  })

  test('is told nothing personal: no key, no value, no name of a file or of who decided', async () => {
    const there = await listener()
    try {
      const mail = await hooked(there.url)
      const persons = [{ key: 'Zqx9-1', given: 'Zqx9', family: 'Zqx9', username: 'Zqx9' }]
      await mail.site.send(
        deliveryText({ persons, lists: [{ group: 'Zqx9', members: ['Zqx9-2'] }] }),
      )
      await mail.site.send(deliveryText({ persons }).replace('</person>', '</Zqx9>'))
      const { siteId, sourceId } = mail.site
      const details = { expectedAt: '2026-09-01T00:30:00.000Z', by: 'Zqx9', error: 'Zqx9 failed' }
      await database.site(siteId, (session) =>
        insertEvent(session, siteId, {
          at: mail.at.now,
          kind: 'delivery_missing',
          sourceId,
          details,
        }),
      )
      await mail.tell()
      await call(mail)
      assert.equal(there.calls.length, 5)
      for (const { body } of there.calls) {
        assert.doesNotMatch(body, /Zqx9|\.xml/)
      }
      assert.match(there.calls.at(-1)?.body ?? '', /"expectedAt":"2026-09-01T00:30:00.000Z"/)
    } finally {
      await there.close()
    }
  })

  test('that does not answer well is called again, with the same number; a redirect is not followed', async () => {
    const there = await listener([500, 302])
    try {
      const mail = await hooked(there.url)
      await mail.site.send(delivery)
      await mail.tell()
      assert.deepEqual(await call(mail), { sent: 0, failed: 2 })
      mail.at.now = '2026-09-01T03:02:00.000Z'
      assert.deepEqual(await call(mail), { sent: 2, failed: 0 })
      assert.equal(there.calls.length, 4)
      const numbers = there.calls.map(({ headers }) => headers['x-rollcall-call'])
      assert.deepEqual(numbers.slice(0, 2), numbers.slice(2))
    } finally {
      await there.close()
    }
  })
})

describe('where a webhook may lead', () => {
  test('is https, or this machine', () => {
    for (const url of [
      'https://tickets.kommun.example/x?y=1',
      'http://localhost:8080/',
      'http://[::1]/x',
    ]) {
      assert.equal(checkedUrl(url).href, url)
    }
    const refused = [
      'http://tickets.kommun.example/',
      'http://10.0.0.1/',
      'https://user:secret@tickets.kommun.example/',
      'ftp://tickets.kommun.example/',
      'file:///etc/passwd',
      'no address',
      `https://a.example/${'x'.repeat(2000)}`,
    ]
    for (const url of refused) {
      assert.throws(() => checkedUrl(url), { code: 'ERR_WEBHOOK_REFUSED' }, url)
    }
  })

  test('is no address of a private network, however it is written', async () => {
    const secret = seals.seal(SECRET, WEBHOOK_PURPOSE, 1)
    const hosts = [
      '127.0.0.1',
      '127.1',
      '0x7f000001',
      '2130706433',
      '10.1.2.3',
      '172.16.0.1',
      '192.168.1.1',
      '169.254.169.254',
      '100.64.0.1',
      '0.0.0.0',
      '224.0.0.1',
      '255.255.255.255',
      '[::1]',
      '[::]',
      '[fd00::1]',
      '[fe80::1]',
      '[::ffff:10.0.0.1]',
      '[::ffff:a9fe:a9fe]',
      '[64:ff9b::a00:1]',
      '[2002:a00:1::]',
      'localhost',
    ]
    for (const host of hosts) {
      const target = { id: 1, url: `https://${host}/`, secret, body: '{}' }
      assert.equal(await made(target, 1, settings, new Date()), 'ERR_WEBHOOK_REFUSED', host)
    }
  })

  test('may be a private network where the operator says so; its certificate counts all the same', async () => {
    const there = await listener()
    try {
      const secret = seals.seal(SECRET, WEBHOOK_PURPOSE, 1)
      const url = there.url.replace('http:', 'https:')
      const target = { id: 1, url, secret, body: '{}' }
      const error = await made(target, 1, { ...settings, mayCallPrivate: true }, new Date())
      // The listener speaks no TLS: it was connected to, and not believed.
      assert.match(error ?? '', /^(EPROTO|ERR_SSL|ECONNRESET)/)
      assert.equal(there.calls.length, 0)
    } finally {
      await there.close()
    }
  })
})
