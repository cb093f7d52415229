/** Whatever happened to a backup on its disk is found before anything is changed. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { checkBackup } from '../../src/backup/check.ts'
import { makeBackup } from '../../src/backup/make.ts'
import { restoreBackup } from '../../src/backup/restore.ts'
import { RollcallError } from '../../src/errors.ts'
import { quietly } from '../command/quietly.ts'
import { connected, createDatabase, testDatabase } from '../database.ts'
import { contentOf, environmentOf, EXAMPLES, ownerOf } from './installation.ts'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-damaged-'))
const home = path.join(folder, 'home')
const whole = path.join(folder, 'whole')
const database = await testDatabase()
const empty = await createDatabase({ migrated: false })

before(async () => {
  Object.assign(process.env, environmentOf(database, home))
  await quietly(['import', path.join(EXAMPLES, 'night-1.xml')])
  await makeBackup({
    database: database.database,
    deliveriesFolder: path.join(home, 'deliveries'),
    folder: whole,
    key: 'a key',
    program: '0.0.0',
    now: () => new Date(),
    notice: () => {},
  })
})
after(async () => {
  await empty.close()
  fs.rmSync(folder, { recursive: true })
})

function parts(): string[] {
  return fs
    .readdirSync(whole, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(whole, path.join(entry.parentPath, entry.name)))
}

function damagedCopy(damage: (copy: string) => void): string {
  const copy = fs.mkdtempSync(path.join(folder, 'copy-'))
  fs.cpSync(whole, copy, { recursive: true })
  damage(copy)
  return copy
}

const isDamaged = (error: unknown): boolean =>
  error instanceof RollcallError && error.code === 'ERR_BACKUP_DAMAGED'

const DAMAGES: { readonly [what: string]: (file: string) => void } = {
  'a byte of it was flipped': (file) => {
    const bytes = fs.readFileSync(file)
    const at = Math.floor(bytes.length / 2)
    bytes[at] = (bytes[at] ?? 0) ^ 1
    fs.writeFileSync(file, bytes)
  },
  'it is missing': (file) => fs.rmSync(file),
  'it is cut': (file) => fs.truncateSync(file, fs.statSync(file).size - 1),
  'it has a byte more': (file) => fs.appendFileSync(file, '\n'),
}

for (const [what, damage] of Object.entries(DAMAGES)) {
  test(`a backup is refused, whichever part of it it is of which ${what}`, async () => {
    assert.ok(parts().length > 45)
    const copy = damagedCopy(() => {})
    for (const part of parts()) {
      damage(path.join(copy, part))
      await assert.rejects(checkBackup(copy), isDamaged, part)
      fs.copyFileSync(path.join(whole, part), path.join(copy, part))
    }
    await checkBackup(copy)
  })
}

test('a backup whose list of parts was changed together with them is refused', async () => {
  const withoutLine = damagedCopy((at) => {
    const file = path.join(at, 'SHA256SUMS')
    const lines = fs.readFileSync(file, 'utf8').split('\n')
    fs.writeFileSync(file, lines.filter((line) => !line.includes('persons')).join('\n'))
    fs.rmSync(path.join(at, 'database/persons.copy.gz'))
  })
  await assert.rejects(checkBackup(withoutLine), isDamaged)
  const withLine = damagedCopy((at) => {
    fs.appendFileSync(path.join(at, 'SHA256SUMS'), `${'0'.repeat(64)}  database/more.copy.gz\n`)
  })
  await assert.rejects(checkBackup(withLine), isDamaged)
})

test('rollcall restore refuses a damaged backup and changes nothing; backup --check says what is wrong', async () => {
  const copy = damagedCopy((at) => {
    const file = path.join(at, 'database/persons.copy.gz')
    fs.truncateSync(file, fs.statSync(file).size - 5)
  })
  const at = path.join(folder, 'new home')
  Object.assign(process.env, environmentOf(empty, at))
  const restored = await quietly(['restore', copy])
  assert.equal(restored.code, 1)
  assert.match(restored.said, /persons\.copy\.gz is not what it was/)
  assert.ok(!fs.existsSync(at))
  assert.deepEqual(await contentOf(empty), {})
  const checked = await quietly(['backup', '--check', copy])
  assert.equal(checked.code, 1)
  assert.match(checked.said, /ERR_BACKUP_DAMAGED/)
  assert.match((await quietly(['backup', '--check', whole])).out, /It is whole/)
})

test('a backup that is damaged once it was checked breaks the restore off, and the next one does it all', async () => {
  const copy = damagedCopy(() => {})
  const file = path.join(copy, 'database/relations.copy.gz')
  const bytes = fs.readFileSync(file)
  const backup = await checkBackup(copy)
  fs.truncateSync(file, bytes.length - 9)
  const request = {
    backup,
    owner: ownerOf(empty),
    deliveriesFolder: path.join(folder, 'deliveries'),
    keyFile: undefined,
    notice: () => {},
  }
  await assert.rejects(restoreBackup(request))
  const { rows } = await connected(empty.superuser, (client) =>
    client.query('select version, name from migrations'),
  )
  assert.deepEqual(rows, [{ version: 0, name: 'restore' }])
  fs.writeFileSync(file, bytes)
  await restoreBackup(request)
  assert.deepEqual(await contentOf(empty), await contentOf(database))
})
