import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, describe, test } from 'node:test'
import {
  accountNamed,
  changeAccount,
  makeAccount,
  type NewAccount,
  removeAccount,
} from '../../src/dropbox/accounts.ts'
import { importHostKey, readHostKeys } from '../../src/dropbox/host-keys.ts'
import { boxFolder } from '../../src/dropbox/in-box.ts'
import { readSenderKeys } from '../../src/dropbox/sender-keys.ts'
import { sealing } from '../../src/store/sealed.ts'
import { createSource, sourceNamed, siteNamed } from '../../src/store/sites.ts'
import { testDatabase } from '../database.ts'

const { database } = await testDatabase()
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-keys-'))
after(() => fs.rmSync(folder, { recursive: true }))
const now = new Date('2026-09-01T00:00:00Z')
const { id: siteId } = await siteNamed(database, 'default')
const { id: sourceId } = await sourceNamed(database, siteId, 'default')
const made = (more: Partial<NewAccount>): ReturnType<typeof makeAccount> =>
  makeAccount(
    database,
    { siteId, sourceId, userName: 'skolan', keys: [], withPassword: true, settings: {}, ...more },
    now,
  )

/** A pair of ssh-keygen's: the file of the private key, and the text of the public one. */
function pair(type: string, ...more: string[]): { file: string; text: string } {
  const file = path.join(folder, `key-${fs.readdirSync(folder).length}`)
  const args = ['-q', '-t', type, '-N', '', '-C', 'a sender', '-f', file, ...more]
  assert.equal(spawnSync('ssh-keygen', args).status, 0)
  return { file, text: fs.readFileSync(`${file}.pub`, 'utf8') }
}
const fingerprint = (file: string): string =>
  spawnSync('ssh-keygen', ['-l', '-f', file]).stdout.toString().split(' ')[1] ?? ''

describe('public keys', () => {
  for (const [type, bits] of [
    ['ed25519', undefined],
    ['ecdsa', '256'],
    ['ecdsa', '384'],
    ['ecdsa', '521'],
    ['rsa', '3072'],
  ] as const) {
    test(`of type ${type} ${bits ?? ''} are read, with ssh-keygen's fingerprint`, () => {
      const { file, text } = pair(type, ...(bits === undefined ? [] : ['-b', bits]))
      const [key] = readSenderKeys(`# a comment\n\n${text}\r\n`)
      assert.equal(key?.fingerprint, fingerprint(file))
      assert.equal(key.comment, 'a sender')
    })
  }

  test('are read as PuTTYgen saves them, and several of one file', () => {
    const { file, text } = pair('ed25519')
    const other = spawnSync('ssh-keygen', ['-e', '-m', 'RFC4716', '-f', `${file}.pub`])
    assert.equal(readSenderKeys(other.stdout.toString())[0]?.fingerprint, fingerprint(file))
    assert.equal(readSenderKeys(`${text}${pair('ecdsa').text}`).length, 2)
  })

  for (const [what, text, says] of [
    ['a short RSA key', (): string => pair('rsa', '-b', '2048').text, /2048 bits, fewer than 3072/],
    ['a private key', (): string => fs.readFileSync(pair('ed25519').file, 'utf8'), /private key/],
    ['nothing', (): string => '\n# nothing\n', /no public key/],
    ['something else', (): string => 'hello', /Line 1 is no public key/],
    ['options before a key', (): string => `command="id" ${pair('ed25519').text}`, /no public key/],
    ['half a key', (): string => pair('ed25519').text.slice(0, 40), /no public key|not accepted/],
    ['eleven keys', (): string => pair('ed25519').text.repeat(11), /more than 10/],
  ] as const) {
    test(`are refused where it is ${what}`, () => {
      assert.throws(() => readSenderKeys(text()), { code: 'ERR_KEY_REFUSED', message: says })
    })
  }
})

describe('an account', () => {
  test('has a password that is made for it and stored as argon2id', async () => {
    const { password = '' } = await made({})
    assert.match(password, /^[a-zA-Z2-9]{24}$/)
    const box = await accountNamed(database, 'skolan')
    assert.match(box.password ?? '', /^\$argon2id\$/)
    assert.deepEqual([box.site, box.source], ['default', 'default'])
  })

  test('is the only one of its source, and its name the only one of all sites', async () => {
    await assert.rejects(made({ userName: 'another' }), { code: 'ERR_USAGE' })
    const { id } = await createSource(database, siteId, 'second')
    await assert.rejects(made({ sourceId: id }), { code: 'ERR_USAGE' })
  })

  for (const [what, more] of [
    ['capitals in its name', { userName: 'Skolan' }],
    ['a short name', { userName: 'ab' }],
    ['a blank in its name', { userName: 'a skola' }],
    ['neither password nor key', { withPassword: false }],
    ['a wrong pattern', { settings: { names: '../*' } }],
    ['a wrong network', { settings: { from: ['192.0.2.0/40'] } }],
    ['too short a quiet', { settings: { quietSeconds: 1 } }],
  ] as const) {
    test(`is not made with ${what}`, async () => {
      const { id } = await createSource(database, siteId, `for ${what}`)
      await assert.rejects(made({ sourceId: id, userName: 'fine', ...more }), { code: 'ERR_USAGE' })
    })
  }

  test('gets further keys, loses some, and keeps a way to sign in', async () => {
    const [first, second] = [
      readSenderKeys(pair('ed25519').text),
      readSenderKeys(pair('ecdsa').text),
    ]
    const box = await accountNamed(database, 'skolan')
    await changeAccount(database, box, { addKeys: [...first, ...second] })
    const withKeys = await accountNamed(database, 'skolan')
    await changeAccount(database, withKeys, {
      noPassword: true,
      removeKeys: [first[0]?.fingerprint ?? ''],
      settings: { complete: 'renamed' },
    })
    const after = await accountNamed(database, 'skolan')
    assert.deepEqual(
      [after.keys, after.password, after.settings],
      [second, null, { complete: 'renamed' }],
    )
    await assert.rejects(
      changeAccount(database, after, { removeKeys: [second[0]?.fingerprint ?? ''] }),
      { code: 'ERR_USAGE' },
    )
    await assert.rejects(changeAccount(database, after, { removeKeys: ['SHA256:x'] }), {
      code: 'ERR_NOT_FOUND',
    })
    const { password } = await changeAccount(database, after, { newPassword: true })
    assert.equal(password?.length, 24)
  })

  test('is removed with what lies in its box', async () => {
    const box = await accountNamed(database, 'skolan')
    const own = boxFolder(folder, box)
    fs.mkdirSync(own, { recursive: true })
    await removeAccount(database, box, folder)
    assert.ok(!fs.existsSync(own))
    await assert.rejects(accountNamed(database, 'skolan'), { code: 'ERR_NOT_FOUND' })
  })
})

describe('host keys', () => {
  const seal = sealing({ key: Buffer.alloc(32, 1).toString('base64'), keyFile: '/nonexistent' })
  const read = (): ReturnType<typeof readHostKeys> => readHostKeys(database, seal, () => now)

  test('are made once, whoever asks at the same time, and are the same ever after', async () => {
    const all = await Promise.all([read(), read(), read()])
    assert.deepEqual(all[1], all[0])
    assert.deepEqual(await read(), all[0])
    assert.deepEqual(
      all[0]?.map((key) => key.algorithm),
      ['ssh-ed25519', 'ecdsa-sha2-nistp256'],
    )
  })

  test('cannot be read with another key of the installation', async () => {
    const other = sealing({ key: Buffer.alloc(32, 2).toString('base64'), keyFile: '/nonexistent' })
    await assert.rejects(
      readHostKeys(database, other, () => now),
      { code: 'ERR_SECRET_UNREADABLE' },
    )
  })

  test('of the server before are taken over', async () => {
    const { file } = pair('ed25519')
    const text = fs.readFileSync(file, 'utf8')
    await importHostKey(database, seal, { text, now: now.toISOString() })
    const [first, second] = await read()
    assert.equal(first?.fingerprint, fingerprint(file))
    assert.equal(second?.algorithm, 'ecdsa-sha2-nistp256')
  })

  for (const [what, text] of [
    ['a public key', (): string => pair('ed25519').text],
    ['an RSA key', (): string => fs.readFileSync(pair('rsa', '-b', '3072').file, 'utf8')],
    ['no key', (): string => 'hello'],
  ] as const) {
    test(`are not taken over from ${what}`, async () => {
      await assert.rejects(
        importHostKey(database, seal, { text: text(), now: now.toISOString() }),
        {
          code: 'ERR_KEY_REFUSED',
        },
      )
    })
  }
})
