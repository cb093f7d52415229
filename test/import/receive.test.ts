import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test, { type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openFileSource } from '../../src/import/file-source.ts'
import { Receiving } from '../../src/import/receive.ts'

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

test('what is read on the way is kept byte for byte, whatever the reads', async (t) => {
  const folder = folderFor(t)
  const bytes = Buffer.from(Array.from({ length: 10_000_000 }, (_, at) => (at * 7919) % 251))
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
  assert.deepEqual(readFileSync(path.join(folder, 'kept', received.path)), bytes)
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

for (const { what, change } of [
  { what: 'grows', change: (file: string) => appendFileSync(file, '<!-- more -->') },
  { what: 'is cut', change: (file: string) => truncateSync(file, 5) },
  { what: 'gets other bytes', change: (file: string) => writeFileSync(file, '<enterprisf/>') },
]) {
  test(`a file that ${what} while it is read is refused`, async (t) => {
    const folder = folderFor(t)
    const file = fileOf(folder, Buffer.from('<enterprise/>'))
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

for (const { what, change } of [
  { what: 'deleted', change: (file: string) => rmSync(file) },
  {
    what: 'replaced by another',
    change(file: string) {
      writeFileSync(`${file}.new`, '<other/>')
      renameSync(`${file}.new`, file)
    },
  },
]) {
  test(`a file that is ${what} while it is read is kept as it was opened`, async (t) => {
    const folder = folderFor(t)
    const bytes = Buffer.from('<enterprise/>')
    const file = fileOf(folder, bytes)
    const source = openFileSource(file)
    const receiving = await Receiving.begin(source, path.join(folder, 'kept'), 1)
    receiving.read(Buffer.alloc(8), 0)
    change(file)
    const received = await receiving.finish(letGo)
    await receiving.keep(received)
    await receiving.close()
    source.close()
    assert.deepEqual(readFileSync(path.join(folder, 'kept', received.path)), bytes)
  })
}
