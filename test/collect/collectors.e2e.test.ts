/** A collector as an operator sets it up: by commands, with a supplier's SFTP server; and a disk that is full. */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { Incoming } from '../../src/collect/incoming.ts'
import { deliveryText } from '../import/deliveries.ts'
import { Story } from '../story/commands.ts'
import { noSshd, PASSPHRASE, startSshd } from './sshd.ts'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-collectors-'))
fs.chmodSync(folder, 0o711)
after(() => fs.rmSync(folder, { recursive: true, force: true }))

test(
  'a file of a supplier is fetched, held as the first one, released, and not fetched again',
  { skip: noSshd },
  async () => {
    const ssh = path.join(folder, 'ssh')
    const out = path.join(folder, 'out')
    fs.mkdirSync(ssh)
    fs.mkdirSync(out)
    fs.chmodSync(out, 0o755)
    const sshd = await startSshd(ssh)
    const story = new Story()
    const secret = path.join(folder, 'pw')
    fs.writeFileSync(secret, `${PASSPHRASE}\n`)
    const says = async (exit: number, ...words: string[]): Promise<string> => {
      const ended = await story.run(...words)
      assert.equal(ended.exit, exit, `${words.join(' ')}: ${ended.err}${ended.out}`)
      assert.ok(!`${ended.out}${ended.err}`.includes(PASSPHRASE), words.join(' '))
      return `${ended.out}${ended.err}`
    }
    try {
      const begun = await says(0, 'collectors', 'set', 'default', '--preset', 'alvis')
      assert.match(begun, /host: GotIT\n {2}user: GotIT, one for each customer/)
      assert.match(await says(2, 'fetch', 'default'), /host is missing\n *user is missing/)
      const set = ['host=127.0.0.1', `port=${sshd.port}`, `user=${sshd.guest}`, `folder=${out}`]
      const quick = [...set, 'quietSeconds=1'].flatMap((each) => ['--set', each])
      const secrets = ['--secret', `password=${secret}`]
      await says(0, 'collectors', 'set', 'default', ...quick, ...secrets, '--at', '02:30')
      assert.match(
        await says(2, 'collectors', 'set', 'default', '--set', 'hots=x'),
        /no setting hots/,
      )
      assert.match(await says(1, 'collectors', 'test', 'default'), /ERR_FETCH_NOT_TRUSTED/)
      fs.writeFileSync(path.join(out, 'export.xml'), deliveryText({ persons: ['P1', 'P2'] }))
      const tried = await says(0, 'collectors', 'test', 'default', '--trust-host-key')
      assert.match(tried, /is trusted from now on[\s\S]*export\.xml, \d+ bytes\nIt works/)
      assert.match(await says(3, 'fetch', 'default'), /Fetched export\.xml \(\d+ bytes\)/)
      await says(0, 'release', '1', '--consulted', 'nobody: it is a test')
      assert.match(await says(0, 'fetch', 'default'), /Nothing new/)
      const { json } = await story.ask('fetch', 'default', '--again', '--only-fetch')
      assert.equal((json['deliveries'] as unknown[]).length, 1)
      const shown = await says(0, 'collectors', 'show', 'default')
      assert.match(
        shown,
        /preset alvis[\s\S]*runs at 02:30[\s\S]*password \(secret, set\)[\s\S]*export\.xml/,
      )
      assert.match(await says(0, 'collectors', 'list'), /default +sftp +at 02:30/)
      const preset = await story.start(['collectors', 'presets', 'adela']).ended
      assert.match(preset.out, /whether the XML is IMS Enterprise/)
      await says(0, 'collectors', 'remove', 'default')
      assert.match(await says(1, 'fetch', 'default'), /ERR_NOT_FOUND/)
    } finally {
      await story.end()
      await sshd.stop()
    }
  },
)

test('a full disk is named, and nothing is left of the file', (t) => {
  const place = path.join(folder, 'small')
  fs.mkdirSync(place)
  const mount = ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', place]
  if (spawnSync('mount', mount).status !== 0) {
    t.skip('this machine lets nobody mount')
    return
  }
  try {
    const incoming = new Incoming(place, 1024 ** 3)
    assert.throws(
      () => {
        for (let n = 0; n < 32; n++) incoming.write(Buffer.alloc(64 * 1024))
      },
      { code: 'ERR_DELIVERY_NOT_KEPT' },
    )
    incoming.discard()
    assert.deepEqual(fs.readdirSync(place), [])
  } finally {
    execFileSync('umount', [place])
  }
})
