import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { openDatabase } from '../../src/store/connect.ts'
import { untoldEvents } from '../../src/store/events.ts'
import { DEFAULT_NAME, siteNamed } from '../../src/store/sites.ts'
import { markedNight, MARKED } from './marked.ts'
import { comes, startService } from './service.ts'

const ROLLCALL = path.resolve(import.meta.dirname, '../../rollcall')
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-serve-'))
fs.chmodSync(home, 0o711)
const mails = path.join(home, 'mails')
const environment = {
  ROLLCALL_HOME: home,
  ROLLCALL_MAIL_FROM: 'rollcall@kommun.example',
  ROLLCALL_MAIL_FOLDER: mails,
  ROLLCALL_LOG_LEVEL: 'debug',
}
after(() => fs.rmSync(home, { recursive: true, force: true }))

function command(...words: readonly string[]): string {
  return ending(0, ...words)
}

/** A command that ends with the given exit code. */
function ending(code: number, ...words: readonly string[]): string {
  const env = { PATH: process.env['PATH'], ...environment }
  const done = spawnSync(ROLLCALL, words, { env, encoding: 'utf8' })
  assert.equal(done.status, code, done.stderr)
  return done.stdout
}

test('a file that comes while the service runs is imported, judged and told by mail with nobody present', async () => {
  command('recipients', 'add', 'it@kommun.example', '--language', 'sv')
  const service = startService('serve', environment)
  const database = await openDatabase({ home, databaseUrl: undefined, ownerUrl: undefined })
  try {
    await service.heard('service_started')
    const { id: siteId } = await siteNamed(database, DEFAULT_NAME)
    const folder = path.join(home, 'deliveries')
    const of = { siteId, sourceId: 1, name: 'qvistmark.xml' }
    const first = await comes(database, folder, of, markedNight(40))
    const held = await service.heard('import_finished', ({ arrival }) => arrival === first)
    assert.equal(held['outcome'], 'held')
    // Decided before that, nobody would be told that it was held.
    await until(() => mailSubjects().length === 1)
    command('release', String(held['run']), '--consulted', 'school office')
    const second = await comes(database, folder, of, markedNight(41))
    const applied = await service.heard('import_finished', ({ arrival }) => arrival === second)
    assert.equal(applied['outcome'], 'applied')
    const broken = await comes(database, folder, of, markedNight(41).slice(0, -30))
    const refused = await service.heard('import_finished', ({ arrival }) => arrival === broken)
    assert.equal(refused['outcome'], 'refused')
    await until(() => mailSubjects().length >= 4)
    assert.deepEqual(
      mailSubjects().map((subject) => /status (\w+)/.exec(subject)?.[1] ?? subject),
      ['Failed', 'Completed', 'Completed', 'Failed'],
    )
    const untold = await database.site(siteId, (session) => untoldEvents(session, siteId, 100))
    assert.deepEqual(untold, [])

    command('sources', 'create', 'fetched')
    command('sources', 'set', 'fetched', '--schedule', 'by-hand')
    const port = await serveFile(markedNight(30))
    const where = [`url=http://127.0.0.1:${port}/night.xml`, 'allowPlain=yes']
    const set = where.flatMap((each) => ['--set', each])
    command('collectors', 'set', 'fetched', '--kind', 'http', ...set, '--every', '30')
    // As if that had been set an hour ago.
    await database.site(siteId, (session) =>
      session.execute(
        `update collectors set changed_at = changed_at - interval '1 hour' where site_id = $1`,
        [siteId],
      ),
    )
    await service.heard('fetched')
    const { arrivals } = JSON.parse(command('arrivals', 'list', '--json')) as {
      arrivals: { id: number; source: string; channel: string }[]
    }
    assert.deepEqual(
      arrivals.map(({ source, channel }) => [source, channel]),
      [['fetched', 'collector']],
    )
    // A first delivery is held, by whomever it is imported.
    ending(3, 'arrivals', 'run', String(arrivals[0]?.id))
    const more = await comes(database, folder, { ...of, sourceId: 2 }, markedNight(31))
    command('arrivals', 'discard', String(more))
    assert.match(command('arrivals', 'list'), /Nothing waits/)

    assert.equal(await service.end('SIGTERM'), 0)
    assert.deepEqual(service.lines.at(-1)?.event, 'service_stopped')
  } finally {
    await service.end('SIGKILL')
    await database.close({ wait: true })
  }
  for (const marked of MARKED) assert.ok(!service.said().includes(marked), marked)
  for (const line of service.lines) assert.match(line.event, /^[a-z_]+$/)
})

/** A web server with one file; ends with the test. */
async function serveFile(text: string): Promise<number> {
  const server = createServer((_, response) => response.end(text)).listen(0, '127.0.0.1')
  after(() => server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

function mailSubjects(): string[] {
  if (!fs.existsSync(mails)) return []
  const texts = fs
    .readdirSync(mails)
    .toSorted()
    .map((name) => fs.readFileSync(path.join(mails, name), 'utf8'))
  return texts.map((text) => /^Subject: (.*)$/m.exec(text)?.[1] ?? '')
}

async function until(holds: () => boolean): Promise<void> {
  for (let n = 0; n < 600 && !holds(); n++) await new Promise((resolve) => setTimeout(resolve, 100))
  assert.ok(holds())
}
