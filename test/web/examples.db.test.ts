import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, describe, test } from 'node:test'
import { createToken } from '../../src/access/tokens.ts'
import { siteNamed } from '../../src/store/sites.ts'
import { testDatabase } from '../database.ts'
import { deliveryText } from '../import/deliveries.ts'
import { startService } from './service.ts'

const HOST = 'https://rollcall.example.org'
const skip = spawnSync('curl', ['--version']).status === 0 ? false : 'needs the package curl'

const chapter = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8')
const examples = [...chapter.matchAll(/^```sh\n(.*?)^```$/gms)]
  .map(([, text = '']) => text)
  .filter((text) => text.includes('curl '))

const { database } = await testDatabase()
const folder = mkdtempSync(path.join(os.tmpdir(), 'rollcall-examples-'))
after(() => rmSync(folder, { recursive: true }))
writeFileSync(path.join(folder, 'export.xml'), deliveryText({ persons: ['P1'] }))
const collector = {
  kind: 'sftp',
  set: { host: 'sftp.example.org', user: 'kommun' },
  secrets: { password: 'only a test' },
}
writeFileSync(path.join(folder, 'collector.json'), JSON.stringify(collector))
const service = await startService(database, folder)
const { id: siteId } = await siteNamed(database, 'default')
const of = { siteId, name: 'examples', sourceId: null, expiresAt: null }
const scopes = ['deliver', 'read', 'administer'] as const
const { token } = await createToken(database, { ...of, scopes }, new Date())

/** Runs a block as somebody would who has copied it, with the host of this service. */
function ran(text: string): Promise<{ code: number | null; out: string; error: string }> {
  const env = { ...process.env, TOKEN: token }
  const shell = spawn('bash', ['-euc', text.replaceAll(HOST, service.url)], { cwd: folder, env })
  let [out, error] = ['', '']
  shell.stdout.setEncoding('utf8').on('data', (piece: string) => (out += piece))
  shell.stderr.setEncoding('utf8').on('data', (piece: string) => (error += piece))
  return new Promise((resolve) => shell.on('close', (code) => resolve({ code, out, error })))
}

describe('an example of the manual', { skip }, () => {
  test('is there to be run', () => assert.ok(examples.length >= 3))

  for (const [at, text] of examples.entries()) {
    const [first = ''] = /\/api\/\S+?(?=['\s])/.exec(text) ?? []
    test(`does what it says: ${at + 1}, ${first}`, async () => {
      assert.ok(text.includes(HOST))
      const { code, out, error } = await ran(text)
      assert.equal(code, 0, `${out}\n${error}`)
      assert.match(out, /^\{.*\}$/s)
      assert.doesNotMatch(out, /"code":/)
    })
  }
})
