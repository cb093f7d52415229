/** A backup restores what there was at one moment, all of it, into an empty installation and into no other. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, mock, test } from 'node:test'
import { checkBackup } from '../../src/backup/check.ts'
import { type BackupReport, makeBackup } from '../../src/backup/make.ts'
import { restoreBackup } from '../../src/backup/restore.ts'
import { RollcallError } from '../../src/errors.ts'
import { DEFAULT_READ_LIMITS } from '../../src/ims/limits.ts'
import { importArrival } from '../../src/import/arrivals.ts'
import { openDatabase } from '../../src/store/connect.ts'
import { migrate } from '../../src/store/migrate.ts'
import { asOwner } from '../../src/store/owner.ts'
import { quietly } from '../command/quietly.ts'
import { connected, createDatabase, type TestDatabase, testDatabase, variant } from '../database.ts'
import { dumpSchema } from '../schema.ts'
import {
  arrive,
  contentOf,
  environmentOf,
  EXAMPLES,
  filesOf,
  fill,
  ownerOf,
} from './installation.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'rollcall-backup-'))
const home = path.join(folder, 'home')
const backup = path.join(folder, 'backup')
const database = await testDatabase()
let report: BackupReport
let content: Record<string, string[]>
let files: readonly string[]

function back(to: string, notice: (line: string) => void = () => {}): Promise<BackupReport> {
  return makeBackup({
    database: database.database,
    deliveriesFolder: path.join(home, 'deliveries'),
    folder: to,
    key: undefined,
    program: '0.0.0',
    now: () => new Date(),
    notice,
  })
}

/** A database that was never migrated, and an empty data folder. */
async function target(): Promise<{ made: TestDatabase; at: string }> {
  const made = await createDatabase({ migrated: false })
  after(() => made.close())
  return { made, at: mkdtempSync(path.join(folder, 'target-')) }
}

async function restoreInto(
  made: TestDatabase,
  at: string,
  from = backup,
  notice: (line: string) => void = () => {},
): Promise<void> {
  await restoreBackup({
    backup: await checkBackup(from),
    owner: ownerOf(made),
    deliveriesFolder: path.join(at, 'deliveries'),
    keyFile: path.join(at, 'key'),
    notice,
  })
}

const failsWith = (code: string) => (error: unknown) =>
  error instanceof RollcallError && error.code === code

before(async () => {
  await fill(database, home)
  content = await contentOf(database)
  files = filesOf(path.join(home, 'deliveries'))
  report = await back(backup)
})
after(() => rmSync(folder, { recursive: true }))

test('what is backed up here has something of everything', () => {
  const rows = (table: string): number => content[table]?.length ?? 0
  for (const table of ['persons', 'memberships', 'changes', 'plan_blocks', 'mirror_blocks']) {
    assert.ok(rows(table) > 0, table)
  }
  for (const table of [
    'audit',
    'accounts',
    'tokens',
    'webhooks',
    'drop_box_host_keys',
    'arrivals',
  ]) {
    assert.ok(rows(table) > 0, table)
  }
  assert.ok(
    content['persons']?.some((row) => row.includes(',binned,')),
    'the recycle bin',
  )
  assert.ok(
    content['runs']?.some((row) => row.includes(',held,')),
    'a held run',
  )
  assert.ok(files.length >= 5, files.join('\n'))
})

test('the restored installation has the same rows, numbers, files and tables', async () => {
  const { made, at } = await target()
  await restoreInto(made, at)
  assert.deepEqual(await contentOf(made), content)
  assert.deepEqual(filesOf(path.join(at, 'deliveries')), files)
  const schema = readFileSync(path.join(import.meta.dirname, '../../sql/schema.sql'), 'utf8')
  assert.equal(await connected(made.owner, dumpSchema), schema)
})

test('the restored installation goes on: logs verify, the held plan is released, the delivery that waits is imported', async () => {
  const { made, at } = await target()
  Object.assign(process.env, environmentOf(made, at))
  const { code, out, said } = await quietly(['restore', backup])
  // The key was not in the backup.
  assert.equal(code, 5, said)
  assert.match(out, /audit logs are whole/)
  assert.match(out, /does NOT open \d of \d secrets: .*webhooks/)
  const verified = await quietly(['audit', 'verify'])
  assert.match(verified.out, /The chain holds/)
  const listed = await quietly(['audit', 'list', '--installation', '--action', 'restore'])
  assert.match(listed.out, /restore .* done/)
  const released = await quietly(['release', '4', '--consulted', 'head of school'])
  assert.equal(released.code, 0, released.said)
  const imported = await quietly(['arrivals', 'run', '--site', 'second'])
  assert.ok([0, 3, 5].includes(imported.code), imported.said)
})

test('with the key in the backup, and none where it is restored, the secrets open', async () => {
  Object.assign(process.env, environmentOf(database, home))
  const withKey = path.join(folder, 'with-key')
  const made = await quietly(['backup', withKey, '--with-key'])
  assert.match(made.out, /IN it/)
  assert.equal(made.code, 0, made.said)
  const to = await target()
  Object.assign(process.env, environmentOf(to.made, to.at))
  const restored = await quietly(['restore', withKey])
  assert.match(restored.out, /The key opens all \d secrets/)
  assert.equal(restored.code, 0, restored.said)
  const key = path.join(to.at, 'key')
  assert.equal(readFileSync(key, 'utf8'), readFileSync(path.join(home, 'key'), 'utf8'))
  assert.equal(statSync(key).mode & 0o777, 0o600)
})

test('it says what is in it, is for its owner alone, and leaves nothing beside it', async () => {
  const { manifest, bytes } = await checkBackup(backup)
  assert.equal(bytes, report.bytes)
  assert.equal(manifest.files.length, report.files)
  assert.ok(!existsSync(path.join(backup, 'key')))
  for (const entry of readdirSync(backup, { recursive: true, withFileTypes: true })) {
    const { mode } = statSync(path.join(entry.parentPath, entry.name))
    assert.equal(mode & 0o777, entry.isDirectory() ? 0o700 : 0o600, entry.name)
  }
  assert.equal(statSync(backup).mode & 0o777, 0o700)
  assert.deepEqual(
    readdirSync(path.join(home, 'deliveries')).filter((name) => name.startsWith('.backup')),
    [],
  )
})

test('what happens while it is being made is not in it, and takes nothing from it', async () => {
  const arrivalId = await arrive(database, home)
  const then = await contentOf(database)
  const to = path.join(folder, 'meanwhile')
  let imported: Promise<unknown> | undefined
  await back(to, (line) => {
    // The tables are being read: the delivery gets its run, and its file goes.
    if (!line.includes('tables')) return
    imported = importArrival({
      database: database.database,
      siteId: 2,
      arrivalId,
      deliveriesFolder: path.join(home, 'deliveries'),
      limits: DEFAULT_READ_LIMITS,
      now: () => new Date(),
      onProgress: () => {},
    })
  })
  await imported
  const { made, at } = await target()
  await restoreInto(made, at, to)
  assert.deepEqual(await contentOf(made), then)
  assert.equal((await checkBackup(to)).manifest.missing.length, 0)
  assert.notDeepEqual(await contentOf(database), then)
})

test('a file that goes between the look at the rows and at the folder makes it look again', async () => {
  const link = fs.linkSync
  let lost = ''
  // As if its run had ended in that moment.
  const linking = mock.method(fs, 'linkSync', (from: string, to: string) => {
    if (lost === '' && from.includes('/arriving/')) {
      lost = from
      throw Object.assign(new Error('gone'), { code: 'ENOENT' })
    }
    link(from, to)
  })
  const to = path.join(folder, 'looked again')
  const { missing } = await back(to).finally(() => linking.mock.restore())
  assert.deepEqual(missing, [])
  const name = path.relative(path.join(home, 'deliveries'), lost)
  assert.ok(
    (await checkBackup(to)).manifest.files.some((file) => file.path === name),
    name,
  )
})

test('files that are not there, or not as they came, are told, and the rest is backed up', async () => {
  const [first = '', second = ''] = readdirSync(path.join(home, 'deliveries/1'))
    .filter((name) => name.includes('.xml'))
    .map((name) => path.join(home, 'deliveries/1', name))
  const [gone, kept] = [readFileSync(first), readFileSync(second)]
  rmSync(first)
  writeFileSync(second, 'something else')
  try {
    const { missing, changed } = await back(path.join(folder, 'odd'))
    assert.deepEqual(missing, [`1/${path.basename(first)}`])
    assert.deepEqual(changed, [`1/${path.basename(second)}`])
  } finally {
    writeFileSync(first, gone)
    writeFileSync(second, kept)
  }
})

test('a folder that is there is not written into', async () => {
  await assert.rejects(back(backup), failsWith('ERR_TAKEN'))
})

test('a backup that breaks off leaves nothing', async () => {
  const to = path.join(folder, 'broken-off')
  const brokenOff = back(to, (line) => {
    if (line.includes('files')) throw new Error('the disk is gone')
  })
  await assert.rejects(brokenOff, /the disk is gone/)
  assert.deepEqual(
    readdirSync(folder).filter(
      (name) => name.includes('broken-off') || name.startsWith('.unfinished'),
    ),
    [],
  )
})

test('an installation that holds anything is not restored into, and is not changed', async () => {
  const before = await contentOf(database)
  const at = mkdtempSync(path.join(folder, 'other-home-'))
  await assert.rejects(restoreInto(database, at), failsWith('ERR_NOT_EMPTY'))
  assert.deepEqual(await contentOf(database), before)
  assert.deepEqual(readdirSync(at), [])
  const { made } = await target()
  mkdirSync(path.join(at, 'deliveries/1'), { recursive: true })
  await assert.rejects(restoreInto(made, at), failsWith('ERR_NOT_EMPTY'))
})

test('a database that somebody has open is not restored into', async () => {
  const { made, at } = await target()
  await migrate(made.owner, { appRole: ownerOf(made).appRole })
  const opened = await openDatabase(made.config)
  await assert.rejects(restoreInto(made, at), failsWith('ERR_NOT_EMPTY'))
  assert.deepEqual(readdirSync(at), [])
  await opened.close()
  await restoreInto(made, at)
})

test('a database that was migrated and is empty is restored into', async () => {
  const { made, at } = await target()
  await migrate(made.owner, { appRole: ownerOf(made).appRole })
  await restoreInto(made, at)
  assert.deepEqual(await contentOf(made), content)
})

test('a restore that breaks off is told to whoever comes, and can be made again', async () => {
  const { made, at } = await target()
  const brokenOff = restoreInto(made, at, backup, (line) => {
    if (line.includes('tables')) throw new Error('the power went')
  })
  await assert.rejects(brokenOff, /the power went/)
  await assert.rejects(openDatabase(made.config), failsWith('ERR_RESTORE_UNFINISHED'))
  const appRole = ownerOf(made).appRole
  await assert.rejects(migrate(made.owner, { appRole }), failsWith('ERR_RESTORE_UNFINISHED'))
  await restoreInto(made, at)
  assert.deepEqual(await contentOf(made), content)
  assert.deepEqual(filesOf(path.join(at, 'deliveries')), files)
})

test('a file is no place for a backup', async () => {
  const file = path.join(EXAMPLES, 'night-1.xml')
  await assert.rejects(back(path.join(file, 'one')), failsWith('ERR_BACKUP_NOT_MADE'))
  await assert.rejects(checkBackup(EXAMPLES), failsWith('ERR_FILE_UNREADABLE'))
})

// PostgreSQL 18 and Debian's; the other way round is the second half.
if (variant === 'server') {
  test('a backup of a server comes back in the embedded database, and one of that on a server, all the same', async () => {
    const config = {
      home: path.join(folder, 'embedded'),
      databaseUrl: undefined,
      ownerUrl: undefined,
    }
    const deliveriesFolder = path.join(config.home, 'deliveries')
    chmodSync(folder, 0o711)
    await asOwner(config, {}, async (owner) => {
      const keyFile = undefined
      await restoreBackup({
        backup: await checkBackup(backup),
        owner,
        deliveriesFolder,
        keyFile,
        notice: () => {},
      })
    })
    const embedded = await openDatabase(config)
    const second = path.join(folder, 'of the embedded one')
    await makeBackup({
      database: embedded,
      deliveriesFolder,
      folder: second,
      key: undefined,
      program: '0.0.0',
      now: () => new Date(),
      notice: () => {},
    })
    await embedded.close({ wait: true })
    const { made, at } = await target()
    await restoreInto(made, at, second)
    assert.deepEqual(await contentOf(made), content)
    assert.deepEqual(filesOf(path.join(at, 'deliveries')), files)
  })
}
