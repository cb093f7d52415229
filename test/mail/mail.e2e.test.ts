/** Status mail as an operator sets it up: by commands, with a mail server that is down at first. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import path from 'node:path'
import { test } from 'node:test'
import { Story } from '../story/commands.ts'
import { deliveryText, keys } from '../import/deliveries.ts'
import { CERTIFICATE, startSmtp } from './smtp.ts'

const ROLLCALL = path.resolve(import.meta.dirname, '../../rollcall')

/** Runs a command with text on its standard input; gives what it prints. */
function piped(home: string, input: string, ...args: readonly string[]): Promise<string> {
  const { DATABASE_URL: _1, DATABASE_OWNER_URL: _2, ...environment } = process.env
  const child = spawn(ROLLCALL, args, {
    env: { ...environment, ROLLCALL_HOME: home },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.end(input)
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  return new Promise((resolve) => child.on('close', () => resolve(out)))
}

test('a night is told by mail, though the mail server comes up only later; who is gone is marked by a notification', async () => {
  const story = new Story()
  const down = await startSmtp()
  await down.close()
  Object.assign(process.env, {
    ROLLCALL_SMTP_URL: `smtp://localhost:${down.port}`,
    ROLLCALL_SMTP_CA_FILE: CERTIFICATE,
    ROLLCALL_MAIL_FROM: 'rollcall@kommun.example',
  })
  try {
    for (const address of ['it@kommun.example', 'gone@kommun.example']) {
      const { exit } = await story.run('recipients', 'add', address, '--language', 'sv')
      assert.equal(exit, 0)
    }
    const again = await story.run('recipients', 'add', 'IT@kommun.example', '--language', 'fi')
    assert.equal(again.exit, 2)
    assert.match(again.err, /is a recipient already/)
    const night = story.write(deliveryText({ persons: keys('P', 30), groups: ['G1'] }))
    assert.equal((await story.run('import', night)).exit, 0)

    const first = await story.run('mail', 'send', '--retry')
    assert.equal(first.exit, 1)
    assert.match(first.out, /The mail server could not be used \(ESOCKET\); the rest waits\./)
    const waiting = await story.ask('mail', 'list')
    assert.equal((waiting.json['mails'] as unknown[]).length, 2)
    const tested = await story.run('mail', 'test', 'it@kommun.example')
    assert.deepEqual([tested.exit, tested.err.includes('ERR_MAIL_NOT_SENT')], [1, true])

    const smtp = await startSmtp({}, down.port)
    try {
      const second = await story.run('mail', 'send', '--retry')
      assert.deepEqual([second.exit, second.err], [0, ''])
      assert.deepEqual(smtp.mails.map(({ to }) => to).toSorted(), [
        'gone@kommun.example',
        'it@kommun.example',
      ])
      assert.equal(
        (await story.run('mail', 'test', 'it@kommun.example', '--language', 'de')).exit,
        0,
      )
      assert.match(smtp.mails.at(-1)?.raw ?? '', /Dies ist ein Test/)

      const sent = smtp.mails.find(({ to }) => to.startsWith('gone'))?.raw ?? ''
      const id = /^Message-ID: (.*)\r$/m.exec(sent)?.[1] ?? ''
      const notification = [
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        '',
        '--b',
        'Content-Type: message/delivery-status',
        '',
        'Reporting-MTA: dns; mail.kommun.example',
        '',
        'Final-Recipient: rfc822; gone@kommun.example',
        'Action: failed',
        'Status: 5.1.1',
        '',
        '--b',
        'Content-Type: message/rfc822',
        '',
        `Message-ID: ${id}`,
        '',
        '--b--',
        '',
      ].join('\r\n')
      const home = story.home
      const foreign = notification.replace(id, '<rollcall.9.event9.9@kommun.example>')
      assert.match(await piped(home, foreign, 'mail', 'bounce'), /^0 recipients marked/)
      assert.match(await piped(home, notification, 'mail', 'bounce'), /^1 recipients marked/)
      const listed = await story.run('recipients', 'list')
      assert.match(listed.out, /gone@kommun\.example .*mail comes back since .* \(5\.1\.1\)/)
    } finally {
      await smtp.close()
    }
  } finally {
    for (const name of ['ROLLCALL_SMTP_URL', 'ROLLCALL_SMTP_CA_FILE', 'ROLLCALL_MAIL_FROM']) {
      Reflect.deleteProperty(process.env, name)
    }
    await story.end()
  }
})
