import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { isFrom, isNetwork, Counts } from '../../src/dropbox/addresses.ts'
import { DEFAULT_DROP_BOX_LIMITS } from '../../src/dropbox/limits.ts'
import { boxPath, fits, folderOf, isPattern, isTemporary, nameOf } from '../../src/dropbox/names.ts'
import { Pace } from '../../src/dropbox/pace.ts'
import { Pieces } from '../../src/dropbox/pieces.ts'

for (const [text, path] of [
  ['', '/'],
  ['.', '/'],
  ['/', '/'],
  ['a.xml', '/a.xml'],
  ['/in//a.xml', '/in/a.xml'],
  ['in/../../../a.xml', '/a.xml'],
  ['../../etc/passwd', '/etc/passwd'],
  ['e\u0301.xml', '/\u00e9.xml'],
  ['a\0.xml', undefined],
  ['a\\b', undefined],
  ['a\u007fb', undefined],
  ['\uFFFD.xml', undefined],
  ['x'.repeat(255), `/${'x'.repeat(255)}`],
  ['x'.repeat(256), undefined],
  ['\u00e9'.repeat(128), undefined],
  ['a/'.repeat(9), `/${'a/'.repeat(9).slice(0, -1)}`],
  ['a/'.repeat(10), undefined],
] as const) {
  test(`${JSON.stringify(text.slice(0, 30))} is ${path?.slice(0, 30) ?? 'no path'}`, () => {
    assert.equal(boxPath(text), path)
  })
}

test('a path of whatever text stays in the box, and is its own path', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      const path = boxPath(text)
      if (path === undefined) return
      assert.ok(path.startsWith('/') && !path.split('/').includes('..'))
      assert.equal(boxPath(path), path)
      if (path !== '/') {
        assert.equal(`${folderOf(path)}/${nameOf(path)}`.replace('//', '/'), path)
      }
    }),
  )
})

for (const name of [
  'export.xml.filepart',
  '.in.export.xml.',
  '.export.xml.a1B2c3',
  'export.xml.tmp',
  'EXPORT.TMP',
  'export.xml.part',
  '~export.xml',
  'export.xml~',
]) {
  test(`${name} is a temporary name`, () => assert.ok(isTemporary(name)))
}
for (const name of ['export.xml', 'parts.xml', 'tmp.xml', 'export.xml.gz', 'template']) {
  test(`${name} is none`, () => assert.ok(!isTemporary(name)))
}

for (const [name, pattern, does] of [
  ['export.xml', '*.xml', true],
  ['EXPORT.XML', '*.xml', true],
  ['export.xml.gz', '*.xml', false],
  ['export.xml', 'export.???', true],
  ['exportAxml', 'export.xml', false],
  ['a[1].xml', 'a[1].*', true],
  ['a\u{1F600}.xml', 'a?.xml', true],
] as const) {
  test(`${name} ${does ? 'fits' : 'does not fit'} ${pattern}`, () => {
    assert.equal(fits(name, pattern), does)
  })
}

test('a pattern is a name with few stars', () => {
  for (const good of ['*', '*.xml', 'a?b*']) assert.ok(isPattern(good), good)
  for (const bad of ['', 'a/b', '*'.repeat(6), '../*', 'x'.repeat(256)])
    assert.ok(!isPattern(bad), bad)
})

test('a network is an address, or one with bits that it has', () => {
  for (const good of ['192.0.2.1', '192.0.2.0/24', '2001:db8::/32', '::1'])
    assert.ok(isNetwork(good))
  for (const bad of ['', 'x', '192.0.2.0/33', '1.2.3', '::/129', '1.2.3.4/8/9', '1.2.3.4/']) {
    assert.ok(!isNetwork(bad), bad)
  }
  assert.ok(isFrom('192.0.2.9', ['192.0.2.0/24']))
  assert.ok(!isFrom('198.51.100.1', ['192.0.2.0/24', '2001:db8::/32']))
  assert.ok(isFrom('2001:db8::5', ['192.0.2.0/24', '2001:db8::/32']))
  assert.ok(isFrom('198.51.100.1', []))
})

test('pieces of a file written in any order are whole exactly where all bytes are there', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(40), fc.nat(10)), { maxLength: 20 }),
      fc.option(fc.nat(40), { nil: undefined }),
      (writes, cut) => {
        const pieces = new Pieces(0)
        const bytes: boolean[] = []
        for (const [from, length] of writes) {
          pieces.add(from, from + length)
          for (let at = from; at < from + length; at++) bytes[at] = true
        }
        if (cut !== undefined) {
          pieces.cut(cut)
          bytes.length = Math.min(bytes.length, cut)
        }
        const there = Array.from(bytes, (is) => is)
        const hole = there.indexOf(undefined as unknown as boolean)
        const end = there.lastIndexOf(true) + 1
        assert.equal(pieces.end, end)
        assert.equal(pieces.whole, hole === -1 ? end : Math.min(hole, end))
      },
    ),
  )
})

test('an address that fails often is blocked, and let in again when its time is over', () => {
  let ms = 0
  const limits = { ...DEFAULT_DROP_BOX_LIMITS, addressFailuresMax: 3, blockSecondsMax: 10 }
  const counts = new Counts(limits, () => ms)
  counts.noteFailure('a')
  counts.noteFailure('a')
  ms = 11_000
  counts.noteFailure('a')
  assert.ok(!counts.isBlocked('a'))
  counts.noteFailure('a')
  counts.noteFailure('a')
  assert.ok(counts.isBlocked('a') && !counts.enter('a'))
  assert.ok(counts.enter('b'))
  ms = 21_000
  assert.ok(counts.isBlocked('a'))
  ms = 21_001
  assert.ok(!counts.isBlocked('a') && counts.enter('a'))
})

test('an account is held to its rate, a second ahead of it at most', () => {
  let ms = 0
  const pace = new Pace(1000, () => ms)
  assert.equal(pace.delay('a', 1000), 0)
  assert.equal(pace.delay('a', 500), 500)
  assert.equal(pace.delay('b', 500), 0)
  ms = 1500
  assert.equal(pace.delay('a', 1000), 0)
  ms = 60_000
  assert.equal(pace.delay('a', 2000), 1000)
})
