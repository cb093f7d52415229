import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { sealing } from '../../src/store/sealed.ts'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-sealed-'))
after(() => fs.rmSync(folder, { recursive: true }))
const keyFile = path.join(folder, 'home', 'key')

test('the key is made when the first secret is stored, for the owner alone, and used from then on', () => {
  const sealed = sealing({ key: undefined, keyFile }).seal('tyst', 'collector', 1)
  assert.equal(fs.statSync(keyFile).mode & 0o777, 0o600)
  assert.equal(sealing({ key: undefined, keyFile }).open(sealed, 'collector', 1), 'tyst')
  assert.deepEqual(fs.readdirSync(path.dirname(keyFile)), ['key'])
  const { key } = { key: fs.readFileSync(keyFile, 'utf8').trim() }
  assert.equal(sealing({ key, keyFile: '/nowhere/key' }).open(sealed, 'collector', 1), 'tyst')
})

test('the same secret never looks the same twice', () => {
  const { seal } = sealing({ key: undefined, keyFile })
  assert.notDeepEqual(seal('tyst', 'collector', 1), seal('tyst', 'collector', 1))
})

test('a secret opens for its own use on its own site only, unchanged, and with its own key', () => {
  const { seal, open } = sealing({ key: undefined, keyFile })
  const sealed = seal('tyst', 'collector', 1)
  const changed = Buffer.from(sealed)
  changed[changed.length - 1]! ^= 1
  const other = sealing({ key: Buffer.alloc(32, 7).toString('base64'), keyFile })
  const unreadable = { code: 'ERR_SECRET_UNREADABLE' }
  assert.throws(() => open(sealed, 'webhook', 1), unreadable)
  assert.throws(() => open(sealed, 'collector', 2), unreadable)
  assert.throws(() => open(changed, 'collector', 1), unreadable)
  assert.throws(() => open(sealed.subarray(0, 20), 'collector', 1), unreadable)
  assert.throws(() => other.open(sealed, 'collector', 1), unreadable)
})

test('a key that is none is refused, and says how to make one', () => {
  const { seal } = sealing({ key: 'short', keyFile })
  assert.throws(() => seal('tyst', 'collector', 1), { code: 'ERR_CONFIG_WRONG', hint: /urandom/ })
})

test('a key file that cannot be read is told, and no other key is made in its place', () => {
  const folderInItsPlace = path.join(folder, 'a folder')
  fs.mkdirSync(folderInItsPlace)
  const { seal } = sealing({ key: undefined, keyFile: folderInItsPlace })
  assert.throws(() => seal('tyst', 'collector', 1), { code: 'ERR_CONFIG_WRONG', hint: /read it/ })
})
