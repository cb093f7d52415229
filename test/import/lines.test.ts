import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import * as fc from 'fast-check'
import { LineCounter, linesOf } from '../../src/import/lines.ts'

const folder = mkdtempSync(join(tmpdir(), 'rollcall-lines-'))
after(() => rmSync(folder, { recursive: true }))

test('lines and columns count from 1, columns in characters', async () => {
  const text = '<a>\n <b>ås</b><c/>\n</a>'
  const file = join(folder, 'utf8.xml')
  writeFileSync(file, text)
  const at = (part: string): number => Buffer.byteLength(text.slice(0, text.indexOf(part)))
  const lines = await linesOf(file, 'utf-8', [at('</a>'), 0, at('<b>'), at('<c/>')])
  assert.deepEqual(
    [...lines.values()],
    [
      { line: 1, column: 1 },
      { line: 2, column: 2 },
      { line: 2, column: 11 },
      { line: 3, column: 1 },
    ],
  )
})

test('a byte order mark takes no column', async () => {
  const file = join(folder, 'mark.xml')
  writeFileSync(file, '\uFEFF<a/>')
  assert.deepEqual((await linesOf(file, 'utf-8', [3])).get(3), { line: 1, column: 1 })
})

test('in ISO-8859-1 every byte is a character', async () => {
  const file = join(folder, 'latin.xml')
  writeFileSync(file, Buffer.from('<å>ä</å>', 'latin1'))
  assert.deepEqual((await linesOf(file, 'iso-8859-1', [4])).get(4), { line: 1, column: 5 })
})

test('places in UTF-16 are those of its UTF-8 form', async () => {
  const file = join(folder, 'utf16.xml')
  writeFileSync(file, Buffer.from('\uFEFF<å>\n<b/>', 'utf16le'))
  assert.deepEqual((await linesOf(file, 'utf-16le', [5])).get(5), { line: 2, column: 1 })
})

test('a place behind the end stands at the end', async () => {
  const file = join(folder, 'short.xml')
  writeFileSync(file, 'a\nb')
  assert.deepEqual((await linesOf(file, 'utf-8', [99])).get(99), { line: 2, column: 2 })
})

test('wherever the file is cut into pieces, the counts are the same', async () => {
  const document = fc
    .array(fc.constantFrom('a', '\n', 'å', '中', '😀'))
    .map((parts) => Buffer.from(parts.join('')))
  fc.assert(
    fc.property(
      document,
      fc.array(fc.nat(60)),
      fc.integer({ min: 1, max: 7 }),
      (bytes, places, size) => {
        const count = (step: number): unknown => {
          const counter = new LineCounter(false, places)
          for (let at = 0; at < bytes.length; at += step)
            counter.count(bytes.subarray(at, at + step))
          counter.end()
          return [...counter.found]
        }
        assert.deepEqual(count(size), count(bytes.length + 1))
      },
    ),
  )
})

test('a file that is not there is told by name', async () => {
  await assert.rejects(linesOf(join(folder, 'none.xml'), 'utf-8', [1]), {
    code: 'ERR_FILE_UNREADABLE',
  })
})
