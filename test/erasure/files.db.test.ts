import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { openDatabase } from '../../src/store/connect.ts'
import { stopPostmaster } from '../../src/store/embedded-postmaster.ts'
import { createSite } from '../../src/store/sites.ts'
import { Nights } from '../import/nights.ts'
import { KEY, leaveTraces, night, purging, valuesIn, VALUES, written } from './vanishing.ts'

const home = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-erased-'))
fs.chmodSync(home, 0o755)
const cluster = path.join(home, 'pg')
after(async () => {
  if (fs.existsSync(path.join(cluster, 'postmaster.pid')))
    await stopPostmaster(cluster, { wait: true })
  fs.rmSync(home, { recursive: true, force: true })
})

/** Files of the cluster, the log of changes among them, that have a value in any form. */
function filesWithValues(): string[] {
  return fs
    .globSync('**/*', { cwd: cluster })
    .filter((name) => fs.lstatSync(path.join(cluster, name)).isFile())
    .flatMap((name) => {
      const found = valuesIn(fs.readFileSync(path.join(cluster, name)))
      return found.length === 0 ? [] : [`${name}: ${found.join(', ')}`]
    })
}

test('of an erased person nothing is left in any file of the embedded database', async () => {
  const database = await openDatabase({ home, databaseUrl: undefined, ownerUrl: undefined })
  try {
    const { id } = await createSite(database, 'erased')
    const site = new Nights(database, id)
    await leaveTraces(site)
    assert.ok(filesWithValues().length > 0)
    const { runs, deadRows } = await purging(site, { name: KEY }, { atOnce: true })
    assert.equal(deadRows, 'rewritten')
    assert.equal(runs[0]?.report.erasure?.persons.length, 1)
    assert.deepEqual(filesWithValues(), [])
    assert.equal((await site.apply(written(night(undefined)))).outcome, 'applied')
  } finally {
    await database.close({ wait: true })
  }
  assert.deepEqual(filesWithValues(), [], 'stopped, the server has written nothing of his')
  assert.ok(VALUES.length > 10)
})
