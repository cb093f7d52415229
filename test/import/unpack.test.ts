import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { DEFAULT_READ_LIMITS, type ReadLimits } from '../../src/ims/limits.ts'
import { memorySource } from '../../src/ims/source.ts'
import { openDelivery } from '../../src/import/open-delivery.ts'
import { packingOfBytes } from '../../src/import/packing.ts'
import { RATIO_FREE_BYTES_MAX, unpack } from '../../src/import/unpack.ts'
import { ZIP_ENTRIES_MAX } from '../../src/import/unzip.ts'
import type { Problem } from '../../src/roster/problem.ts'
import { bombs, unpackBomb } from '../hostile/bombs.ts'
import { zipOf } from './archives.ts'
import { absent } from '../packages.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'rollcall-unpack-'))
after(() => rmSync(folder, { recursive: true }))

const XML = `<?xml version="1.0"?>\n<enterprise>${'<!-- Åsa -->\n'.repeat(5000)}</enterprise>\n`

async function unpacked(
  bytes: Uint8Array,
  limits: Partial<ReadLimits> = {},
): Promise<string | Problem> {
  const packing = packingOfBytes(bytes)
  assert.ok(packing !== undefined)
  const upTo = { ...DEFAULT_READ_LIMITS, ...limits }
  const content = await unpack(memorySource(bytes), packing, { upTo, folder })
  if ('code' in content) return content
  const text = Buffer.alloc(content.length)
  assert.equal(content.read(text, 0), content.length)
  const middle = Buffer.alloc(10)
  content.read(middle, 20)
  assert.deepEqual(middle, text.subarray(20, 30))
  content.close()
  return text.toString()
}

const codeOf = (content: string | Problem): string =>
  typeof content === 'string' ? 'none' : content.code

test('what is packed is told by its first bytes', () => {
  const cases = [
    [gzipSync(XML), 'gzip'],
    [zipOf(['a.xml', XML]), 'zip'],
    [zipOf(), 'zip'],
    [Buffer.from('BZh91AY'), 'other'],
    [Buffer.from(XML), undefined],
    [Buffer.from('\ufeff<a/>'), undefined],
    [Buffer.from('POSTXML\n<a/>'), undefined],
    [Buffer.alloc(0), undefined],
  ] as const
  for (const [bytes, packing] of cases) assert.equal(packingOfBytes(bytes), packing)
})

test('gzip and zip give back what was packed, and nothing stays in the folder', async () => {
  const packed = {
    gzip: gzipSync(XML),
    'gzip in two parts': Buffer.concat([gzipSync(XML.slice(0, 999)), gzipSync(XML.slice(999))]),
    'gzip filled up with zeros': Buffer.concat([gzipSync(XML), Buffer.alloc(512)]),
    zip: zipOf(['tonight.xml', XML]),
    'zip without deflate': zipOf({ name: 'tonight.xml', bytes: XML, stored: true }),
    'zip with folders and side files': zipOf(
      ['export/', ''],
      ['export/Tonight.XML', XML],
      ['__MACOSX/export/._Tonight.XML', 'side'],
      ['export/.DS_Store', 'side'],
      ['export/Thumbs.db', 'side'],
    ),
    'zip with a note': zipOf(['readme.txt', 'Hello'], ['tonight.xml', XML]),
    'zip with one file of another name': zipOf(['EXPORT.DAT', XML]),
    'zip with a name that leads out': zipOf(['/../../tonight.xml', XML]),
  }
  for (const [name, bytes] of Object.entries(packed)) {
    assert.ok((await unpacked(bytes)) === XML, name)
  }
  assert.deepEqual(readdirSync(folder), [])
})

test(
  'a zip that a program of the system wrote is read',
  { skip: absent('zip', 'zip') },
  async () => {
    const place = mkdtempSync(path.join(os.tmpdir(), 'rollcall-zip-'))
    writeFileSync(path.join(place, 'tonight.xml'), XML)
    const zip = (...args: readonly string[]): Buffer =>
      spawnSync('zip', ['-q', ...args], { cwd: place, encoding: 'buffer' }).stdout
    for (const flags of [[], ['-fz'], ['-0']]) {
      zip(...flags, 'tonight.zip', 'tonight.xml')
      const bytes = readFileSync(path.join(place, 'tonight.zip'))
      rmSync(path.join(place, 'tonight.zip'))
      assert.ok((await unpacked(bytes)) === XML, flags.join(' '))
    }
    assert.ok((await unpacked(zip('-', 'tonight.xml'))) === XML, 'written as a stream')
    rmSync(place, { recursive: true })
  },
)

test('an archive that cannot be read is refused with what was found', async () => {
  const gzip = gzipSync(XML)
  const zip = zipOf(['tonight.xml', XML])
  const turned = Buffer.from(zip)
  turned[60] = (turned[60] ?? 0) ^ 0xff
  const cases: readonly (readonly [string, Buffer, string])[] = [
    ['gzip cut short', gzip.subarray(0, -20), 'ARCHIVE_DAMAGED'],
    ['gzip cut after its head', gzip.subarray(0, 10), 'ARCHIVE_DAMAGED'],
    ['gzip with a byte turned', flipped(gzip, 40), 'ARCHIVE_DAMAGED'],
    ['gzip with a wrong checksum', flipped(gzip, gzip.length - 6), 'ARCHIVE_DAMAGED'],
    ['gzip and something else', Buffer.concat([gzip, Buffer.from(XML)]), 'ARCHIVE_DAMAGED'],
    ['zip cut short', zip.subarray(0, -10), 'ARCHIVE_DAMAGED'],
    ['zip cut to its first half', zip.subarray(0, 200), 'ARCHIVE_DAMAGED'],
    ['zip with a byte turned', turned, 'ARCHIVE_DAMAGED'],
    [
      'zip with a wrong checksum',
      zipOf({ name: 'a.xml', bytes: XML, crc32: 1 }),
      'ARCHIVE_DAMAGED',
    ],
    [
      'zip that says another size',
      zipOf({ name: 'a.xml', bytes: XML, size: 7 }),
      'ARCHIVE_DAMAGED',
    ],
    ['zip with nothing in it', zipOf(), 'ARCHIVE_NOT_ONE_XML'],
    ['zip with a folder only', zipOf(['export/', '']), 'ARCHIVE_NOT_ONE_XML'],
    ['zip with two files', zipOf(['a.xml', XML], ['b.xml', XML]), 'ARCHIVE_NOT_ONE_XML'],
    ['zip with no XML', zipOf(['a.csv', '1'], ['b.csv', '2']), 'ARCHIVE_NOT_ONE_XML'],
    [
      'zip with a password',
      zipOf({ name: 'a.xml', bytes: XML, encrypted: true }),
      'ARCHIVE_ENCRYPTED',
    ],
    ['zip by LZMA', zipOf({ name: 'a.xml', bytes: XML, method: 14 }), 'ARCHIVE_METHOD_UNKNOWN'],
    ['bzip2', Buffer.from('BZh91AY&SY'), 'ARCHIVE_METHOD_UNKNOWN'],
    ['gzip of gzip', gzipSync(gzip), 'ARCHIVE_NESTED'],
    ['zip of gzip', zipOf(['tonight.xml.gz', gzip]), 'ARCHIVE_NESTED'],
    ['gzip of zip', gzipSync(zip), 'ARCHIVE_NESTED'],
    ['zip of zip', zipOf(['tonight.xml', zip]), 'ARCHIVE_NESTED'],
  ]
  for (const [name, bytes, code] of cases) assert.equal(codeOf(await unpacked(bytes)), code, name)
  const two = await unpacked(zipOf(['a.xml', XML], ['b.xml', XML]))
  assert.deepEqual(two, {
    code: 'ARCHIVE_NOT_ONE_XML',
    place: 0,
    found: '2 XML files',
    expected: 'one XML file',
  })
  assert.deepEqual(readdirSync(folder), [])
})

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ 0xff
  return copy
}

test('any byte turned or missing ends with the same text or a problem', async () => {
  const small = '<enterprise><person/></enterprise>'
  for (const packed of [gzipSync(small), zipOf(['a.xml', small])]) {
    for (let at = 0; at < packed.length; at++) {
      const turned = flipped(packed, at)
      const cut = packed.subarray(0, at)
      for (const bytes of [turned, cut]) {
        if (packingOfBytes(bytes) === undefined) continue
        const content = await unpacked(bytes)
        if (typeof content === 'string') assert.equal(content, small)
      }
    }
  }
})

test('more bytes than the limit are refused, whatever the zip says of itself', async () => {
  const limits = { unpackedBytesMax: 1000 }
  const { found, expected, code } = (await unpacked(zipOf(['a.xml', XML]), limits)) as Problem
  assert.deepEqual(
    [code, found, expected],
    ['LIMIT_EXCEEDED', `${Buffer.byteLength(XML)} bytes unpacked`, 'at most 1000'],
  )
  const lying = zipOf({ name: 'a.xml', bytes: XML, size: 10 })
  assert.ok(['LIMIT_EXCEEDED', 'ARCHIVE_DAMAGED'].includes(codeOf(await unpacked(lying, limits))))
  assert.equal(codeOf(await unpacked(gzipSync(XML), limits)), 'LIMIT_EXCEEDED')
  const many = zipOf(...Array.from({ length: ZIP_ENTRIES_MAX + 1 }, () => ['a.txt', ''] as const))
  assert.equal(codeOf(await unpacked(many)), 'LIMIT_EXCEEDED')
})

test('a bomb ends early and with little memory', async () => {
  const zeros = Buffer.alloc(400 * 1024 * 1024)
  const bombs = [gzipSync(zeros, { level: 1 }), zipOf(['a.xml', zeros])]
  for (const bomb of bombs) {
    const before = process.memoryUsage().rss
    const { code, found = '' } = (await unpacked(bomb)) as Problem
    assert.equal(code, 'LIMIT_EXCEEDED')
    // A chunk more than what is not looked at yet.
    assert.ok(Number(/^\d+/.exec(found)?.[0]) < RATIO_FREE_BYTES_MAX + 1024 * 1024, found)
    assert.ok(process.memoryUsage().rss - before < 64 * 1024 * 1024)
  }
})

describe('a bomb is refused', () => {
  for (const bomb of bombs(40 * 1024 * 1024))
    test(`${bomb.name} (${bomb.bound})`, async () => {
      assert.equal((await unpackBomb(bomb, folder)).code, bomb.code)
      assert.deepEqual(readdirSync(folder), [])
    })
})

test('a zip whose size stands in a ZIP64 field is read', async () => {
  assert.equal(await unpacked(zipOf({ name: 'a.xml', bytes: XML, zip64: true })), XML)
})

test('what a crash left under way is removed by the next', async () => {
  const { pid } = spawnSync(process.execPath, ['-e', ''])
  const left = path.join(folder, `.receiving-unpacked-${pid}`)
  const running = path.join(folder, `.receiving-unpacked-${process.ppid}`)
  writeFileSync(left, 'secret')
  writeFileSync(running, 'of another run')
  await unpacked(gzipSync(XML))
  assert.deepEqual(readdirSync(folder), [path.basename(running)])
  rmSync(running)
})

test('only as much is unpacked as is wanted', async () => {
  const packed = gzipSync(Buffer.alloc(50_000_000, 'a'))
  const content = await unpack(memorySource(packed), 'gzip', { upTo: 1000, folder })
  assert.ok('length' in content && content.length >= 1000 && content.length < 1_000_000)
  content.close()
})

test('a plain delivery is opened as it is', async () => {
  const file = path.join(folder, 'plain.xml')
  writeFileSync(file, XML)
  const delivery = await openDelivery(file, { upTo: DEFAULT_READ_LIMITS, folder })
  const { bytes, content } = delivery
  assert.ok('length' in content)
  assert.equal(bytes, content.length)
  assert.equal(readFileSync(file, 'utf8'), XML)
  delivery.close()
  rmSync(file)
})
