import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, describe, test } from 'node:test'
import { boxFolder, type BoxContext } from '../../src/dropbox/in-box.ts'
import { tendBoxes } from '../../src/dropbox/tend.ts'
import { boxFiles } from '../../src/store/drop-box-files.ts'
import { gzipSync } from 'node:zlib'
import { testDatabase } from '../database.ts'
import { runDropBox, type Sender, until } from './running.ts'

const made = await testDatabase()
const { database } = made
const running = await runDropBox(database)
afterEach(() => assert.deepEqual(running.errors.splice(0), []))

const stored = (sender: Sender): string[] => {
  const folder = boxFolder(running.deliveriesFolder, sender)
  return fs.existsSync(folder) ? fs.readdirSync(folder) : []
}
const rests = async (sender: Sender, path: string): Promise<boolean> => {
  const files = await database.site(sender.siteId, (session) => boxFiles(session, sender))
  return files.some((file) => file.path === path && !file.isHeld)
}
/** As if so many seconds had gone by for what lies in a box. */
const later = (sender: Sender, seconds: number): Promise<unknown> =>
  database.site(sender.siteId, (session) =>
    session.execute(
      `update drop_box_files set changed_at = changed_at - make_interval(secs => $2),
         held_until = held_until - make_interval(secs => $2) where site_id = $1`,
      [sender.siteId, seconds],
    ),
  )
/** Another process, which looks after the boxes. */
const tend = async (): Promise<number> => {
  const context: BoxContext = {
    database,
    deliveriesFolder: running.deliveriesFolder,
    limits: running.limits,
    fileBytesMax: 1000,
    now: () => new Date(),
    onArrival: () => {},
    uploads: new Map(),
  }
  return tendBoxes(context, (error) => running.errors.push(error))
}

describe('WinSCP', () => {
  test('writes a temporary name, removes the old file, renames, and sets time and rights', async () => {
    const sender = await running.account()
    const client = await sender.connect()
    for (const text of ['<night1/>', '<night2/>']) {
      const handle = await client.open('/export.xml.filepart', 'w')
      await client.write(handle, text)
      await client.close(handle)
      if (text === '<night2/>') await client.call('unlink', '/export.xml')
      await client.rename('/export.xml.filepart', '/export.xml')
      await client.call('setstat', '/export.xml', { mtime: 1_700_000_000, atime: 1_700_000_000 })
      await client.call('setstat', '/export.xml', { mode: 0o644 })
      const { size, mtime } = await client.call<{ size: number; mtime: number }>(
        'stat',
        '/export.xml',
      )
      assert.deepEqual([size, mtime], [text.length, 1_700_000_000])
    }
    assert.deepEqual(await client.names('/'), ['export.xml'])
    client.end()
    assert.deepEqual(await sender.deliveries(), ['export.xml: <night1/>', 'export.xml: <night2/>'])
  })

  test('goes on with its temporary file on a new connection', async () => {
    const sender = await running.account()
    const first = await sender.connect()
    const handle = await first.open('/export.xml.filepart', 'w')
    await first.write(handle, '<ros')
    await first.cut()
    await until(() => rests(sender, '/export.xml.filepart'))
    const second = await sender.connect()
    assert.equal(await second.size('/export.xml.filepart'), 4)
    const again = await second.open('/export.xml.filepart', 'r+')
    await second.write(again, 'ter/>', 4)
    await second.close(again)
    assert.deepEqual(await sender.deliveries(), [])
    await second.rename('/export.xml.filepart', '/export.xml')
    second.end()
    assert.deepEqual(await sender.deliveries(), ['export.xml: <roster/>'])
  })
})

describe('FileZilla', () => {
  test('lists, writes the name itself, keeps the time, and lists again', async () => {
    const sender = await running.account()
    const client = await sender.connect()
    assert.equal(await client.call('realpath', '.'), '/')
    assert.deepEqual(await client.names('/'), [])
    const handle = await client.open('/export.xml', 'w')
    await client.write(handle, '<a/>')
    await client.call('fsetstat', handle, { mtime: 1_700_000_000, atime: 1_700_000_000 })
    await client.close(handle)
    await client.call('setstat', '/export.xml', { mtime: 1_700_000_001, atime: 1_700_000_001 })
    const [entry] = await client.call<{ attrs: { size: number; mtime: number } }[]>('readdir', '/')
    assert.deepEqual([entry?.attrs.size, entry?.attrs.mtime], [4, 1_700_000_001])
    client.end()
    assert.deepEqual(await sender.deliveries(), ['export.xml: <a/>'])
  })

  test('resumes by writing from where the file ends', async () => {
    const sender = await running.account()
    const first = await sender.connect()
    const handle = await first.open('/export.xml', 'w')
    await first.write(handle, '<ros')
    await first.cut()
    const second = await sender.connect()
    // The lost connection may not be known to be lost: who goes on has the file.
    const again = await second.open('/export.xml', 'r+')
    await second.write(again, 'ter/>', 4)
    await second.close(again)
    second.end()
    assert.deepEqual(await sender.deliveries(), ['export.xml: <roster/>'])
  })
})

describe('an upload', () => {
  test('of which the connection is lost is no delivery, and is kept to be resumed for a day', async () => {
    const sender = await running.account()
    const client = await sender.connect()
    const handle = await client.open('export.xml', 'w')
    await client.write(handle, '<half')
    await client.cut()
    await until(() => rests(sender, '/export.xml'))
    await later(sender, 3600)
    await tend()
    assert.equal(stored(sender).length, 1)
    await later(sender, 24 * 3600)
    await tend()
    assert.deepEqual([await sender.deliveries(), stored(sender)], [[], []])
  })

  test('with a hole in it is refused when it is closed', async () => {
    const sender = await running.account()
    const client = await sender.connect()
    const handle = await client.open('export.xml', 'w')
    await client.write(handle, '<a>')
    await client.write(handle, '</a>', 10)
    await assert.rejects(client.close(handle), /Bytes are missing from byte 3 on/)
    assert.equal(await client.size('export.xml'), 3)
    client.end()
    assert.deepEqual(await sender.deliveries(), [])
  })

  test('whose blocks come out of order is whole once all have come', async () => {
    const sender = await running.account()
    const client = await sender.connect()
    const handle = await client.open('export.xml', 'w')
    for (const [text, at] of [
      ['def', 3],
      ['jkl', 9],
      ['abc', 0],
      ['ghi', 6],
    ] as const) {
      await client.write(handle, text, at)
    }
    await client.close(handle)
    client.end()
    assert.deepEqual(await sender.deliveries(), ['export.xml: abcdefghijkl'])
  })

  test('that is closed twice is one delivery', async () => {
    const sender = await running.account()
    const client = await sender.connect()
    const handle = await client.open('export.xml', 'w')
    await client.write(handle, '<a/>')
    await client.close(handle)
    await assert.rejects(client.close(handle), /This file is not open/)
    await assert.rejects(client.write(handle, 'x'), /This file is not open/)
    client.end()
    assert.deepEqual(await sender.deliveries(), ['export.xml: <a/>'])
  })

  test('of the same name at once: each that is closed is a delivery, in order of closing', async () => {
    const sender = await running.account()
    const [one, two] = await Promise.all([sender.connect(), sender.connect()])
    const first = await one.open('export.xml', 'w')
    await one.write(first, '<one>')
    const second = await two.open('export.xml', 'w')
    await two.write(second, '<two/>')
    await one.write(first, '</one>', 5)
    await two.close(second)
    await one.close(first)
    assert.deepEqual(await sender.deliveries(), ['export.xml: <two/>', 'export.xml: <one></one>'])
    assert.deepEqual(await two.names('/'), ['export.xml'])
    assert.equal(await two.size('export.xml'), 6)
    one.end()
    two.end()
  })

  test('that another replaced and that is lost leaves nothing', async () => {
    const sender = await running.account()
    const [one, two] = await Promise.all([sender.connect(), sender.connect()])
    await one.write(await one.open('export.xml', 'w'), '<one>')
    await two.put('export.xml', '<two/>')
    await one.cut()
    await until(async () => {
      const files = await database.site(sender.siteId, (session) => boxFiles(session, sender))
      return files.every((file) => !file.isHeld)
    })
    await tend()
    two.end()
    assert.deepEqual([await sender.deliveries(), stored(sender)], [['export.xml: <two/>'], []])
  })

  test('that another goes on with is cut off', async () => {
    const sender = await running.account()
    const [one, two] = await Promise.all([sender.connect(), sender.connect()])
    const first = await one.open('export.xml', 'w')
    await one.write(first, '<ros')
    const second = await two.open('export.xml', 'r+')
    await assert.rejects(one.write(first, 'XXX', 4), /Another connection has gone on/)
    await two.write(second, 'ter/>', 4)
    await assert.rejects(one.close(first), /Another connection has gone on/)
    await two.close(second)
    one.end()
    two.end()
    assert.deepEqual(await sender.deliveries(), ['export.xml: <roster/>'])
  })

  test('of other names at once: each is a delivery', async () => {
    const sender = await running.account()
    const clients = await Promise.all([1, 2, 3, 4].map(() => sender.connect()))
    await Promise.all(clients.map((client, at) => client.put(`${at}.xml`, `<n${at}/>`)))
    for (const client of clients) client.end()
    assert.deepEqual(
      (await sender.deliveries()).toSorted(),
      [0, 1, 2, 3].map((at) => `${at}.xml: <n${at}/>`),
    )
  })

  test('that was removed while it was written is no delivery', async () => {
    const sender = await running.account()
    const client = await sender.connect()
    const handle = await client.open('export.xml', 'w')
    await client.write(handle, '<a/>')
    await client.call('unlink', 'export.xml')
    await assert.rejects(client.close(handle), /removed/)
    client.end()
    assert.deepEqual([await sender.deliveries(), stored(sender)], [[], []])
  })

  test('of a packed file keeps its bytes', async () => {
    const sender = await running.account()
    const client = await sender.connect()
    const packed = gzipSync('<a/>')
    const handle = await client.open('export.xml.gz', 'w')
    await client.call('write', handle, packed, 0, packed.length, 0)
    await client.close(handle)
    client.end()
    const [arrival] = await sender.arrivals()
    const bytes = fs.readFileSync(path.join(running.deliveriesFolder, arrival?.path ?? ''))
    assert.deepEqual(bytes, packed)
  })

  test('that is empty is a delivery only when nothing follows', async () => {
    const sender = await running.account()
    const client = await sender.connect()
    await client.put('export.xml', '')
    await tend()
    assert.deepEqual(await sender.deliveries(), [])
    // Some programs make a file first and fill it later.
    await client.put('export.xml', '<a/>')
    await client.put('empty.xml', '')
    await later(sender, 61)
    await tend()
    client.end()
    assert.deepEqual(await sender.deliveries(), ['export.xml: <a/>', 'empty.xml: '])
  })

  test('over one that was taken starts anew, or is refused where it would go on', async () => {
    const sender = await running.account()
    const client = await sender.connect()
    await client.put('export.xml', '<a/>')
    const on = await client.open('export.xml', 'r+')
    await assert.rejects(client.write(on, 'more', 4), /taken as a delivery/)
    await client.close(on)
    await assert.rejects(client.open('export.xml', 'a'), /taken as a delivery/)
    const anew = await client.open('export.xml', 'r+')
    await client.write(anew, '<bb/>')
    await client.close(anew)
    client.end()
    assert.deepEqual(await sender.deliveries(), ['export.xml: <a/>', 'export.xml: <bb/>'])
  })

  test('that was delivered is listed for a day and can be removed from the list', async () => {
    const sender = await running.account()
    const client = await sender.connect()
    await client.put('a.xml', '<a/>')
    await client.put('b.xml', '<b/>')
    await client.call('unlink', 'a.xml')
    await client.rename('b.xml', 'done.xml')
    assert.deepEqual(await client.names('/'), ['done.xml'])
    await later(sender, 24 * 3600 + 1)
    await tend()
    assert.deepEqual(await client.names('/'), [])
    client.end()
    assert.deepEqual(await sender.deliveries(), ['a.xml: <a/>', 'b.xml: <b/>'])
  })

  test('cannot be read back, whatever its state', async () => {
    const sender = await running.account()
    const client = await sender.connect()
    await client.put('a.xml.tmp', '<a/>')
    await client.put('a.xml', '<a/>')
    for (const name of ['a.xml', 'a.xml.tmp']) {
      await assert.rejects(client.open(name, 'r'), /nothing can be fetched/)
    }
    const handle = await client.open('b.xml', 'w+')
    await client.write(handle, 'secret')
    await assert.rejects(
      client.call('read', handle, Buffer.alloc(6), 0, 6, 0),
      /nothing can be fetched/,
    )
    client.end()
  })
})

describe('an account that delivers what is renamed', () => {
  test('delivers a closed file when it gets a name that is not temporary', async () => {
    const sender = await running.account({ complete: 'renamed', names: '*.xml' })
    const client = await sender.connect()
    await client.put('export.new', '<a/>')
    await client.put('direct.xml', '<never/>')
    await later(sender, 3600)
    await tend()
    assert.deepEqual(await sender.deliveries(), [])
    await client.rename('export.new', 'export.old')
    assert.deepEqual(await sender.deliveries(), [])
    await client.rename('export.old', 'export.xml')
    client.end()
    assert.deepEqual(await sender.deliveries(), ['export.xml: <a/>'])
  })

  test('does not deliver one that is renamed while it is not closed', async () => {
    const sender = await running.account({ complete: 'renamed' })
    const client = await sender.connect()
    const handle = await client.open('export.tmp', 'w')
    await client.write(handle, '<half')
    await client.rename('export.tmp', 'export.xml')
    await client.cut()
    await until(() => rests(sender, '/export.xml'))
    await later(sender, 3600)
    await tend()
    assert.deepEqual(await sender.deliveries(), [])
  })
})

describe('an account that delivers what is quiet', () => {
  test('waits, counting from the last touch, and never takes what is not closed', async () => {
    const sender = await running.account({ complete: 'quiet', quietSeconds: 60 })
    const client = await sender.connect()
    await client.put('export.xml', '<a>')
    await later(sender, 59)
    await tend()
    const handle = await client.open('export.xml', 'a')
    await client.write(handle, '</a>', 3)
    await later(sender, 3600)
    await database.site(sender.siteId, (session) =>
      session.execute(
        "update drop_box_files set held_until = now() + interval '1 hour' where site_id = $1",
        [sender.siteId],
      ),
    )
    await tend()
    assert.deepEqual(await sender.deliveries(), [])
    await client.close(handle)
    await tend()
    assert.deepEqual(await sender.deliveries(), [])
    await later(sender, 61)
    await tend()
    client.end()
    assert.deepEqual(await sender.deliveries(), ['export.xml: <a></a>'])
  })
})

describe('a process that dies', () => {
  test('in the middle of an upload leaves a part that can be gone on with, from where it was known to be', async () => {
    const sender = await running.account()
    const client = await sender.connect()
    const handle = await client.open('export.xml', 'w')
    await client.write(handle, '<ros')
    // What a killed process leaves: the row as it was, the bytes on the disk, nobody who holds it.
    const files = await database.site(sender.siteId, (session) => boxFiles(session, sender))
    const [file] = files
    await database.site(sender.siteId, (session) =>
      session.execute(
        `insert into drop_box_files (site_id, source_id, path, kind, stored, bytes, shown_at, holder, held_until)
         values ($1, $2, '/killed.xml', 'part', 'of-a-dead-process', 3, now(), 'dead', now() - interval '1 s')`,
        [sender.siteId, sender.sourceId],
      ),
    )
    const folder = boxFolder(running.deliveriesFolder, sender)
    fs.writeFileSync(path.join(folder, 'of-a-dead-process'), '<ro   garbage')
    await tend()
    assert.deepEqual(await sender.deliveries(), [])
    const again = await client.open('killed.xml', 'r+')
    await client.write(again, 'ster/>', 3)
    await client.close(again)
    assert.deepEqual(await sender.deliveries(), ['killed.xml: <roster/>'])
    client.end()
    assert.equal(file?.isHeld, true)
  })

  test('while it took a file: it is taken again if its bytes are there, and forgotten if they are gone', async () => {
    const sender = await running.account()
    const client = await sender.connect()
    await client.put('a.xml.tmp', '<a/>')
    await client.put('b.xml.tmp', '<b/>')
    const left = `update drop_box_files set kind = 'taking', due = true, path = $2, holder = 'dead', held_until = now() - interval '1 s'
      where site_id = $1 and path = $3`
    await database.site(sender.siteId, async (session) => {
      await session.execute(left, [sender.siteId, '/a.xml', '/a.xml.tmp'])
      await session.execute(left, [sender.siteId, '/b.xml', '/b.xml.tmp'])
    })
    const files = await database.site(sender.siteId, (session) => boxFiles(session, sender))
    const gone = files.find((file) => file.path === '/b.xml')?.stored ?? ''
    fs.rmSync(path.join(boxFolder(running.deliveriesFolder, sender), gone))
    assert.equal(await tend(), 1)
    client.end()
    assert.deepEqual(await sender.deliveries(), ['a.xml: <a/>'])
    assert.deepEqual(stored(sender), [])
  })

  test('leaves bytes that no row knows: they are removed after an hour', async () => {
    const sender = await running.account()
    const client = await sender.connect()
    await client.put('a.xml.tmp', '<a/>')
    const folder = boxFolder(running.deliveriesFolder, sender)
    const [old, young] = ['old', 'young'].map((name) => path.join(folder, name))
    for (const file of [old, young]) fs.writeFileSync(file ?? '', 'x')
    const before = Date.now() / 1000 - 3700
    fs.utimesSync(old ?? '', before, before)
    await tend()
    client.end()
    assert.deepEqual([fs.existsSync(old ?? ''), fs.existsSync(young ?? '')], [false, true])
    assert.equal(stored(sender).length, 2)
  })
})

test('a delivery that cannot be stored is refused when it is closed, and is one when it is sent again', async () => {
  const sender = await running.account()
  const client = await sender.connect()
  const handle = await client.open('export.xml', 'w')
  await client.write(handle, '<a/>')
  const arriving = path.join(running.deliveriesFolder, String(sender.siteId), 'arriving')
  fs.writeFileSync(arriving, 'in the way')
  await assert.rejects(client.close(handle), /could not do this; try again later/)
  assert.equal(running.errors.splice(0).length, 1)
  await later(sender, 3600)
  await tend()
  fs.rmSync(arriving)
  await client.put('export.xml', '<a/>')
  client.end()
  assert.deepEqual(await sender.deliveries(), ['export.xml: <a/>'])
})

test('when the service stops, uploads have some time; what is not done by then can be gone on with after the start', async () => {
  const sender = await running.account()
  const [done, late] = await Promise.all([sender.connect(), sender.connect()])
  const [first, second] = await Promise.all([done.open('a.xml', 'w'), late.open('b.xml', 'w')])
  await late.write(second, '<ros')
  const stopped = running.stop(300)
  await done.write(first, '<a/>')
  await done.close(first)
  await stopped
  assert.deepEqual(await sender.deliveries(), ['a.xml: <a/>'])
  await running.restart()
  const again = await sender.connect()
  const handle = await again.open('b.xml', 'r+')
  await again.write(handle, 'ter/>', 4)
  await again.close(handle)
  again.end()
  assert.deepEqual(await sender.deliveries(), ['a.xml: <a/>', 'b.xml: <roster/>'])
})

test('fifty connections at once send fifty files', async () => {
  const senders: Sender[] = []
  for (let n = 0; n < 10; n++) senders.push(await running.account())
  const text = '<a>'.repeat(20_000)
  await Promise.all(
    senders.flatMap((sender) =>
      [1, 2, 3, 4, 5].map(async (n) => {
        const client = await sender.connect({ readyTimeout: 60_000 })
        await client.put(`${n}.xml`, text)
        client.end()
      }),
    ),
  )
  for (const sender of senders) {
    const deliveries = await sender.deliveries()
    assert.deepEqual(
      deliveries.toSorted(),
      [1, 2, 3, 4, 5].map((n) => `${n}.xml: ${text}`),
    )
  }
})

test('blocks are gathered: whoever looks, and whoever goes on, has all that came', async () => {
  const sender = await running.account()
  const [one, two] = await Promise.all([sender.connect(), sender.connect()])
  const first = await one.open('export.xml', 'w')
  const block = 'x'.repeat(30_000)
  for (let n = 0; n < 50; n++) await one.write(first, block, n * block.length)
  assert.equal(await two.size('export.xml'), 50 * block.length)
  assert.equal((await one.call<{ size: number }>('fstat', first)).size, 50 * block.length)
  await one.write(first, 'y'.repeat(100), 50 * block.length)
  const second = await two.open('export.xml', 'r+')
  await two.write(second, 'end', 50 * block.length + 100)
  await two.close(second)
  one.end()
  two.end()
  const [delivery = ''] = await sender.deliveries()
  assert.equal(delivery, `export.xml: ${block.repeat(50)}${'y'.repeat(100)}end`)
})
