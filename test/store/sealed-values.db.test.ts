/** The key of secrets is changed: every secret opens with the new one alone, or nothing has happened. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { sealedFor } from '../../src/command/sealed-for.ts'
import { replaceSealed, sealedValues } from '../../src/store/sealed-values.ts'
import { sealing } from '../../src/store/sealed.ts'
import { environmentOf } from '../backup/installation.ts'
import { quietly } from '../command/quietly.ts'
import { testDatabase } from '../database.ts'

const home = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-key-'))
after(() => fs.rmSync(home, { recursive: true }))
const made = await testDatabase()
const keyFile = path.join(home, 'key')
const newKey = path.join(home, 'new-key')

before(async () => {
  Object.assign(process.env, environmentOf(made, home))
  const password = path.join(home, 'password')
  fs.writeFileSync(password, 'open sesame')
  const settings = [
    '--set',
    'host=sftp.example',
    '--set',
    'user=u',
    '--secret',
    `password=${password}`,
  ]
  for (const words of [
    ['sites', 'create', 'second'],
    ['webhooks', 'add', 'https://tickets.kommun.example/a'],
    ['webhooks', 'add', 'https://tickets.kommun.example/b', '--site', 'second'],
    ['collectors', 'set', 'default', '--preset', 'sftp', ...settings],
    ['dropbox', 'show'],
  ]) {
    const { code, said } = await quietly(words)
    assert.equal(code, 0, said)
  }
  fs.writeFileSync(newKey, `${randomBytes(32).toString('base64')}\n`)
})

async function openWith(file: string): Promise<string[]> {
  const { open } = sealing({ key: undefined, keyFile: file })
  const values = await made.database.operator(sealedValues)
  return values.map((value) => open(value.sealed, sealedFor(value), value.siteId)).toSorted()
}

test('a key that is none, or is not there, changes nothing', async () => {
  const secrets = await openWith(keyFile)
  assert.ok(secrets.length >= 5 && secrets.some((each) => each.includes('open sesame')))
  const wrong = path.join(home, 'wrong')
  fs.writeFileSync(wrong, 'short\n')
  assert.match((await quietly(['key', 'change', wrong])).said, /ERR_CONFIG_WRONG/)
  const none = path.join(home, 'none')
  assert.match((await quietly(['key', 'change', none])).said, /ERR_FILE_UNREADABLE/)
  assert.ok(!fs.existsSync(none))
  assert.deepEqual(await openWith(keyFile), secrets)
})

test('a secret that is changed meanwhile is kept, and so are all others', async () => {
  const secrets = await openWith(keyFile)
  const values = await made.database.operator(sealedValues)
  const changes = values.map((value, at) => ({
    value: at === values.length - 1 ? { ...value, sealed: Buffer.from('another') } : value,
    sealed: Buffer.from('new'),
  }))
  await assert.rejects(replaceSealed(made.database, changes), { code: 'ERR_NOT_POSSIBLE' })
  assert.deepEqual(await openWith(keyFile), secrets)
})

test('all secrets of all sites open with the new key, and none with the old one', async () => {
  const secrets = await openWith(keyFile)
  const { code, out, said } = await quietly(['key', 'change', newKey])
  assert.equal(code, 0, said)
  assert.match(out, new RegExp(`anew: ${secrets.length}\n`))
  assert.deepEqual(await openWith(newKey), secrets)
  await assert.rejects(openWith(keyFile), { code: 'ERR_SECRET_UNREADABLE' })
  const again = await quietly(['key', 'change', newKey])
  assert.match(again.said, /ERR_SECRET_UNREADABLE/, 'the old key is still the one that is set')
})
