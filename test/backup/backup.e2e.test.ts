/** A backup of the embedded database while the service runs, restored on "another machine". */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { startService } from '../schedule/service.ts'
import { EXAMPLES } from './installation.ts'

const ROLLCALL = path.resolve(import.meta.dirname, '../../rollcall')
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-backup-e2e-'))
fs.chmodSync(folder, 0o711)
after(() => fs.rmSync(folder, { recursive: true, force: true }))

function command(home: string, ...words: readonly string[]): string {
  const env = { PATH: process.env['PATH'], ROLLCALL_HOME: path.join(folder, home) }
  const done = spawnSync(ROLLCALL, words, { env, encoding: 'utf8' })
  assert.ok([0, 3, 5].includes(done.status ?? 1), `${words.join(' ')}: ${done.stderr}`)
  return done.stdout
}

test('while the service runs a backup is made; it comes back elsewhere, and the service there goes on', async () => {
  const backup = path.join(folder, 'backup')
  const service = startService('serve', { ROLLCALL_HOME: path.join(folder, 'here') })
  try {
    await service.heard('service_started')
    for (const night of [1, 2, 3])
      command('here', 'import', path.join(EXAMPLES, `night-${night}.xml`))
    command('here', 'webhooks', 'add', 'https://tickets.kommun.example/rollcall')
    assert.match(
      command('here', 'backup', backup, '--with-key'),
      /\d+ tables with \d+ rows, 3 files/,
    )
  } finally {
    assert.equal(await service.end(), 0)
  }
  assert.match(command('there', 'restore', backup), /The key opens all 1 secrets/)
  for (const words of [
    ['runs'],
    ['roster', 'persons'],
    ['roster', 'bin'],
    ['run', '3'],
    ['waiting'],
  ]) {
    assert.equal(command('there', ...words), command('here', ...words), words.join(' '))
  }
  const there = startService('serve', { ROLLCALL_HOME: path.join(folder, 'there') })
  try {
    await there.heard('service_started')
    assert.match(command('there', 'release', '3', '--consulted', 'registrar'), /released/)
  } finally {
    assert.equal(await there.end(), 0)
  }
})
