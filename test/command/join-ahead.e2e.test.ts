/** The embedded database is started while the program is loaded, and never for nothing. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { runningPostmaster } from '../../src/store/embedded-postmaster.ts'

const ROLLCALL = path.resolve(import.meta.dirname, '../../rollcall')
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-ahead-'))
fs.chmodSync(folder, 0o711)
after(() => fs.rmSync(folder, { recursive: true, force: true }))
const home = path.join(folder, 'home')
const cluster = path.join(home, 'pg')

function rollcall(...words: string[]): { readonly code: number | null; readonly err: string } {
  const env = { PATH: process.env['PATH'], ROLLCALL_HOME: home }
  const { status, stderr } = spawnSync(ROLLCALL, words, { env, encoding: 'utf8' })
  return { code: status, err: stderr }
}

test('a command that is written wrongly makes no database', () => {
  assert.equal(rollcall('import').code, 2)
  assert.equal(fs.existsSync(home), false)
})

test('where there is one it is started for a command and stopped after it, used or not', async () => {
  for (const [words, code] of [
    [['runs'], 0],
    [['import'], 2],
    [['import', 'none.xml', '--no-such-option'], 2],
    [['runs'], 0],
  ] as const) {
    assert.equal(rollcall(...words).code, code, words.join(' '))
    for (let waited = 0; runningPostmaster(cluster) !== undefined; waited += 20) {
      assert.ok(waited < 10_000, 'the server ends')
      await sleep(20)
    }
  }
})

test('what keeps it from starting is told once, by the command that needs it', () => {
  const version = path.join(cluster, 'PG_VERSION')
  fs.writeFileSync(version, '9\n')
  const { code, err } = rollcall('runs')
  assert.equal(code, 1)
  assert.equal(err.match(/ERR_EMBEDDED_FOLDER/g)?.length, 1)
  assert.deepEqual(rollcall('import').code, 2)
  assert.equal(rollcall('check', ROLLCALL).code, 4)
})
