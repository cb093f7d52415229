import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, describe, test } from 'node:test'
import { arrivalById } from '../../src/store/arrivals.ts'
import { type Database, openDatabase } from '../../src/store/connect.ts'
import { DEFAULT_NAME, siteNamed } from '../../src/store/sites.ts'
import { deliveryText, keys } from '../import/deliveries.ts'
import { comes, startService, type Service } from './service.ts'

// As many as take an import seconds.
const LARGE = deliveryText({ persons: keys('P', 20_000), groups: keys('G', 10) })
const homes: string[] = []
after(() => homes.forEach((home) => fs.rmSync(home, { recursive: true, force: true })))

interface Running {
  readonly database: Database
  readonly service: Service
  readonly arrival: number
  readonly siteId: number
  start(stopSeconds: number): Service
}

/** A service in the middle of an import. */
async function importing(
  stopSeconds: number,
  work: (running: Running) => Promise<void>,
): Promise<void> {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-stop-'))
  homes.push(home)
  fs.chmodSync(home, 0o711)
  const start = (seconds: number): Service =>
    startService('serve', { ROLLCALL_HOME: home, ROLLCALL_STOP_SECONDS: String(seconds) })
  const service = start(stopSeconds)
  await service.heard('service_started')
  const database = await openDatabase({ home, databaseUrl: undefined, ownerUrl: undefined })
  try {
    const { id: siteId } = await siteNamed(database, DEFAULT_NAME)
    const of = { siteId, sourceId: 1, name: 'large.xml' }
    const arrival = await comes(database, path.join(home, 'deliveries'), of, LARGE)
    const running = `select from runs where site_id = $1 and arrival_id = $2 and state = 'running'`
    for (let n = 0; n < 6000; n++) {
      const rows = await database.site(siteId, (s) => s.execute(running, [siteId, arrival]))
      if (rows > 0) break
      await sleep(10)
    }
    await work({ database, service, arrival, siteId, start })
  } finally {
    await service.end('SIGKILL')
    await database.close({ wait: true })
  }
}

async function runsOf({ database, siteId, arrival }: Running): Promise<unknown[]> {
  return database.site(siteId, (session) =>
    session.query('select state from runs where site_id = $1 and arrival_id = $2', [
      siteId,
      arrival,
    ]),
  )
}

describe('a service that is stopped in the middle of an import', () => {
  test('lets it come to its end within the time that it has', async () => {
    await importing(120, async (running) => {
      assert.equal(await running.service.end('SIGTERM'), 0)
      const finished = running.service.lines.find(({ event }) => event === 'import_finished')
      assert.equal(finished?.['outcome'], 'held')
      assert.deepEqual(await runsOf(running), [{ state: 'held' }])
    })
  })

  test('gives it back when that is over, and goes on with it when it is started again', async () => {
    await importing(0, async (running) => {
      assert.equal(await running.service.end('SIGTERM'), 0)
      await running.service.heard('run_given_back')
      assert.deepEqual(await runsOf(running), [{ state: 'running' }])
      const again = running.start(60)
      try {
        await again.heard('import_finished', (line) => line['arrival'] === running.arrival)
        assert.deepEqual(await runsOf(running), [{ state: 'held' }])
        // That was no attempt of its own.
        const { database, siteId, arrival } = running
        const found = await database.site(siteId, (s) => arrivalById(s, siteId, arrival))
        assert.equal(found?.attempts, 0)
      } finally {
        await again.end('SIGTERM')
      }
    })
  })

  test('ends at once with a second signal', async () => {
    await importing(120, async (running) => {
      running.service.process.kill('SIGTERM')
      await running.service.heard('service_stopping')
      assert.equal(await running.service.end('SIGINT'), 130)
      assert.deepEqual(await runsOf(running), [{ state: 'running' }])
    })
  })
})

/** Node has no datagrams of Unix sockets; Perl, which PostgreSQL's package brings along, has. */
const RECEIVER = `
use Socket; $| = 1;
my $s; socket($s, PF_UNIX, SOCK_DGRAM, 0) or die $!; bind($s, sockaddr_un($ARGV[0])) or die $!;
print "bound\n";
while (defined recv($s, my $said, 4096, 0)) { print "$said\n" }
`
const isThere = spawnSync('systemd-notify', ['--version']).status === 0

test(
  'systemd is told when the service takes deliveries and when it stops',
  { skip: isThere ? false : 'needs the package systemd' },
  async () => {
    const home = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-stop-'))
    homes.push(home)
    fs.chmodSync(home, 0o711)
    const socket = path.join(home, 'notify')
    const receiver = spawn('perl', ['-e', RECEIVER, socket], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let received = ''
    receiver.stdout.setEncoding('utf8').on('data', (text: string) => (received += text))
    const said = async (what: string): Promise<void> => {
      for (let n = 0; n < 1200 && !received.includes(what); n++) await sleep(50)
      assert.ok(received.includes(what), `${what} in ${received}`)
    }
    await said('bound')
    const service = startService('serve', { ROLLCALL_HOME: home, NOTIFY_SOCKET: socket })
    try {
      await said('READY=1')
      assert.equal(await service.end('SIGTERM'), 0)
      // Else systemd would kill the database in the midst of stopping.
      assert.ok(!fs.existsSync(path.join(home, 'pg/postmaster.pid')))
      await said('STOPPING=1')
    } finally {
      await service.end('SIGKILL')
      receiver.kill()
    }
  },
)
