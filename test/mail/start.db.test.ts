import assert from 'node:assert/strict'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { mailPass, type MailOptions, startMail } from '../../src/mail/start.ts'
import { sealing } from '../../src/store/sealed.ts'
import { testDatabase } from '../database.ts'
import { insertCall, insertWebhook, noteCall } from '../../src/store/webhooks.ts'
import { deliveryText } from '../import/deliveries.ts'
import { mailSite } from './post.ts'
import { startSmtp } from './smtp.ts'

const { database } = await testDatabase()
const delivery = deliveryText({ persons: ['P1', 'P2'], groups: ['G1'] })
const seals = sealing({ key: undefined, keyFile: path.join(os.tmpdir(), 'never-made') })

function options(settings: MailOptions['settings'], now = (): Date => new Date()): MailOptions {
  const calls = { sealing: seals, mayCallPrivate: false }
  return { database, deliveriesFolder: os.tmpdir(), settings, calls, now }
}

test('the service tells and sends by itself, and stops when it is told to', async () => {
  const smtp = await startSmtp()
  try {
    const mail = await mailSite(database)
    await mail.recipient('it@kommun.example')
    await mail.site.send(delivery)
    const errors: unknown[] = []
    const part = await startMail({
      ...options(smtp.settings()),
      onError: (error) => errors.push(error),
    })
    assert.equal(part.name, 'mail')
    while (smtp.mails.length === 0) await wait(20)
    await part.stop(10_000)
    assert.deepEqual(errors, [])
    assert.deepEqual(
      smtp.mails.map(({ to }) => to),
      ['it@kommun.example'],
    )
  } finally {
    await smtp.close()
  }
})

test('without a mail server what happens is told, and waits', async () => {
  const mail = await mailSite(database)
  await mail.recipient('it@kommun.example')
  await mail.site.send(delivery)
  const nowhere = { smtp: undefined, from: undefined, folder: undefined }
  const { told, mails } = await mailPass(options(nowhere))
  assert.ok(told > 0)
  assert.deepEqual(mails, { sent: 0, failed: 0 })
  assert.deepEqual(await mail.newMails(), ['it@kommun.example finished applied'])
})

test('mails that were sent are forgotten after 90 days, those that wait are not', async () => {
  const smtp = await startSmtp()
  try {
    const mail = await mailSite(database)
    await mail.recipient('it@kommun.example')
    await mail.site.send(delivery)
    await mail.tell()
    await mail.post(smtp.settings())
    await mail.site.send(delivery)
    await mail.tell()
    assert.equal((await mail.mails()).length, 2)
    const nowhere = { smtp: undefined, from: undefined, folder: undefined }
    const later = (days: number) => (): Date =>
      new Date(Date.parse(mail.at.now) + days * 86_400_000)
    await mailPass(options(nowhere, later(89)))
    assert.equal((await mail.mails()).filter(({ kind }) => kind === 'finished').length, 2)
    await mailPass(options(nowhere, later(91)))
    const left = (await mail.mails()).filter(({ kind }) => kind === 'finished')
    assert.deepEqual(
      left.map(({ outcome, sentAt }) => [outcome, sentAt]),
      [['same', null]],
    )
  } finally {
    await smtp.close()
  }
})

test('calls of webhooks are forgotten 90 days after they were made or given up, and those that wait are not', async () => {
  const { site } = await mailSite(database)
  const { siteId } = site
  const day = (days: number): string =>
    new Date(Date.parse('2026-03-01T12:00:00Z') + days * 86_400_000).toISOString()
  await database.site(siteId, async (session) => {
    const secret = Buffer.from('sealed')
    const of = { url: 'https://tickets.example.org/', secret, now: day(0) }
    const webhookId = await insertWebhook(session, siteId, of)
    const call = (body: string): Promise<number> =>
      insertCall(session, siteId, { webhookId, eventId: null, body, now: day(0) })
    await noteCall(session, siteId, await call('made'), { sentAt: day(0) })
    await noteCall(session, siteId, await call('given up'), {
      givenUpAt: day(3),
      error: 'HTTP 500',
    })
    // It waits for a time that has not come.
    await noteCall(session, siteId, await call('waits'), { nextAt: day(400), error: 'HTTP 500' })
  })
  const left = (): Promise<{ body: string }[]> =>
    database.site(siteId, (session) =>
      session.query('select body from webhook_calls where site_id = $1 order by call_id', [siteId]),
    )
  const nowhere = { smtp: undefined, from: undefined, folder: undefined }
  for (const [days, bodies] of [
    [89, ['made', 'given up', 'waits']],
    [91, ['given up', 'waits']],
    [94, ['waits']],
    [300, ['waits']],
  ] as const) {
    await mailPass(options(nowhere, () => new Date(day(days))))
    assert.deepEqual(
      (await left()).map(({ body }) => body),
      bodies,
      `${days} days`,
    )
  }
})
