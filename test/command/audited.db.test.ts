import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import type { Command } from 'commander'
import { verifyAudit } from '../../src/access/verify.ts'
import { pathOf, UNAUDITED } from '../../src/command/acting.ts'
import { makeProgram } from '../../src/command/program.ts'
import { listAudit } from '../../src/store/audit.ts'
import { insertMail } from '../../src/store/outbox.ts'
import { insertRecipient } from '../../src/store/recipients.ts'
import { connected, roles, testDatabase } from '../database.ts'
import { quietly } from './quietly.ts'

const { database, config, superuser } = await testDatabase()
const home = mkdtempSync(path.join(os.tmpdir(), 'rollcall-audited-'))
after(() => rmSync(home, { recursive: true }))
Object.assign(process.env, { DATABASE_URL: config.databaseUrl, ROLLCALL_HOME: home })

const NIGHT = path.join(import.meta.dirname, '../../examples/night-1.xml')
const soon = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)

/** A command line of every command that changes something. That it finds nothing to change makes no difference. */
const CHANGING: { readonly [command: string]: readonly string[] } = {
  import: [NIGHT],
  release: ['999', '--consulted', 'registrar'],
  reject: ['999', '--reason', 'half is missing'],
  'let-through': ['--key', 'K1'],
  'announce create': [
    '--ceiling',
    'persons.removed=5',
    '--until',
    soon,
    '--reason',
    'a class leaves',
  ],
  'announce withdraw': ['1'],
  'arrivals run': ['1'],
  'arrivals discard': ['1'],
  undo: ['999'],
  rekey: ['K1', 'K2'],
  merge: ['K1', 'K2'],
  edit: ['K1', '--set', 'name=Somebody'],
  heal: ['K1'],
  'add person': ['--profile', 'staff', '--set', 'name=Somebody'],
  'add group': ['--kind', 'group', '--set', 'title=1A'],
  'add course': ['--set', 'title=Course'],
  remove: ['K1'],
  'member add': ['K1', 'K2'],
  'member remove': ['K1', 'K2'],
  'bin restore': ['K1'],
  'bin purge': ['K1'],
  'archive reopen': ['K1'],
  retention: [],
  backup: [path.join(home, 'backup')],
  'key change': [path.join(path.dirname(NIGHT), 'README.md')],
  'recipients add': ['it@kommun.example', '--language', 'sv'],
  'recipients set': ['1', '--what', 'weekly'],
  'recipients remove': ['1'],
  'contacts set': ['supplier', '--name', 'Helpdesk'],
  'contacts remove': ['1'],
  'mail send': ['--retry'],
  'webhooks add': ['https://tickets.kommun.example/rollcall'],
  'webhooks remove': ['1'],
  'accounts create': ['anna', '--no-password'],
  'accounts role': ['anna', '--role', 'viewer', '--site', 'default'],
  'accounts password': ['anna'],
  'accounts disable': ['anna'],
  'accounts enable': ['anna'],
  'accounts remove': ['anna'],
  'tokens create': ['nightly', '--scopes', 'deliver'],
  'tokens revoke': ['1'],
  'collectors set': ['default', '--preset', 'sftp'],
  'collectors test': ['default'],
  'collectors remove': ['default'],
  fetch: ['default'],
  'dropbox import-key': [path.join(path.dirname(NIGHT), 'README.md')],
  'dropbox accounts add': ['sender', '--source', 'default'],
  'dropbox accounts set': ['sender', '--quota', '1M'],
  'dropbox accounts lock': ['sender'],
  'dropbox accounts unlock': ['sender'],
  'dropbox accounts remove': ['sender'],
  'sites create': ['second'],
  'sites set': ['default', '--archive-courses', 'off'],
  'sources create': ['adults'],
  'sources set': ['default', '--delay-staff', 'on'],
  'sources pause': ['default'],
  'sources resume': ['default'],
  'sources observe': ['default'],
  'sources live': ['default'],
}

/** What is in the log that it brings: test/backup. */
const IN_ANOTHER_LOG = ['restore']

/** Words that commands which change nothing need. */
const READING: { readonly [command: string]: readonly string[] } = {
  run: ['1'],
  explain: ['K1'],
  'collectors show': ['default'],
  'dropbox accounts show': ['sender'],
}
/** Those that have other reasons than to read the database only. */
const NOT_READING = [
  'check',
  'plan',
  'dropbox show',
  'mail test',
  'mail bounce',
  'webhooks test',
  'migrate',
  'serve',
  'worker',
  'demo generate',
]

function leaves(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leaves)
}
const ALL = leaves(makeProgram()).map(pathOf)

/** How many times it was begun and ended. */
async function entriesOf(action: string): Promise<readonly number[]> {
  const rows = await database.operator((session) =>
    session.query<{ phase: string }>('select phase from audit where action = $1', [action]),
  )
  const begun = rows.filter(({ phase }) => phase === 'begun').length
  return [begun, rows.length - begun]
}

test('every command either changes something and is tried here, or is listed as changing nothing', () => {
  const listed = [...Object.keys(CHANGING), ...IN_ANOTHER_LOG, ...Object.keys(UNAUDITED)]
  assert.deepEqual(ALL.toSorted(), listed.toSorted())
})

for (const [command, words] of Object.entries(CHANGING)) {
  test(`${command} is in the audit log, before and after`, async () => {
    const said = (await quietly([...command.split(' '), ...words])).said
    const [begun = 0, ended = 0] = await entriesOf(command)
    assert.ok(begun > 0, said)
    assert.equal(ended, begun)
  })
}

/** A notification that mail to an address has failed for good, which quotes the mail. */
const notification = (address: string, messageId: string): string =>
  [
    'Content-Type: multipart/report; report-type=delivery-status; boundary="part"',
    '',
    '--part',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; mx.kommun.example',
    '',
    `Final-Recipient: rfc822; ${address}`,
    'Action: failed',
    'Status: 5.1.1',
    '',
    '--part',
    'Content-Type: text/rfc822-headers',
    '',
    `Message-ID: ${messageId}`,
    '',
    '--part--',
  ].join('\r\n')

test('mail bounce is in the log of the site of whom it marks, and in none where it marks nobody', async () => {
  const [address, messageId] = ['gone@kommun.example', '<rollcall.1.2.3@kommun.example>']
  const at = new Date().toISOString()
  const recipient = await database.site(1, async (session) => {
    const who = { address, sourceId: null, name: '', language: 'sv', what: 'every' } as const
    const told = { ...who, started: 'long', deputy: false } as const
    const id = await insertRecipient(session, 1, told, at)
    const mail = {
      recipientId: id ?? null,
      address,
      name: '',
      kind: 'test',
      runId: null,
      messageId,
    }
    const rest = { threadId: null, status: null, outcome: null, subject: '', text: '', html: '' }
    await insertMail(session, 1, { ...mail, ...rest, madeAt: at })
    return id
  })
  await quietly(['mail', 'bounce'], notification(address, '<rollcall.9.9.9@kommun.example>'))
  assert.deepEqual(await entriesOf('mail bounce'), [0, 0])
  for (const marked of [1, 0]) {
    const { out } = await quietly(['mail', 'bounce'], notification(address, messageId))
    assert.equal(out, `${marked} recipients marked\n`)
    assert.deepEqual(await entriesOf('mail bounce'), [1, 1])
  }
  const [entry] = await database.site(1, (session) =>
    listAudit(session, 1, { action: 'mail bounce', limit: 1, offset: 0 }),
  )
  assert.deepEqual(entry?.values?.['told'], { recipients: [recipient], because: '5.1.1' })
  assert.doesNotMatch(JSON.stringify(entry), /gone@/)
})

test('audit erase is in each log out of which it erased, without the name', async () => {
  assert.deepEqual(await entriesOf('audit erase'), [0, 0])
  const { out } = await quietly(['audit', 'erase', 'nightly'])
  assert.match(out, /The values of [1-9]\d* entries are erased/)
  assert.deepEqual(await entriesOf('audit erase'), [0, 1])
  const left = await database.operator((session) =>
    session.query(`select from audit_values where content like '%nightly%'`),
  )
  assert.equal(left.length, 0)
})

test('the log of all that holds, and has no password in it', async () => {
  for (const siteId of [0, 1]) {
    const verify = (session: Parameters<typeof verifyAudit>[0]): ReturnType<typeof verifyAudit> =>
      verifyAudit(session, siteId)
    const { entries, broken } =
      siteId === 0 ? await database.installation(verify) : await database.site(siteId, verify)
    assert.deepEqual([broken, entries > 10], [undefined, true])
  }
  const rows = await database.operator((session) =>
    session.query(`select from audit_values where content like '%klammer%'`),
  )
  assert.equal(rows.length, 0)
})

test('a dry run is not in it', async () => {
  const before = await entriesOf('rekey')
  await quietly(['rekey', 'K1', 'K2', '--dry-run'])
  assert.deepEqual(await entriesOf('rekey'), before)
})

test('commands that are said to change nothing run where nothing can be changed', async () => {
  const name = new URL(config.databaseUrl ?? '').pathname.slice(1)
  const set = (to: string): Promise<unknown> =>
    connected(superuser, (client) =>
      client.query(`alter role ${roles.app} in database ${name} ${to}`),
    )
  await set('set default_transaction_read_only = on')
  try {
    const refused = (await quietly(['sources', 'create', 'more'])).said
    assert.match(refused, /ERR_/, 'the test is one')
    for (const command of Object.keys(UNAUDITED)) {
      if (NOT_READING.includes(command)) continue
      const { said } = await quietly([...command.split(' '), ...(READING[command] ?? [])])
      assert.doesNotMatch(said, /ERR_INTERNAL|ERR_USAGE/, command)
    }
  } finally {
    await set('reset default_transaction_read_only')
  }
})
