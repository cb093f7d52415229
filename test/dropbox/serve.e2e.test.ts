import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { freePort } from '../free-port.ts'
import { deliveryText } from '../import/deliveries.ts'
import { startService } from '../schedule/service.ts'
import { connect, ended, until } from './running.ts'

const ROLLCALL = path.resolve(import.meta.dirname, '../../rollcall')
const base = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-dropbox-e2e-'))
fs.chmodSync(base, 0o711)
const home = path.join(base, 'home')
const watched = path.join(base, 'watched')
fs.mkdirSync(watched)
after(async () => {
  // The last command has told the embedded server to stop, and did not wait for it.
  const pid = path.join(home, 'pg/postmaster.pid')
  await until(() => Promise.resolve(!fs.existsSync(pid)))
  fs.rmSync(base, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
})

const port = await freePort()
const environment = {
  ROLLCALL_HOME: home,
  ROLLCALL_DROPBOX_PORT: String(port),
  ROLLCALL_DROPBOX_HOST: '127.0.0.1',
}
function command(...words: readonly string[]): string {
  const env = { PATH: process.env['PATH'], ...environment }
  const done = spawnSync(ROLLCALL, words, { env, encoding: 'utf8' })
  assert.equal(done.status, 0, done.stderr)
  return done.stdout
}
const night = (persons: number): string =>
  deliveryText({
    persons: Array.from({ length: persons }, (_, n) => ({ key: `P${n}`, name: `Anna Test${n}` })),
    groups: ['G1'],
  })

test('what a supplier uploads at night is imported, also after the service was killed in the middle of it', async () => {
  const key = path.join(base, 'id')
  spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
  const account = command(
    'dropbox',
    'accounts',
    'add',
    'school-sis',
    '--key',
    `${key}.pub`,
    '--with-password',
  )
  const password = /^Password: +(\S+)$/m.exec(account)?.[1] ?? ''
  const { hostKeys } = JSON.parse(command('dropbox', 'show', '--json')) as {
    hostKeys: { publicKey: string }[]
  }
  const knownHosts = path.join(base, 'known_hosts')
  fs.writeFileSync(
    knownHosts,
    hostKeys.map(({ publicKey }) => `[127.0.0.1]:${port} ${publicKey}\n`).join(''),
  )
  const put = (text: string, how = 'put'): ReturnType<typeof ended> => {
    const file = path.join(base, 'export.xml')
    fs.writeFileSync(file, text)
    const batch = path.join(base, 'batch')
    fs.writeFileSync(batch, `${how} ${file} export.xml\n`)
    const options = [
      '-F',
      '/dev/null',
      '-i',
      key,
      '-P',
      String(port),
      '-o',
      `UserKnownHostsFile=${knownHosts}`,
      '-o',
      'StrictHostKeyChecking=yes',
    ]
    return ended(spawn('sftp', [...options, '-b', batch, 'school-sis@127.0.0.1']))
  }

  let service = startService('serve', environment)
  try {
    await service.heard('service_started')
    assert.equal((await put(night(40))).code, 0)
    const held = await service.heard('import_finished')
    assert.equal(held['outcome'], 'held')
    command('release', String(held['run']), '--consulted', 'school office')
    assert.equal((await put(night(41))).code, 0)
    await service.heard('import_finished', (line) => line['outcome'] === 'applied')

    const text = night(42)
    const client = await connect({ host: '127.0.0.1', port, username: 'school-sis', password })
    const handle = await client.open('export.xml', 'w')
    await client.write(handle, text.slice(0, 1000))
    service.process.kill('SIGKILL')
    await once(service.process, 'exit')
    client.end()
    service = startService('serve', environment)
    await service.heard('service_started')
    const resumed = await put(text, 'reput')
    // What came in the seconds before a kill may not be known to have come: then it is sent again.
    if (resumed.code !== 0) assert.equal((await put(text)).code, 0)
    const applied = await service.heard('import_finished', (line) => line['outcome'] === 'applied')
    const shown = JSON.parse(command('run', String(applied['run']), '--json')) as {
      delivery: { fileName: string; bytes: number }
    }
    assert.deepEqual(
      [shown.delivery.fileName, shown.delivery.bytes],
      ['export.xml', Buffer.byteLength(text)],
    )
    assert.equal(service.lines.filter((line) => line.event === 'import_finished').length, 1)

    command('sources', 'set', 'default', '--watch', watched, '--watch-quiet', '0')
    assert.match(command('sources', 'show', 'default'), /Watched folder: .*watched, names \*/)
    fs.writeFileSync(path.join(watched, 'export.tmp'), night(43))
    fs.renameSync(path.join(watched, 'export.tmp'), path.join(watched, 'night.xml'))
    await until(() =>
      Promise.resolve(
        service.lines.filter((line) => line.event === 'import_finished').length === 2,
      ),
    )
    assert.deepEqual(fs.readdirSync(watched), [])
    assert.match(
      command('dropbox', 'accounts', 'list'),
      /school-sis +default +default +password, a key/,
    )
    assert.equal(await service.end('SIGTERM'), 0)
    for (const said of [password, 'Anna Test', 'export.xml']) {
      assert.ok(!service.said().includes(said), said)
    }
  } finally {
    await service.end('SIGKILL')
  }
})
