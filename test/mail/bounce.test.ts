import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { bouncesIn, ownMessageIds } from '../../src/mail/bounce.ts'

/** A notification as mail servers write it (RFC 3464), with the fields of each recipient. */
function notification(
  recipients: readonly string[],
  more: { readonly type?: string } = {},
): string {
  const { type = 'multipart/report; report-type=delivery-status;\n\tboundary="=_b1"' } = more
  return [
    'Return-Path: <>',
    'From: MAILER-DAEMON@mail.kommun.example (Mail Delivery System)',
    'To: rollcall@kommun.example',
    `Content-Type: ${type}`,
    '',
    'This is a MIME-encapsulated message.',
    '',
    '--=_b1',
    'Content-Type: text/plain; charset=us-ascii',
    '',
    'I am sorry to have to inform you that your message could not be delivered. Action: failed',
    '',
    '--=_b1',
    'Content-Description: Delivery report',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; mail.kommun.example',
    'Arrival-Date: Tue,  1 Sep 2026 04:10:02 +0200',
    '',
    recipients.join('\n\n'),
    '',
    '--=_b1',
    'Content-Type: message/rfc822',
    '',
    'From: Rollcall <rollcall@kommun.example>',
    'Message-ID: <rollcall.1.event7.3@kommun.example>',
    'Subject: Import finished with status Completed - x',
    '',
    'Action: failed',
    '--=_b1--',
    '',
  ].join('\r\n')
}

const failed = (address: string, status: string, action = 'failed'): string =>
  `Final-Recipient: rfc822; ${address}\r\nAction: ${action}\r\nStatus: ${status}\r\nDiagnostic-Code: smtp; 550\r\n    ${status} no such user`

describe('a delivery status notification', () => {
  test('says whose address is gone', () => {
    const text = notification([
      failed('gone@kommun.example', '5.1.1'),
      failed('left@kommun.example', '5.1.10'),
    ])
    assert.deepEqual(bouncesIn(text), [
      { address: 'gone@kommun.example', status: '5.1.1' },
      { address: 'left@kommun.example', status: '5.1.10' },
    ])
    assert.deepEqual(ownMessageIds(text), ['<rollcall.1.event7.3@kommun.example>'])
  })

  test('means the address that we wrote to, not the one that somebody forwards it to', () => {
    const text = notification([
      `Original-Recipient: rfc822;it@kommun.example\r\n${failed('private@mail.example', '5.1.1')}`,
    ])
    assert.deepEqual(bouncesIn(text), [{ address: 'it@kommun.example', status: '5.1.1' }])
  })

  test('that mail is late, was delivered or relayed marks nobody', () => {
    for (const action of ['delayed', 'delivered', 'relayed', 'expanded']) {
      assert.deepEqual(bouncesIn(notification([failed('a@b.example', '4.4.1', action)])), [])
    }
    assert.deepEqual(bouncesIn(notification([failed('a@b.example', '4.4.1')])), [])
  })

  test('about a full mailbox or a policy marks nobody', () => {
    for (const status of ['5.2.2', '5.7.1', '5.7.26']) {
      assert.deepEqual(bouncesIn(notification([failed('a@b.example', status)])), [], status)
    }
  })

  test('with lone line feeds, base64 or quoted-printable is read all the same', () => {
    const text = notification([failed('gone@kommun.example', '5.1.1')])
    const expected = [{ address: 'gone@kommun.example', status: '5.1.1' }]
    assert.deepEqual(bouncesIn(text.replaceAll('\r\n', '\n')), expected)
    const [, body = ''] = /delivery-status\r\n\r\n([\s\S]*?)\r\n--=_b1/.exec(text) ?? []
    const coded = (encoding: string, as: string): string =>
      text.replace(
        `delivery-status\r\n\r\n${body}`,
        `delivery-status\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${as}`,
      )
    assert.deepEqual(bouncesIn(coded('base64', Buffer.from(body).toString('base64'))), expected)
    assert.deepEqual(bouncesIn(coded('quoted-printable', body.replaceAll('@', '=40'))), expected)
  })

  test('is none where somebody answers, or only quotes one', () => {
    const text = notification([failed('gone@kommun.example', '5.1.1')], { type: 'text/plain' })
    assert.deepEqual(bouncesIn(text), [])
    assert.deepEqual(bouncesIn('I am on holiday'), [])
    assert.deepEqual(bouncesIn(''), [])
  })

  test('that is long and malformed is read in no time', () => {
    const text = notification([
      `Final-Recipient: rfc822; ${'a'.repeat(500_000)}\r\nAction: failed\r\nStatus: 5.1.1`,
    ])
    assert.deepEqual(bouncesIn(text), [])
    assert.deepEqual(
      bouncesIn(`${'Content-Type: multipart/report;\r\n '.repeat(10_000)}\r\n\r\n`),
      [],
    )
  })
})
