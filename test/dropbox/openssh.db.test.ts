import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, describe, test } from 'node:test'
import { readSenderKeys } from '../../src/dropbox/sender-keys.ts'
import { boxFolder } from '../../src/dropbox/in-box.ts'
import { testDatabase } from '../database.ts'
import { runDropBox, type Sender } from './running.ts'

const { database } = await testDatabase()
const running = await runDropBox(database, { filesMax: 5 }, 1_000_000)
afterEach(() => assert.deepEqual(running.errors.splice(0), []))

let files = 0
const local = (text: string): string => {
  const file = path.join(running.folder, `local-${++files}.xml`)
  fs.writeFileSync(file, text)
  return file
}
const stored = (sender: Sender): string[] => {
  const folder = boxFolder(running.deliveriesFolder, sender)
  return fs.existsSync(folder) ? fs.readdirSync(folder) : []
}

describe("OpenSSH's sftp", () => {
  test('puts a file, which is a delivery when it returns and still listed', async () => {
    const sender = await running.account()
    const { code, out } = await sender.sftp(`put ${local('<a/>')} export.xml\nls -l\n`)
    assert.equal(code, 0, out)
    assert.deepEqual(await sender.deliveries(), ['export.xml: <a/>'])
    assert.match(out, /-rw-------\s.*\s4 .* export\.xml/)
    assert.deepEqual(stored(sender), [])
    assert.ok(running.told.includes(sender.siteId))
  })

  test('overwrites the same name every night, which is a delivery each time', async () => {
    const sender = await running.account()
    await sender.sftp(`put ${local('<a/>')} export.xml\n`)
    const { code, out } = await sender.sftp(`put -p ${local('<bb/>')} export.xml\nls -l\n`)
    assert.equal(code, 0, out)
    assert.deepEqual(await sender.deliveries(), ['export.xml: <a/>', 'export.xml: <bb/>'])
  })

  test('sends several files in one session, one delivery each, in order', async () => {
    const sender = await running.account()
    const names = ['a', 'b', 'c'].map((name) => `put ${local(`<${name}/>`)} ${name}.xml\n`)
    const { code, out } = await sender.sftp(names.join(''))
    assert.equal(code, 0, out)
    assert.deepEqual(await sender.deliveries(), ['a.xml: <a/>', 'b.xml: <b/>', 'c.xml: <c/>'])
  })

  test('goes on with an upload that was cut off', async () => {
    const sender = await running.account()
    const client = await sender.connect()
    const handle = await client.open('export.xml', 'w')
    await client.write(handle, '<roster><half')
    await client.cut()
    const { code, out } = await sender.sftp(
      `reput ${local('<roster><half/></roster>')} export.xml\n`,
    )
    assert.equal(code, 0, out)
    assert.deepEqual(await sender.deliveries(), ['export.xml: <roster><half/></roster>'])
  })

  test('puts under a temporary name and renames, which is one delivery', async () => {
    const sender = await running.account()
    const { code, out } = await sender.sftp(
      `put ${local('<a/>')} export.xml.tmp\nrename export.xml.tmp export.xml\nls\n`,
    )
    assert.equal(code, 0, out)
    assert.deepEqual(await sender.deliveries(), ['export.xml: <a/>'])
  })

  test('makes, enters and removes folders', async () => {
    const sender = await running.account()
    const { code, out } = await sender.sftp(
      `mkdir in\ncd in\npwd\nput ${local('<a/>')} export.xml\nls -l\nrm export.xml\ncd ..\nrmdir in\nls\n`,
    )
    assert.equal(code, 0, out)
    assert.match(out, /Remote working directory: \/in/)
    assert.deepEqual(await sender.deliveries(), ['export.xml: <a/>'])
  })

  const REFUSED: readonly (readonly [string, string, RegExp])[] = [
    ['fetching', 'get export.xml', /Files can be sent here; nothing can be fetched/],
    ['what is not there', 'rm other.xml', /No such file or directory/],
    ['a folder that is not there', 'cd in', /No such file or directory/],
    ['a link', 'symlink export.xml link', /There are no links here|does not support/],
    ['a file beyond the limit', 'put BIG big.xml', /A file may have 1000000 bytes at most/],
    [
      'a second folder of one name',
      'mkdir in\nmkdir in',
      /There is a file or folder of this name already/,
    ],
    [
      'a folder that is not empty',
      'mkdir in\nput SMALL in/a.xml\nrmdir in',
      /The folder is not empty/,
    ],
    ['a name that no file may have', 'put SMALL a\\\\b.xml', /This name cannot be used here/],
    [
      'more files than may be',
      'mkdir 1\nmkdir 2\nmkdir 3\nmkdir 4\nmkdir 5\nmkdir 6',
      /5 files and folders at most/,
    ],
  ]
  for (const [what, commands, says] of REFUSED) {
    test(`says why it refuses ${what}`, async () => {
      const sender = await running.account()
      await sender.sftp(`put ${local('<a/>')} export.xml\n`)
      const { code, out } = await sender.sftp(
        `${commands.replace('BIG', local('x'.repeat(1_000_001))).replace('SMALL', local('<b/>'))}\n`,
      )
      assert.equal(code, 1)
      assert.match(out, says)
    })
  }

  for (const type of ['ed25519', 'ecdsa', 'rsa']) {
    test(`signs in with a key of type ${type}`, async () => {
      const file = path.join(running.folder, `id_${type}`)
      const bits = type === 'rsa' ? ['-b', '3072'] : []
      spawnSync('ssh-keygen', ['-q', '-t', type, ...bits, '-N', '', '-C', 'a test', '-f', file])
      const keys = readSenderKeys(fs.readFileSync(`${file}.pub`, 'utf8'))
      const sender = await running.account({}, keys)
      const { code, out } = await sender.run('sftp', [
        '-o',
        'PasswordAuthentication=no',
        '-o',
        'IdentitiesOnly=yes',
        '-i',
        file,
        '-P',
        String(running.port),
        '-b',
        local(`put ${local('<a/>')} a.xml\n`),
        '127.0.0.1',
      ])
      assert.equal(code, 0, out)
      assert.deepEqual(await sender.deliveries(), ['a.xml: <a/>'])
    })
  }
})

describe("OpenSSH's scp", () => {
  test('copies a file', async () => {
    const sender = await running.account()
    const { code, out } = await sender.run('scp', [
      '-P',
      String(running.port),
      local('<a/>'),
      '127.0.0.1:export.xml',
    ])
    assert.equal(code, 0, out)
    assert.deepEqual(await sender.deliveries(), ['export.xml: <a/>'])
  })

  test('of the old protocol is told what to use instead', async () => {
    const sender = await running.account()
    const { code, out } = await sender.run('scp', [
      '-O',
      '-P',
      String(running.port),
      local('<a/>'),
      '127.0.0.1:export.xml',
    ])
    assert.notEqual(code, 0)
    assert.match(out, /runs no commands\. Use: sftp, or scp without -O/)
    assert.deepEqual(await sender.deliveries(), [])
  })
})

describe('ssh', () => {
  const ssh = (sender: Sender, ...args: string[]): ReturnType<Sender['run']> =>
    sender.run('ssh', ['-p', String(running.port), ...args])

  test('runs no command and gets no shell', async () => {
    const sender = await running.account()
    for (const command of [['127.0.0.1', 'id'], ['127.0.0.1']]) {
      const { code, out } = await ssh(sender, ...command)
      assert.equal(code, 1)
      assert.match(out, /runs no commands/)
      assert.doesNotMatch(out, /uid=/)
    }
  })

  test('forwards nothing', async () => {
    const sender = await running.account()
    const { code, out } = await ssh(sender, '-W', `127.0.0.1:${running.port}`, '127.0.0.1')
    assert.notEqual(code, 0)
    assert.match(out, /administratively prohibited|open failed/)
    const back = await ssh(
      sender,
      '-N',
      '-o',
      'ExitOnForwardFailure=yes',
      '-R',
      '0:127.0.0.1:1',
      '127.0.0.1',
    )
    assert.match(back.out, /remote port forwarding failed/)
  })

  test('has no other subsystem', async () => {
    const sender = await running.account()
    const { code, out } = await ssh(sender, '-s', '127.0.0.1', 'netconf')
    assert.notEqual(code, 0)
    assert.match(out, /subsystem request failed/)
  })
})

test('nothing old is agreed on', async () => {
  const sender = await running.account()
  for (const old of [
    'KexAlgorithms=diffie-hellman-group14-sha1',
    'Ciphers=aes128-cbc',
    'MACs=hmac-sha1',
    'HostKeyAlgorithms=ssh-rsa',
  ]) {
    const more = old.startsWith('MACs') ? ['-o', 'Ciphers=aes128-ctr'] : []
    const { code, out } = await sender.run('sftp', [
      '-o',
      old,
      ...more,
      '-P',
      String(running.port),
      '127.0.0.1',
    ])
    assert.notEqual(code, 0)
    assert.match(out, /no matching/, old)
  }
})

test('each algorithm on offer works with OpenSSH', async () => {
  const sender = await running.account()
  const { ALGORITHMS } = await import('../../src/dropbox/algorithms.ts')
  const { kex, cipher, hmac } = ALGORITHMS as Record<string, string[]>
  const cases = [
    ...(kex ?? []).map((name) => [`KexAlgorithms=${name}`]),
    ...(cipher ?? []).map((name) => [`Ciphers=${name}`]),
    ...(hmac ?? []).map((name) => [`MACs=${name}`, 'Ciphers=aes128-ctr']),
  ]
  for (const options of cases) {
    const { code, out } = await sender.run('sftp', [
      ...options.flatMap((option) => ['-o', option]),
      '-b',
      local('pwd\n'),
      '-P',
      String(running.port),
      '127.0.0.1',
    ])
    assert.equal(code, 0, `${options.join()}: ${out}`)
  }
})
