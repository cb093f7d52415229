import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test, { type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { readFully } from '../../src/ims/source.ts'
import { readAhead } from '../../src/import/ahead.ts'
import { openFileSource } from '../../src/import/file-source.ts'
import { COPIED_HERE_BYTES_MAX } from '../../src/import/copier.ts'
import { Receiving } from '../../src/import/receive.ts'
import { headOfKept, openAsItCame } from '../../src/import/kept.ts'
import { keptBytes } from './kept-bytes.ts'

/** Kept by the thread that reads it, and by one of its own. */
const SIZES = [
  { size: 'small', bytes: Buffer.from('<enterprise/>') },
  { size: 'large', bytes: Buffer.from('<enterprise/>'.padEnd(COPIED_HERE_BYTES_MAX + 1)) },
]

/** So much is kept by a thread of its own. */
const LARGE_BYTES = COPIED_HERE_BYTES_MAX + 2_000_000

const letGo = async (): Promise<void> => {}

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'rollcall-receive-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function fileOf(folder: string, bytes: Buffer): string {
  const file = path.join(folder, 'sent.xml')
  writeFileSync(file, bytes)
  return file
}

/** Receives and keeps a delivery; gives where it is kept. */
async function kept(folder: string, bytes: Buffer): Promise<string> {
  const source = openFileSource(fileOf(folder, bytes))
  const receiving = await Receiving.begin(source, path.join(folder, 'kept'), 1)
  const received = await receiving.finish(letGo)
  await receiving.keep(received)
  await receiving.close()
  source.close()
  return path.join(folder, 'kept', received.path)
}

test('what is read on the way is kept byte for byte, whatever the reads', async (t) => {
  const folder = folderFor(t)
  const bytes = Buffer.from(Array.from({ length: LARGE_BYTES }, (_, at) => (at * 7919) % 251))
  const source = openFileSource(fileOf(folder, bytes))
  const receiving = await Receiving.begin(source, path.join(folder, 'kept'), 1)
  const window = Buffer.alloc(3_000_000)
  for (const at of [0, 2_500_000, 100, 5_500_000]) {
    const read = receiving.read(window, at)
    assert.deepEqual(window.subarray(0, read), bytes.subarray(at, at + read))
  }
  const received = await receiving.finish(letGo)
  await receiving.keep(received)
  await receiving.close()
  source.close()
  assert.equal(received.sha256, createHash('sha256').update(bytes).digest('hex'))
  assert.ok(keptBytes(path.join(folder, 'kept', received.path)).equals(bytes))
})

test('a plain delivery is kept packed, and is read as it came', async (t) => {
  const folder = folderFor(t)
  const bytes = Buffer.from('<enterprise>' + '<person/>'.repeat(100_000))
  const file = await kept(folder, bytes)
  assert.ok(statSync(file).size * 10 < bytes.length)
  assert.equal(Buffer.from(await headOfKept(file, folder, 20)).toString(), '<enterprise><person/')
  const came = await openAsItCame(file, folder)
  assert.equal(came.length, bytes.length)
  const read = Buffer.alloc(bytes.length)
  came.read(read, 0)
  came.close()
  assert.ok(read.equals(bytes))
})

for (const { what, damage } of [
  { what: 'cut', damage: (file: string) => truncateSync(file, statSync(file).size - 1) },
  {
    what: 'changed',
    damage(file: string) {
      const bytes = readFileSync(file)
      bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20)
      writeFileSync(file, bytes)
    },
  },
]) {
  test(`a kept delivery that the disk has ${what} is said to be damaged`, async (t) => {
    const folder = folderFor(t)
    const file = await kept(folder, Buffer.from('<enterprise> and more</enterprise>'))
    damage(file)
    await assert.rejects(openAsItCame(file, folder), { code: 'ERR_FILE_UNREADABLE' })
  })
}

test('the hash alone writes nothing, and the copy can follow', async (t) => {
  const folder = folderFor(t)
  const bytes = Buffer.from('<enterprise/>')
  const source = openFileSource(fileOf(folder, bytes))
  const receiving = await Receiving.begin(source, path.join(folder, 'kept'), 1)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  assert.deepEqual(await receiving.hash(), { sha256, bytes: bytes.length })
  assert.equal((await receiving.finish(letGo)).sha256, sha256)
  await receiving.close()
  source.close()
})

test('a copy that is not kept leaves nothing behind', async (t) => {
  const folder = folderFor(t)
  const source = openFileSource(fileOf(folder, Buffer.from('<enterprise/>')))
  const receiving = await Receiving.begin(source, path.join(folder, 'kept'), 1)
  await receiving.finish(letGo)
  await receiving.close()
  source.close()
  assert.deepEqual(readdirSync(path.join(folder, 'kept', '1')), [])
})

test('a copy that an earlier run left half done is removed', async (t) => {
  const folder = folderFor(t)
  const source = openFileSource(fileOf(folder, Buffer.from('<enterprise/>')))
  const left = await Receiving.begin(source, path.join(folder, 'kept'), 1)
  const receiving = await Receiving.begin(source, path.join(folder, 'kept'), 1)
  const received = await receiving.finish(letGo)
  await receiving.keep(received)
  receiving.settle()
  await receiving.close()
  await left.close()
  source.close()
  assert.deepEqual(readdirSync(path.join(folder, 'kept', '1')), [path.basename(received.path)])
})

for (const { what, change, size, bytes } of [
  { what: 'grows', change: (file: string) => appendFileSync(file, '<!-- more -->') },
  { what: 'is cut', change: (file: string) => truncateSync(file, 5) },
  {
    what: 'gets other bytes',
    change: (file: string) =>
      writeFileSync(file, readFileSync(file, 'latin1').replace('enterprise', 'enterprisf')),
  },
].flatMap((each) => SIZES.map((of) => ({ ...each, ...of })))) {
  test(`a ${size} file that ${what} while it is read is refused`, async (t) => {
    const folder = folderFor(t)
    const file = fileOf(folder, bytes)
    const source = openFileSource(file)
    const receiving = await Receiving.begin(source, path.join(folder, 'kept'), 1)
    receiving.read(Buffer.alloc(8), 0)
    // The kernel notes times to a few milliseconds.
    await sleep(20)
    change(file)
    await assert.rejects(receiving.finish(letGo), { code: 'ERR_FILE_UNREADABLE' })
    await receiving.close()
    source.close()
    assert.deepEqual(readdirSync(path.join(folder, 'kept', '1')), [])
  })
}

/** A file of `x`, whose bytes can change without a trace in its times. */
async function ofX(
  t: TestContext,
): Promise<{ folder: string; receiving: Receiving; toY: () => void; end: () => Promise<void> }> {
  const folder = folderFor(t)
  const file = fileOf(folder, Buffer.alloc(LARGE_BYTES, 'x'))
  const untouched = (): void => utimesSync(file, 1_000_000_000, 1_000_000_000)
  untouched()
  const source = openFileSource(file)
  const receiving = await Receiving.begin(source, path.join(folder, 'kept'), 1)
  return {
    folder,
    receiving,
    toY() {
      // Written over, without a moment in which the file is short.
      const writer = openSync(file, 'r+')
      writeSync(writer, Buffer.alloc(LARGE_BYTES, 'y'))
      closeSync(writer)
      untouched()
    },
    async end() {
      await receiving.close()
      source.close()
    },
  }
}

test('what is read is what is kept, though bytes change without a trace', async (t) => {
  const { folder, receiving, toY, end } = await ofX(t)
  const whole = Buffer.alloc(receiving.length)
  readFully(receiving, whole.subarray(0, 1_000_000), 0)
  toY()
  readFully(receiving, whole.subarray(1_000_000), 1_000_000)
  const received = await receiving.finish(letGo)
  await receiving.keep(received)
  await end()
  assert.deepEqual(new Set(whole), new Set(Buffer.from('xy')))
  assert.ok(keptBytes(path.join(folder, 'kept', received.path)).equals(whole))
})

test('bytes that change without a trace before they are read again are found by their hash', async (t) => {
  const { receiving, toY, end } = await ofX(t)
  const whole = Buffer.alloc(receiving.length)
  assert.equal(readFully(receiving, whole, 0), whole.length)
  toY()
  readFully(receiving, whole, 0)
  await assert.rejects(receiving.finish(letGo), { code: 'ERR_FILE_UNREADABLE' })
  await end()
})

test('a copier that was told nothing has hashed by the time it is asked', async (t) => {
  const folder = folderFor(t)
  const file = fileOf(folder, Buffer.alloc(LARGE_BYTES, 'x'))
  const ahead = readAhead(file)
  assert.ok(ahead)
  const { source, copier } = ahead
  const hashed = await copier.hash()
  const sha256 = createHash('sha256').update(Buffer.alloc(LARGE_BYTES, 'x')).digest('hex')
  assert.deepEqual(hashed, { sha256, bytes: LARGE_BYTES })
  const receiving = await Receiving.begin(source, path.join(folder, 'kept'), 1, copier)
  assert.deepEqual(await receiving.hash(), hashed)
  assert.equal((await receiving.finish(letGo)).sha256, sha256)
  await receiving.close()
  source.close()
})

test('nothing is read ahead of a small delivery, nor of one that is not there', (t) => {
  const folder = folderFor(t)
  assert.equal(readAhead(fileOf(folder, Buffer.from('<enterprise/>'))), undefined)
  assert.equal(readAhead(path.join(folder, 'nowhere.xml')), undefined)
})

test('a copier that nobody reads behind any more can be ended', async (t) => {
  const { folder, receiving, end } = await ofX(t)
  receiving.read(Buffer.alloc(10), 0)
  await end()
  assert.equal(receiving.length, LARGE_BYTES)
  assert.deepEqual(readdirSync(path.join(folder, 'kept', '1')), [])
})

for (const { what, change, size, bytes } of [
  { what: 'deleted', change: (file: string) => rmSync(file) },
  {
    what: 'replaced by another',
    change(file: string) {
      writeFileSync(`${file}.new`, '<other/>')
      renameSync(`${file}.new`, file)
    },
  },
].flatMap((each) => SIZES.map((of) => ({ ...each, ...of })))) {
  test(`a ${size} file that is ${what} while it is read is kept as it was opened`, async (t) => {
    const folder = folderFor(t)
    const file = fileOf(folder, bytes)
    const source = openFileSource(file)
    const receiving = await Receiving.begin(source, path.join(folder, 'kept'), 1)
    receiving.read(Buffer.alloc(8), 0)
    change(file)
    const received = await receiving.finish(letGo)
    await receiving.keep(received)
    await receiving.close()
    source.close()
    assert.ok(keptBytes(path.join(folder, 'kept', received.path)).equals(bytes))
  })
}
