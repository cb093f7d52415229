/** Processes that are killed while they back up or restore: nothing that looks like a backup, nothing that looks restored. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { checkBackup } from '../../src/backup/check.ts'
import { makeBackup } from '../../src/backup/make.ts'
import { createDatabase, testDatabase } from '../database.ts'
import { type Ended, start } from '../kill/process.ts'
import { contentOf, environmentOf, filesOf, fill } from './installation.ts'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-killed-'))
const home = path.join(folder, 'home')
const backup = path.join(folder, 'backup')
const database = await testDatabase()
let content: Record<string, string[]>

before(async () => {
  await fill(database, home)
  content = await contentOf(database)
  await makeBackup({
    database: database.database,
    deliveriesFolder: path.join(home, 'deliveries'),
    folder: backup,
    key: undefined,
    program: '0.0.0',
    now: () => new Date(),
    notice: () => {},
  })
})
after(() => fs.rmSync(folder, { recursive: true }))

/** Runs a command that dies at a statement, or to its end. */
function run(
  args: readonly string[],
  environment: Record<string, string>,
  statement?: number,
): Promise<Ended> {
  const kill =
    statement === undefined ? undefined : { at: { statement, phase: 'sent', afterMs: 0 } as const }
  return start(args, environment, kill).ended
}

test('a backup that is killed at any moment is not there, and the next one clears up after it', async () => {
  const environment = environmentOf(database, home)
  const place = fs.mkdtempSync(path.join(folder, 'place-'))
  const to = path.join(place, 'tonight')
  const { begun } = await run(['backup', path.join(place, 'undisturbed')], environment)
  for (const part of [0.2, 0.5, 0.8]) {
    const { code } = await run(['backup', to], environment, Math.round(begun * part))
    assert.equal(code, null)
    assert.ok(!fs.existsSync(to))
    for (const left of fs.readdirSync(place).filter((name) => name.startsWith('.unfinished-'))) {
      await assert.rejects(checkBackup(path.join(place, left)))
    }
  }
  assert.equal((await run(['backup', to], environment)).code, 0)
  await checkBackup(to)
  assert.deepEqual(fs.readdirSync(place).toSorted(), ['tonight', 'undisturbed'])
  const hidden = fs
    .readdirSync(path.join(home, 'deliveries'))
    .filter((name) => name.startsWith('.b'))
  assert.deepEqual(hidden, [])
})

test('a restore that is killed at any moment says so to whoever comes next, and is done by the next one', async () => {
  const undisturbed = await createDatabase({ migrated: false })
  const at = path.join(folder, 'undisturbed')
  const { begun, err } = await run(['restore', backup], environmentOf(undisturbed, at))
  await undisturbed.close()
  assert.ok(begun > 100, err)
  for (const part of [0.2, 0.6, 0.9]) {
    const made = await createDatabase({ migrated: false })
    const environment = environmentOf(made, path.join(folder, `killed ${part}`))
    const killed = await run(['restore', backup], environment, Math.round(begun * part))
    assert.equal(killed.code, null)
    const looked = await run(['runs'], environment)
    const migrated = await run(['migrate'], environment)
    const again = await run(['restore', backup], environment)
    if (looked.code === 0) {
      // It had come to its end, and died while it looked at what there is.
      assert.match(again.err, /ERR_NOT_EMPTY/)
    } else {
      assert.match(looked.err, /ERR_RESTORE_UNFINISHED/)
      assert.match(migrated.err, /ERR_RESTORE_UNFINISHED/)
      assert.equal(again.code, 5, again.err)
    }
    const now = await contentOf(made)
    for (const table of [
      'persons',
      'memberships',
      'runs',
      'changes',
      'deliveries',
      'plan_blocks',
    ]) {
      assert.deepEqual(now[table], content[table], table)
    }
    const files = filesOf(path.join(environment['ROLLCALL_HOME'] ?? '', 'deliveries'))
    assert.deepEqual(files, filesOf(path.join(home, 'deliveries')))
    await made.close()
  }
})
