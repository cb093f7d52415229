import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, describe, test } from 'node:test'
import { RETRY_HOURS_MAX } from '../../src/mail/settings.ts'
import { testDatabase } from '../database.ts'
import { deliveryText } from '../import/deliveries.ts'
import { type MailSite, mailSite } from './post.ts'
import { answer, startSmtp } from './smtp.ts'

const { database } = await testDatabase()
const delivery = deliveryText({ persons: ['P1', 'P2'], groups: ['G1'] })
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-mail-'))
after(() => fs.rmSync(folder, { recursive: true }))

/** A site with mails that wait, one for each address. */
async function waiting(...addresses: string[]): Promise<MailSite> {
  const mail = await mailSite(database)
  for (const address of addresses) await mail.recipient(address)
  await mail.site.send(delivery)
  await mail.tell()
  assert.equal((await mail.mails()).length, addresses.length)
  return mail
}

const states = async (mail: MailSite): Promise<string[]> =>
  (await mail.mails()).map(({ address, sentAt, givenUpAt, error }) => {
    const state = sentAt === null ? (givenUpAt === null ? 'waits' : 'given up') : 'sent'
    return `${address} ${state}${error === null ? '' : ` ${error}`}`
  })

describe('mail leaves by a mail server', () => {
  test('encrypted, signed in, with the headers that mail rules and other programs look for', async () => {
    const smtp = await startSmtp({ user: 'rollcall', password: 'open sesame' })
    try {
      const mail = await waiting('it@kommun.example')
      assert.deepEqual(await mail.post(smtp.settings()), { sent: 1, failed: 0 })
      const [{ to, raw, secure } = { to: '', raw: '', secure: false }] = smtp.mails
      assert.deepEqual([to, secure], ['it@kommun.example', true])
      const { siteId } = mail.site
      for (const header of [
        /^From: Rollcall <rollcall@kommun\.example>\r$/m,
        /^Subject: Import finished with status Completed - Site /m,
        /^X-Rollcall-Status: Import finished with status Completed\r$/m,
        /^X-Rollcall-Outcome: applied\r$/m,
        /^Auto-Submitted: auto-generated\r$/m,
        new RegExp(`^List-I[Dd]: <status-${siteId}\\.rollcall\\.kommun\\.example>\\r$`, 'm'),
        new RegExp(
          `^Message-ID: <rollcall\\.${siteId}\\.event\\d+\\.\\d+@kommun\\.example>\\r$`,
          'm',
        ),
        /^Date: Tue, 01 Sep 2026 03:00:00 \+0000\r$/m,
        /^Content-Type: multipart\/alternative;/m,
      ]) {
        assert.match(raw, header)
      }
      assert.deepEqual(await states(mail), ['it@kommun.example sent'])
      // What was sent is not sent again.
      assert.deepEqual(await mail.post(smtp.settings()), { sent: 0, failed: 0 })
    } finally {
      await smtp.close()
    }
  })

  test('and not by one that does not encrypt, unless that is allowed', async () => {
    const smtp = await startSmtp({ noStartTls: true })
    try {
      const mail = await waiting('it@kommun.example')
      const { unreachable } = await mail.post(smtp.settings())
      assert.ok(unreachable !== undefined)
      assert.equal(smtp.mails.length, 0)
      mail.at.now = '2026-09-01T04:00:00.000Z'
      assert.equal((await mail.post(smtp.settings({ startTls: 'off' }))).sent, 1)
      assert.equal(smtp.mails[0]?.secure, false)
    } finally {
      await smtp.close()
    }
  })

  test('and not by one whose certificate nobody vouches for', async () => {
    const smtp = await startSmtp()
    try {
      const mail = await waiting('it@kommun.example')
      const posted = await mail.post(smtp.settings({ caFile: undefined }))
      assert.equal(posted.sent, 0)
      assert.ok(posted.unreachable !== undefined)
      assert.equal(smtp.mails.length, 0)
    } finally {
      await smtp.close()
    }
  })

  test('not with a wrong password; nobody is marked for it', async () => {
    const smtp = await startSmtp({ user: 'rollcall', password: 'open sesame' })
    try {
      const mail = await waiting('a@kommun.example', 'b@kommun.example')
      const posted = await mail.post(smtp.settings({ password: 'wrong' }))
      assert.deepEqual(posted, { sent: 0, failed: 1, unreachable: '535 5.7.8' })
      assert.deepEqual(
        (await mail.recipients()).map(({ bouncedAt }) => bouncedAt),
        [null, null],
      )
    } finally {
      await smtp.close()
    }
  })
})

describe('mail that cannot be delivered', () => {
  test('now is tried again after longer and longer, and given up after three days', async () => {
    const smtp = await startSmtp({ onRecipient: () => answer(451, '4.3.0 Try again later') })
    try {
      const mail = await waiting('it@kommun.example')
      const waits: number[] = []
      for (let attempt = 0; attempt < 40; attempt++) {
        await mail.post(smtp.settings())
        const [{ nextAt, givenUpAt } = { nextAt: '', givenUpAt: null }] = await mail.mails()
        if (givenUpAt !== null) break
        waits.push(
          (Date.parse(`${nextAt.replace(' ', 'T')}:00`) - Date.parse(mail.at.now)) / 60_000,
        )
        mail.at.now = new Date(`${nextAt.replace(' ', 'T')}:00`).toISOString()
      }
      assert.deepEqual(waits.slice(0, 6), [1, 5, 15, 60, 240, 240])
      const hours = waits.reduce((sum, minutes) => sum + minutes, 0) / 60
      assert.ok(hours > RETRY_HOURS_MAX - 4 && hours <= RETRY_HOURS_MAX, `${hours}`)
      assert.deepEqual(await states(mail), ['it@kommun.example given up 451 4.3.0'])
      assert.equal((await mail.recipients())[0]?.bouncedAt, null)
    } finally {
      await smtp.close()
    }
  })

  test('to an address that does not exist marks it: it is not written to again, and the others are told', async () => {
    const smtp = await startSmtp({
      onRecipient: (address) =>
        address.startsWith('gone') ? answer(550, '5.1.1 No such user here') : undefined,
    })
    try {
      const mail = await waiting('gone@kommun.example', 'it@kommun.example')
      assert.deepEqual(await mail.post(smtp.settings()), { sent: 1, failed: 1 })
      assert.deepEqual(await states(mail), [
        'gone@kommun.example given up 550 5.1.1',
        'it@kommun.example sent',
      ])
      const [gone] = await mail.recipients()
      assert.equal(gone?.bouncedBecause, '550 5.1.1')
      await mail.newMails()
      await mail.site.send(delivery)
      await mail.tell()
      assert.deepEqual(await mail.newMails(), ['it@kommun.example finished same'])
      const told = (await mail.mails()).at(-1)?.text ?? ''
      assert.match(told, /Mail comes back from\r\n=+\r\n\* gone@kommun\.example/)
    } finally {
      await smtp.close()
    }
  })

  test('because of a policy or a full mailbox says nothing about the address', async () => {
    const smtp = await startSmtp({
      onRecipient: (address) =>
        address.startsWith('full')
          ? answer(552, '5.2.2 Mailbox full')
          : answer(550, '5.7.1 Not from you'),
    })
    try {
      const mail = await waiting('full@kommun.example', 'policy@kommun.example')
      await mail.post(smtp.settings())
      assert.deepEqual(await states(mail), [
        'full@kommun.example given up 552 5.2.2',
        'policy@kommun.example given up 550 5.7.1',
      ])
      assert.ok((await mail.recipients()).every(({ bouncedAt }) => bouncedAt === null))
    } finally {
      await smtp.close()
    }
  })

  test('while the server is down waits, and only one attempt is made for all of them', async () => {
    const smtp = await startSmtp()
    await smtp.close()
    const mail = await waiting('a@kommun.example', 'b@kommun.example', 'c@kommun.example')
    const posted = await mail.post(smtp.settings())
    assert.deepEqual([posted.sent, posted.failed], [0, 1])
    assert.equal(posted.unreachable, 'ESOCKET')
    assert.deepEqual(
      (await mail.mails()).map(({ attempts }) => attempts),
      [1, 0, 0],
    )
    const again = await startSmtp({}, smtp.port)
    try {
      mail.at.now = '2026-09-01T03:10:00.000Z'
      assert.equal((await mail.post(again.settings())).sent, 3)
    } finally {
      await again.close()
    }
  })

  test('because the connection was cut is sent again, and its second coming is known by its id', async () => {
    let cuts = 1
    const smtp = await startSmtp({
      onMail: () => (cuts-- > 0 ? 'take and cut' : undefined),
    })
    try {
      const mail = await waiting('it@kommun.example')
      assert.equal((await mail.post(smtp.settings())).sent, 0)
      mail.at.now = '2026-09-01T03:10:00.000Z'
      assert.equal((await mail.post(smtp.settings())).sent, 1)
      const ids = smtp.mails.map(({ raw }) => /^Message-ID: (.*)\r$/m.exec(raw)?.[1])
      assert.equal(ids.length, 2)
      assert.equal(ids[0], ids[1])
    } finally {
      await smtp.close()
    }
  })
})

describe('several processes', () => {
  test('that send at once send each mail once', async () => {
    const smtp = await startSmtp()
    try {
      const addresses = Array.from({ length: 12 }, (_, index) => `r${index}@kommun.example`)
      const mail = await waiting(...addresses)
      const posted = await Promise.all([1, 2, 3].map(() => mail.post(smtp.settings())))
      assert.equal(
        posted.reduce((sum, { sent }) => sum + sent, 0),
        12,
      )
      assert.deepEqual(smtp.mails.map(({ to }) => to).toSorted(), addresses.toSorted())
    } finally {
      await smtp.close()
    }
  })

  test('that tell at once make each mail once; one that dies before its transaction ends has made none', async () => {
    const mail = await mailSite(database)
    await mail.recipient('it@kommun.example')
    await mail.site.send(delivery)
    await assert.rejects(
      database.site(mail.site.siteId, async (session) => {
        await session.execute('update events set told_at = now() where site_id = $1', [
          mail.site.siteId,
        ])
        throw new Error('killed')
      }),
      /killed/,
    )
    await Promise.all([mail.tell(), mail.tell(), mail.tell()])
    await mail.tell()
    assert.deepEqual(await mail.newMails(), ['it@kommun.example finished applied'])
  })
})

test('for development mails are files, whole as soon as they are there', async () => {
  const mail = await waiting('å-it@kommun.example')
  const settings = { smtp: undefined, from: 'rollcall@kommun.example', folder }
  assert.equal((await mail.post(settings)).sent, 1)
  const files = fs.readdirSync(folder)
  assert.equal(files.length, 1)
  assert.match(files[0] ?? '', /^\d+-\d+\.eml$/)
  const raw = fs.readFileSync(path.join(folder, files[0] ?? ''), 'utf8')
  assert.match(raw, /^Subject: Import finished with status Completed/m)
})

test('where nothing says how mail is sent, it waits', async () => {
  const mail = await waiting('it@kommun.example')
  const nowhere = { smtp: undefined, from: undefined, folder: undefined }
  await assert.rejects(mail.post(nowhere), { code: 'ERR_MAIL_NOT_SET_UP' })
  assert.deepEqual(await states(mail), ['it@kommun.example waits'])
})
