import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { memorySource, readFully } from '../../src/ims/source.ts'
import { transcodeUtf16, utf16Of } from '../../src/ims/utf16.ts'
import { gather } from './gather.ts'
import type { Gathered } from './gather.ts'

const person = (name: string, id = 'P1'): string =>
  `<person><sourcedid><source>S</source><id>${id}</id></sourcedid><name><fn>${name}</fn></name></person>`
const file = (declaration: string, inside: string): string =>
  `${declaration}<enterprise><properties><datasource>S</datasource></properties>${inside}</enterprise>`
const declared = (encoding: string): string => `<?xml version="1.0" encoding="${encoding}"?>`

function read(gathered: Gathered): readonly unknown[] {
  const names = gathered.records.map((record) => (record.kind === 'person' ? record.fn : undefined))
  return [gathered.frames.at(-1)?.encoding, ...names]
}
const notices = ({ frames }: Gathered): readonly string[] =>
  (frames.at(-1)?.problems ?? []).map(({ code }) => code)

describe('the encoding of a delivery', () => {
  test('is UTF-8 where nothing is declared, with byte order mark or without', () => {
    assert.deepEqual(read(gather(file('', person('Åsa')))), ['utf-8', 'Åsa'])
    assert.deepEqual(read(gather(`\ufeff${file(declared('utf-8'), person('Åsa'))}`)), [
      'utf-8',
      'Åsa',
    ])
  })

  for (const [label, encoding] of [
    ['ISO-8859-1', 'iso-8859-1'],
    ['windows-1252', 'windows-1252'],
    ['iso-8859-15', 'iso-8859-15'],
  ] as const)
    test(`is ${encoding} where that is declared and the bytes are no UTF-8`, () => {
      const gathered = gather(Buffer.from(file(declared(label), person('Åsa Öst')), 'latin1'))
      assert.deepEqual(read(gathered), [encoding, 'Åsa Öst'])
      assert.equal(gathered.frames[0]?.declaredEncoding, label)
      assert.deepEqual(notices(gathered), [])
    })

  test('0x80 to 0x9f in ISO-8859-1 are those of windows-1252', () => {
    const bytes = Buffer.from(
      file(declared('ISO-8859-1'), person('\u0093A\u0094 \u0080\u00e5')),
      'latin1',
    )
    assert.deepEqual(read(gather(bytes)), ['iso-8859-1', '“A” €å'])
  })

  test('declared ISO-8859-1 of which every byte is valid UTF-8 is UTF-8, with a notice', () => {
    const gathered = gather(file(declared('ISO-8859-1'), person('Åsa')))
    assert.deepEqual(read(gathered), ['utf-8', 'Åsa'])
    assert.deepEqual(notices(gathered), ['ENCODING_IS_UTF8'])
  })

  test('declared ISO-8859-1 in plain ASCII stays what it says', () => {
    assert.deepEqual(read(gather(file(declared('ISO-8859-1'), person('Asa')))), [
      'iso-8859-1',
      'Asa',
    ])
  })

  test('declared UTF-16 whose bytes are UTF-8, as some libraries write it, is UTF-8, with a notice', () => {
    const gathered = gather(file(declared('utf-16'), person('Åsa')))
    assert.deepEqual(read(gathered), ['utf-8', 'Åsa'])
    assert.deepEqual(notices(gathered), ['ENCODING_IS_UTF8'])
  })

  test('of a name that nobody knows refuses the delivery', () => {
    const { end } = gather(file(declared('EBCDIC-CP-SE'), person('A')))
    assert.equal(end.problem?.code, 'ENCODING_UNKNOWN')
    assert.equal(end.problem?.found, 'EBCDIC-CP-SE')
  })
})

describe('a file that says UTF-8 and is not', () => {
  test('is read as windows-1252 where no sequence of it is valid UTF-8, with a warning', () => {
    const gathered = gather(Buffer.from(file(declared('UTF-8'), person('Åsa')), 'latin1'))
    assert.deepEqual(read(gathered), ['windows-1252', 'Åsa'])
    assert.deepEqual(notices(gathered), ['ENCODING_FALLBACK'])
    assert.equal(gathered.frames.length, 1)
  })

  test('keeps its encoding where any sequence is valid: only the records with bad bytes are set aside', () => {
    const bytes = Buffer.concat([
      Buffer.from(file('', person('Åsa') + person('B', 'P2')).replace('</enterprise>', '')),
      Buffer.from(person('Åke', 'P3'), 'latin1'),
      Buffer.from(`${person('C', 'P4')}</enterprise>`),
    ])
    const gathered = gather(bytes)
    assert.deepEqual(read(gathered), ['utf-8', 'Åsa', 'B', 'C'])
    assert.deepEqual(
      gathered.problems.map(({ code, kind, key }) => [code, kind, key]),
      [['BYTES_UNREADABLE', 'person', 'P3']],
    )
    assert.equal(gathered.end.problem, undefined)
  })

  test('is found out far behind much ASCII too: a second frame replaces the first', () => {
    const inside = `${person('A').repeat(20)}${person('Åsa', 'P2')}${person('Åke', 'P3')}`
    const bytes = Buffer.from(file('', inside), 'latin1')
    const gathered = gather(bytes, { windowBytes: 256 })
    assert.deepEqual(
      gathered.frames.map(({ encoding }) => encoding),
      ['utf-8', 'windows-1252'],
    )
    assert.deepEqual(notices(gathered), ['ENCODING_FALLBACK'])
    assert.deepEqual(gathered.records, gather(bytes).records)
    assert.deepEqual(gathered.problems, [])
  })

  test('and has one valid sequence at its very end keeps its encoding, whatever the window', () => {
    const bytes = Buffer.concat([
      Buffer.from(file('', `${person('A').repeat(20)}${person('Åsa', 'P2')}`), 'latin1'),
      Buffer.from('<!-- å -->'),
    ])
    for (const windowBytes of [64, 256, 1 << 20]) {
      const gathered = gather(bytes, { windowBytes })
      assert.deepEqual(
        gathered.frames.map(({ encoding }) => encoding),
        ['utf-8'],
      )
      assert.deepEqual(
        gathered.problems.map(({ code }) => code),
        ['BYTES_UNREADABLE'],
      )
    }
  })

  test('bytes that windows-1252 has no character for are a problem of their record', () => {
    const bytes = Buffer.from(
      file(declared('windows-1252'), person('\u0081å') + person('Bø', 'P2')),
      'latin1',
    )
    const gathered = gather(bytes)
    assert.deepEqual(read(gathered), ['windows-1252', 'Bø'])
    assert.deepEqual(
      gathered.problems.map(({ code }) => code),
      ['BYTES_UNREADABLE'],
    )
  })
})

const little = (text: string): Buffer => Buffer.from(text, 'utf16le')
const big = (text: string): Buffer => little(text).swap16()
const read16 = (bytes: Buffer): readonly unknown[] => {
  const transcodedFrom = utf16Of(memorySource(bytes))
  assert.ok(transcodedFrom)
  const gathered = gather(transcodeUtf16(memorySource(bytes), transcodedFrom), { transcodedFrom })
  return [...read(gathered), ...notices(gathered), ...gathered.problems.map(({ code }) => code)]
}

test('however long a prologue is, the bytes are gone through once to find their encoding', () => {
  const bytes = Buffer.from(
    file(`${declared('ISO-8859-15')}<!-- ${'x'.repeat(9000)} -->`, person('A')),
  )
  let read = 0
  const source = {
    length: bytes.length,
    read: (into: Uint8Array, at: number): number => {
      const part = bytes.subarray(at, at + into.length)
      into.set(part)
      read += part.length
      return part.length
    },
  }
  assert.equal(gather(source, { windowBytes: 16 }).end.problem, undefined)
  assert.ok(read <= 2 * bytes.length, `${read} of ${bytes.length} bytes`)
})

describe('UTF-16', () => {
  const text = file(declared('UTF-16'), person('Åsa € 😀'))
  test('is transcoded, in either order, with byte order mark or without', () => {
    assert.deepEqual(read16(little(text)), ['utf-16le', 'Åsa € 😀'])
    assert.deepEqual(read16(little(`\ufeff${text}`)), ['utf-16le', 'Åsa € 😀'])
    assert.deepEqual(read16(big(text)), ['utf-16be', 'Åsa € 😀'])
    assert.deepEqual(read16(big(`\ufeff${text}`)), ['utf-16be', 'Åsa € 😀'])
  })

  test('half of a surrogate pair is a problem of its record', () => {
    const broken = file('', person('A\ud83dB') + person('\ude00', 'P2') + person('C', 'P3'))
    assert.deepEqual(read16(little(broken)), [
      'utf-16le',
      'C',
      'BYTES_UNREADABLE',
      'BYTES_UNREADABLE',
    ])
  })

  test('reads the same from any place, whatever lies across two blocks', () => {
    const texts = [
      '',
      'a',
      '\ufeff',
      'x😀å€😀',
      `${'x'.repeat(7)}😀${'å'.repeat(10)}`,
      'a\ufeffb',
      'a\ud83d',
      '\ude00😀\ud83d',
    ]
    for (const written of texts) {
      // Half of a pair is written as WTF-8 has it.
      const wanted = Buffer.concat(
        Array.from(written.startsWith('\ufeff') ? written.slice(1) : written, (character) => {
          if (character.isWellFormed()) return Buffer.from(character)
          const code = character.charCodeAt(0)
          return Buffer.from([0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63)])
        }),
      )
      for (const blockBytes of [4, 6, 8, 1 << 20]) {
        for (const odd of ['', 'x']) {
          const end = Buffer.from(odd)
          for (const [bytes, encoding] of [
            [little(written), 'utf-16le'],
            [big(written), 'utf-16be'],
          ] as const) {
            const source = transcodeUtf16(
              memorySource(Buffer.concat([bytes, end])),
              encoding,
              blockBytes,
            )
            const whole = Buffer.concat([wanted, Buffer.alloc(odd.length, 0xff)])
            for (let at = whole.length + 1; at >= 0; at--) {
              const rest = Buffer.alloc(whole.length + 9)
              const have = readFully(source, rest, at)
              assert.deepEqual(rest.subarray(0, have), whole.subarray(at))
            }
            assert.equal(source.length, whole.length)
          }
        }
      }
    }
  })

  test('has a block of it in memory, and no more', () => {
    const sizes = new Set<number>()
    const file = memorySource(little('<enterprise>'.padEnd(9000, 'å')))
    const watched = {
      length: file.length,
      read: (into: Uint8Array, at: number): number => {
        sizes.add(into.length)
        return file.read(into, at)
      },
    }
    const source = transcodeUtf16(watched, 'utf-16le', 1024)
    assert.equal(source.length, 12 + 2 * 8988)
    assert.deepEqual(
      [...sizes].filter((size) => size > 1024),
      [],
    )
  })

  test('is not seen in any file of single bytes', () => {
    for (const other of ['', '<', file('', ''), 'POSTXML<', '\ufeff<a/>'])
      assert.equal(utf16Of(memorySource(Buffer.from(other))), undefined)
  })

  test('that was not transcoded is refused', () => {
    assert.equal(gather(little(text)).end.problem?.code, 'NOT_WELL_FORMED')
    assert.equal(gather(big(`\ufeff${text}`)).end.problem?.code, 'NOT_WELL_FORMED')
  })
})
