import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, afterEach, describe, test } from 'node:test'
import { arrivingFolder, takeIn } from '../../src/import/arrivals.ts'
import { startWatching } from '../../src/dropbox/start-watching.ts'
import { Watcher } from '../../src/dropbox/watch.ts'
import { waitingArrivals } from '../../src/store/arrivals.ts'
import { createSite, setSource, sourceNamed } from '../../src/store/sites.ts'
import type { WatchSettings } from '../../src/store/watched-folders.ts'
import { testDatabase } from '../database.ts'
import { until } from './running.ts'

const { database } = await testDatabase()
const base = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-watch-'))
after(() => fs.rmSync(base, { recursive: true }))
const deliveriesFolder = path.join(base, 'deliveries')
const errors: unknown[] = []
afterEach(() => assert.deepEqual(errors.splice(0), []))
const told: number[] = []
let ms = 0

function watcher(): Watcher {
  return new Watcher({
    database,
    deliveriesFolder,
    fileBytesMax: 100,
    now: () => new Date(),
    clock: () => ms,
    onArrival: (siteId) => told.push(siteId),
    onError: (error) => errors.push(error),
  })
}

interface Watched {
  readonly siteId: number
  readonly sourceId: number
  readonly folder: string
  write(name: string, text: string): void
  names(): string[]
  deliveries(): Promise<string[]>
}

let sites = 0
async function watched(settings: Partial<WatchSettings> = {}): Promise<Watched> {
  const { id: siteId } = await createSite(database, `Watched ${process.pid} ${++sites}`)
  const source = await sourceNamed(database, siteId, 'default')
  const folder = path.join(base, `folder-${sites}`)
  fs.mkdirSync(folder)
  const watch = { folder, names: '*', quietSeconds: 60, ...settings }
  await setSource(database, siteId, source, { watch })
  return {
    siteId,
    sourceId: source.id,
    folder,
    write: (name, text) => fs.writeFileSync(path.join(folder, name), text),
    names: () => fs.readdirSync(folder).toSorted(),
    async deliveries() {
      const arrivals = await database.site(siteId, (session) => waitingArrivals(session, siteId))
      return arrivals.map(
        ({ fileName, path: at }) =>
          `${fileName}: ${fs.readFileSync(path.join(deliveriesFolder, at), 'utf8')}`,
      )
    },
  }
}
/** No other test's folder is looked at any more. */
const done = async ({ siteId }: Watched): Promise<void> =>
  setSource(database, siteId, await sourceNamed(database, siteId, 'default'), { watch: null })

describe('a file in a watched folder', () => {
  test('is taken when nothing about it has changed for so long', async () => {
    const at = await watched()
    const eye = watcher()
    at.write('export.xml', '<a')
    assert.equal(await eye.look(), 0)
    ms += 59_000
    assert.equal(await eye.look(), 0)
    at.write('export.xml', '<a/>')
    ms += 59_000
    assert.equal(await eye.look(), 0)
    ms += 59_000
    assert.equal(await eye.look(), 0)
    ms += 1000
    assert.equal(await eye.look(), 1)
    assert.deepEqual([await at.deliveries(), at.names()], [['export.xml: <a/>'], []])
    assert.ok(told.includes(at.siteId))
    at.write('export.xml', '<b/>')
    await eye.look()
    ms += 60_000
    await eye.look()
    assert.deepEqual(await at.deliveries(), ['export.xml: <a/>', 'export.xml: <b/>'])
    await done(at)
  })

  test('is taken at once where senders rename into place, and under no temporary name', async () => {
    const at = await watched({ quietSeconds: 0, names: '*.xml' })
    at.write('export.xml.tmp', '<a/>')
    at.write('.export.xml', '<a/>')
    at.write('notes.txt', 'x')
    assert.equal(await watcher().look(), 0)
    fs.renameSync(path.join(at.folder, 'export.xml.tmp'), path.join(at.folder, 'export.xml'))
    const eye = watcher()
    await database.site(at.siteId, (session) => session.execute('delete from leases'))
    assert.equal(await eye.look(), 1)
    assert.deepEqual(await at.deliveries(), ['export.xml: <a/>'])
    assert.deepEqual(at.names(), ['.export.xml', 'notes.txt'])
    await done(at)
  })

  test('is taken when its flag is there, and the flag goes', async () => {
    const at = await watched({ flag: '.done' })
    const eye = watcher()
    at.write('export.xml', '<a/>')
    at.write('lonely.done', '')
    assert.equal(await eye.look(), 0)
    at.write('export.xml.done', '')
    assert.equal(await eye.look(), 1)
    assert.deepEqual([await at.deliveries(), at.names()], [['export.xml: <a/>'], ['lonely.done']])
    await done(at)
  })

  test('is never a link, a second name, a folder or a pipe', async () => {
    const at = await watched({ quietSeconds: 0 })
    const outside = path.join(base, 'outside')
    fs.writeFileSync(outside, 'secret')
    fs.symlinkSync(outside, path.join(at.folder, 'a.xml'))
    fs.linkSync(outside, path.join(at.folder, 'b.xml'))
    fs.mkdirSync(path.join(at.folder, 'c.xml'))
    fs.writeFileSync(path.join(at.folder, 'c.xml', 'd.xml'), 'inner')
    spawnSync('mkfifo', [path.join(at.folder, 'e.xml')])
    assert.equal(await watcher().look(), 0)
    // Put in the place of a file that was taken, in the moment in between.
    fs.symlinkSync(
      outside,
      path.join(at.folder, `.rollcall-${at.siteId}-${at.sourceId}-1700000000000-f.xml`),
    )
    await database.site(at.siteId, (session) => session.execute('delete from leases'))
    assert.equal(await watcher().look(), 0)
    assert.deepEqual(await at.deliveries(), [])
    assert.deepEqual(at.names(), ['a.xml', 'b.xml', 'c.xml', 'e.xml', 'f.xml'])
    await done(at)
  })

  test('that is too large stays, and the operator is told once', async () => {
    const at = await watched({ quietSeconds: 0 })
    at.write('export.xml', 'x'.repeat(101))
    const eye = watcher()
    await eye.look()
    await eye.look()
    assert.equal((errors.splice(0)[0] as { code: string }).code, 'ERR_WATCHED_FOLDER')
    assert.deepEqual([errors, at.names()], [[], ['export.xml']])
    await done(at)
  })
})

describe('a watched folder', () => {
  test('is looked at by one process at a time, and by another once that one is dead', async () => {
    const at = await watched()
    const [one, two] = [watcher(), watcher()]
    at.write('export.xml', '<a/>')
    await one.look()
    ms += 60_000
    await two.look()
    ms += 60_000
    assert.equal(await two.look(), 0)
    await database.site(at.siteId, (session) =>
      session.execute(`update leases set held_until = now() - interval '1 s'`),
    )
    await two.look()
    assert.equal(await one.look(), 0)
    ms += 60_000
    assert.equal(await two.look(), 1)
    await two.end()
    at.write('next.xml', '<b/>')
    await one.look()
    ms += 60_000
    assert.equal(await one.look(), 1)
    assert.deepEqual(await at.deliveries(), ['export.xml: <a/>', 'next.xml: <b/>'])
    await done(at)
  })

  test('from which a process that died had taken a file: it becomes a delivery, once', async () => {
    const at = await watched()
    const { siteId, sourceId } = at
    const before = Date.now() - 1000
    const aside = (name: string): string => `.rollcall-${siteId}-${sourceId}-${before}-${name}`
    // One that died before the delivery was made, with half a copy, and one that died after.
    at.write(aside('a.xml'), '<a/>')
    const arriving = arrivingFolder(deliveriesFolder, siteId)
    fs.writeFileSync(path.join(arriving, `.part-watched-${sourceId}-half`), '<a')
    at.write(aside('b.xml'), '<b/>')
    const file = path.join(arriving, 'whole')
    fs.writeFileSync(file, '<b/>')
    const of = { channel: 'drop box', sender: 'watched folder', fileName: 'b.xml' } as const
    await takeIn({
      database,
      siteId,
      sourceId,
      deliveriesFolder,
      file,
      now: () => new Date(),
      ...of,
    })
    assert.equal(await watcher().look(), 1)
    assert.deepEqual((await at.deliveries()).toSorted(), ['a.xml: <a/>', 'b.xml: <b/>'])
    assert.deepEqual(at.names(), [])
    assert.ok(!fs.readdirSync(arriving).some((name) => name.startsWith('.part')))
    await done(at)
  })

  test('that is not there is told once, and again when it is something else; the others are looked at', async () => {
    const [gone, at] = [await watched(), await watched({ quietSeconds: 0 })]
    fs.rmSync(gone.folder, { recursive: true })
    at.write('export.xml', '<a/>')
    const eye = watcher()
    assert.equal(await eye.look(), 1)
    await eye.look()
    assert.equal(errors.splice(0).length, 1)
    fs.mkdirSync(gone.folder)
    await eye.look()
    fs.rmSync(gone.folder, { recursive: true })
    await eye.look()
    assert.equal(errors.splice(0).length, 1)
    await done(gone)
    await done(at)
  })

  test('is watched by the service until that stops', async () => {
    const at = await watched({ quietSeconds: 0 })
    const part = await startWatching({
      database,
      deliveriesFolder,
      fileBytesMax: 100,
      now: () => new Date(),
      onArrival: () => {},
      onError: (error) => errors.push(error),
    })
    at.write('export.xml', '<a/>')
    await until(async () => (await at.deliveries()).length === 1)
    await part.stop(1000)
    at.write('late.xml', '<b/>')
    assert.deepEqual(await at.deliveries(), ['export.xml: <a/>'])
    await done(at)
  })
})
