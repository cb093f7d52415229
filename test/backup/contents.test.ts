import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FORMAT, readManifest } from '../../src/backup/contents.ts'

const manifest = (of: object): string =>
  JSON.stringify({ format: FORMAT, tables: [], files: [], ...of })

test('a manifest that names places outside of its backup is refused', () => {
  readManifest(manifest({ files: [{ path: '1/a.xml', bytes: 1 }], tables: [{ name: 'persons' }] }))
  for (const path of ['../key', '1/../../key', '/etc/passwd', '1//a.xml', './a.xml']) {
    const of = { files: [{ path, bytes: 1 }] }
    assert.throws(() => readManifest(manifest(of)), { code: 'ERR_BACKUP_DAMAGED' }, path)
  }
  const of = { tables: [{ name: '../../home/x' }] }
  assert.throws(() => readManifest(manifest(of)), { code: 'ERR_BACKUP_DAMAGED' })
})

test('a manifest of another format, or cut off, is refused', () => {
  for (const text of ['', '{', 'null', '{}', manifest({ format: 'rollcall backup 2' })]) {
    assert.throws(() => readManifest(text), { code: 'ERR_BACKUP_DAMAGED' }, text)
  }
})
