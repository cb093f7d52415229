import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { type Found, findInDelivery } from '../../src/erasure/find-in-delivery.ts'
import { tracesOf, withoutTraces } from '../../src/erasure/identifiers.ts'
import { openHashes } from '../../src/ims/fingerprint.ts'
import { DEFAULT_READ_LIMITS } from '../../src/ims/limits.ts'
import { zipOf } from '../import/archives.ts'
import { deliveryText } from '../import/deliveries.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'rollcall-find-'))
after(() => rmSync(folder, { recursive: true }))
const hashes = await openHashes()

async function found(bytes: string | Uint8Array, ...values: readonly string[]): Promise<Found> {
  const file = path.join(folder, 'kept.xml')
  writeFileSync(file, bytes)
  const traces = tracesOf(values)
  assert.ok(traces)
  const result = await findInDelivery(file, traces, DEFAULT_READ_LIMITS, hashes)
  assert.deepEqual(readdirSync(folder), ['kept.xml'], 'nothing that was unpacked is left')
  return result
}

const sent = deliveryText({
  persons: ['P1', 'Å-2', { key: 'P3', username: 'Third' }],
  groups: ['G1'],
})
const named = deliveryText({
  persons: [{ key: 'P1', guardians: ['P9'] }],
  groups: ['G1'],
  lists: [{ group: 'G1', members: ['P1', 'P8'] }],
})

test('a person is found who is sent, whatever the bytes look like', async () => {
  assert.equal(await found(sent, 'P1'), 'sent')
  assert.equal(await found(sent, 'P2'), 'nothing')
  assert.equal(await found(sent, 'Third'), 'sent', 'under a key that nobody knows any more')
  assert.equal(await found(sent, 'school/P1'), 'sent', 'where source and id were the key')
  const latin = sent.replace('UTF-8', 'ISO-8859-1')
  assert.equal(await found(Buffer.from(latin, 'latin1'), 'Å-2'), 'sent')
  assert.equal(await found(Buffer.from(`\ufeff${sent}`, 'utf16le'), 'Å-2'), 'sent')
  assert.equal(await found(sent.replace('Å-2', '&#xC5;&#45;2'), 'Å-2'), 'sent')
  assert.equal(await found(gzipSync(sent), 'Å-2'), 'sent')
  assert.equal(await found(zipOf(['a.xml', sent]), 'P3'), 'sent')
})

test('a person is found whom a list, a relation or extension data names', async () => {
  assert.equal(await found(named, 'P8'), 'named')
  assert.equal(await found(named, 'P9'), 'named')
  const extended = deliveryText({
    groups: [{ key: 'G1', extension: '<x><contact>P7</contact></x>' }],
  })
  assert.equal(await found(extended, 'P7'), 'named')
  assert.equal(await found(extended, 'P'), 'nothing', 'part of a word is another word')
})

test('a person is found in a record that cannot be read, and a file that cannot be read is no proof', async () => {
  const broken = sent.replace(
    '<person><sourcedid><source>school</source><id>P1</id></sourcedid>',
    '<person><note>P1</note>',
  )
  assert.equal(await found(broken, 'P1'), 'named')
  assert.equal(await found(broken, 'P4'), 'nothing')
  assert.equal(await found(sent.slice(0, -30), 'P4'), 'unreadable')
  assert.equal(await found(gzipSync(sent).subarray(0, 60), 'P4'), 'unreadable')
  const traces = tracesOf(['P1'])
  assert.ok(traces)
  const none = path.join(folder, 'gone.xml')
  assert.equal(await findInDelivery(none, traces, DEFAULT_READ_LIMITS, hashes), 'notThere')
})

test('a short value is taken for somebody only where it is the whole text, a longer one as a word', () => {
  const traces = tracesOf(['12', 'anna.berg', 'a"b\\c'])
  assert.ok(traces)
  assert.deepEqual(
    ['12', '12 of 13', 'x anna.berg.', 'xanna.berg', 'a"b\\c'].map((text) => traces.isIn(text)),
    [true, false, true, false, true],
  )
  const report = { left: [{ key: '12', n: 12 }], '12': 'asked by anna.berg', other: null }
  assert.deepEqual(withoutTraces(report, traces), {
    left: [{ key: '(erased)', n: 12 }],
    '(erased)': '(erased)',
    other: null,
  })
  assert.equal(tracesOf(['']), undefined)
})
