import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { linesOf } from '../../src/import/lines.ts'
import { findRun, problemsOfRun } from '../../src/store/history.ts'
import { testDatabase } from '../database.ts'
import { zipOf } from './archives.ts'
import { contentsOf, everythingOf } from './contents.ts'
import { deliveryText, keys, type DeliverySpec } from './deliveries.ts'
import { makeSite } from './site.ts'

const database = (await testDatabase()).database

const night: DeliverySpec = {
  persons: keys('P', 300),
  groups: keys('G', 20),
  lists: keys('G', 20).map((group, index) => ({ group, members: keys('P', 15, 15 * index + 1) })),
}
const first = deliveryText(night)
/** Somebody leaves, somebody else is renamed, and one has no name. */
const second = deliveryText({
  ...night,
  persons: [
    ...keys('P', 298),
    { key: 'P299', name: 'Åsa Ö' },
    { key: 'P301', extension: '<old/>', name: '' },
  ],
})

test('what comes in gzip or zip does what the plain file does', async () => {
  const plain = await makeSite(database)
  await plain.deliver(first)
  await plain.deliver(second)
  for (const pack of [gzipSync, (text: string) => zipOf(['tonight.xml', text])]) {
    const site = await makeSite(database)
    const one = await site.deliver(pack(first))
    const planned = await site.plan(pack(second))
    const two = await site.deliver(pack(second))
    assert.deepEqual(await contentsOf(site), await contentsOf(plain))
    assert.equal(one.bytesRead, Buffer.byteLength(first))
    assert.equal(one.delivery.bytes, pack(first).length)
    assert.deepEqual(planned.report.tallies.person, two.tallies.person)
    assert.equal(planned.report.delivery.bytes, pack(second).length)
  }
})

test('a packed delivery is kept as it came, and nothing unpacked beside it', async () => {
  const site = await makeSite(database)
  const packed = gzipSync(first)
  const { delivery } = await site.deliver(packed)
  const sha256 = createHash('sha256').update(packed).digest('hex')
  assert.deepEqual([delivery.sha256, delivery.bytes], [sha256, packed.length])
  assert.deepEqual(readdirSync(site.deliveriesFolder), [`${sha256}.gz`])
  assert.deepEqual(readFileSync(path.join(site.deliveriesFolder, `${sha256}.gz`)), packed)
})

test('the same bytes again are answered without being unpacked', async () => {
  const site = await makeSite(database)
  const zip = zipOf(['tonight.xml', first])
  assert.equal((await site.deliver(zip)).outcome, 'applied')
  const again = await site.deliver(zip)
  assert.deepEqual([again.outcome, again.recordsRead], ['same', 0])
})

test('plain, gzip and zip of one file after each other are unchanged nights', async () => {
  const site = await makeSite(database)
  await site.deliver(gzipSync(first))
  const before = await everythingOf(site)
  for (const bytes of [
    Buffer.from(first),
    zipOf(['tonight.xml', first]),
    gzipSync(first, { level: 1 }),
  ]) {
    const report = await site.send(bytes)
    assert.deepEqual([report.outcome, report.recordsRead], ['applied', 0])
  }
  assert.deepEqual(await everythingOf(site), before)
})

test('lines are those of the packed file', async () => {
  const site = await makeSite(database)
  await site.deliver(first)
  const packed = await site.deliver(gzipSync(second))
  const found = await database.site(site.siteId, async (session) => ({
    detail: await findRun(session, site.siteId, packed.run),
    problems: await problemsOfRun(session, site.siteId, packed.run, {
      severities: ['setAside'],
      limit: 10,
      offset: 0,
    }),
  }))
  const [nameless] = found.problems.rows
  assert.equal(nameless?.code, 'NAME_MISSING')
  const kept = path.join(site.deliveriesFolder, '..', found.detail?.path ?? '')
  const lines = await linesOf(kept, packed.delivery.encoding, [nameless.place])
  const line = second.slice(0, second.indexOf('P301')).split('\n').length
  assert.deepEqual(lines.get(nameless.place), { line, column: 1 })
})

test('an archive that cannot be read leaves the roster as it was, and is kept', async () => {
  const site = await makeSite(database)
  await site.deliver(first)
  const before = await everythingOf(site)
  const broken: readonly (readonly [Uint8Array, string])[] = [
    [gzipSync(second).subarray(0, -9), 'ARCHIVE_DAMAGED'],
    [zipOf(['a.xml', first], ['b.xml', second]), 'ARCHIVE_NOT_ONE_XML'],
    [gzipSync(Buffer.alloc(64 * 1024 * 1024)), 'LIMIT_EXCEEDED'],
    [gzipSync(''), 'FILE_EMPTY'],
    [gzipSync(second.slice(0, 900)), 'ENDS_EARLY'],
  ]
  for (const [bytes, code] of broken) {
    const report = await site.send(bytes)
    assert.deepEqual([report.outcome, report.refusal?.code], ['refused', code])
    assert.equal((await site.plan(bytes)).report.refusal?.code, code)
  }
  assert.deepEqual(await everythingOf(site), before)
  assert.equal(readdirSync(site.deliveriesFolder).length, 1 + broken.length)
  assert.equal((await site.send(gzipSync(first))).outcome, 'applied')
})
