import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { SMALL } from './deliveries.ts'
import { gather } from './gather.ts'

const refusal = (xml: string | Uint8Array): string | undefined => gather(xml).end.problem?.code
const bytesIn = (before: string, hex: string, behind: string): Buffer =>
  Buffer.from(
    inside(`${before}\0${behind}`).replace('\0', Buffer.from(hex, 'hex').toString('latin1')),
    'latin1',
  )
const inside = (text: string): string => `<enterprise><properties/>${text}</enterprise>`

describe('a delivery is refused as a whole', () => {
  const laughs = `<!DOCTYPE e [<!ENTITY a "ha"><!ENTITY b "${'&a;'.repeat(10)}"><!ENTITY c "${'&b;'.repeat(10)}">]><enterprise>&c;</enterprise>`
  const cases: readonly (readonly [string, string | Uint8Array, string])[] = [
    ['entities that grow a billionfold', laughs, 'DECLARATION_FORBIDDEN'],
    [
      'an external entity',
      '<!DOCTYPE e [<!ENTITY x SYSTEM "file:///etc/passwd">]><enterprise>&x;</enterprise>',
      'DECLARATION_FORBIDDEN',
    ],
    [
      'a parameter entity',
      '<!DOCTYPE e [<!ENTITY % x SYSTEM "http://x/"> %x;]><enterprise/>',
      'DECLARATION_FORBIDDEN',
    ],
    ['an empty internal subset', '<!DOCTYPE e []><enterprise/>', 'DECLARATION_FORBIDDEN'],
    [
      'an entity of an external DTD',
      '<!DOCTYPE e SYSTEM "x.dtd">'.concat(inside('<person>&aring;</person>')),
      'ENTITY_UNKNOWN',
    ],
    [
      'one large entity, named again and again',
      `<!DOCTYPE e [<!ENTITY a "${'a'.repeat(1000)}">]>${inside('&a;'.repeat(1000))}`,
      'DECLARATION_FORBIDDEN',
    ],
    ['a reference to half of a surrogate pair', inside('<x>&#xD83D;</x>'), 'NOT_WELL_FORMED'],
    ['a reference to a zero byte', inside('<x>&#0;</x>'), 'NOT_WELL_FORMED'],
    ['a reference beyond Unicode', inside('<x>&#x110000;</x>'), 'NOT_WELL_FORMED'],
    ['a reference beyond any number', inside(`<x>&#${'9'.repeat(60)};</x>`), 'NOT_WELL_FORMED'],
    ['a reference of 70 digits', inside(`<x>&#${'0'.repeat(68)}65;</x>`), 'NOT_WELL_FORMED'],
    ['a reference without a number', inside('<x>&#;</x>'), 'NOT_WELL_FORMED'],
    ['a reference with a wrong digit', inside('<x>&#1a;</x>'), 'NOT_WELL_FORMED'],
    ['a reference with a large X', inside('<x>&#X41;</x>'), 'NOT_WELL_FORMED'],
    ['UTF-32', Buffer.from(`\ufeff${SMALL}`, 'utf16le').swap16(), 'NOT_WELL_FORMED'],
    ['deep nesting', inside('<x>'.repeat(100_000)), 'LIMIT_EXCEEDED'],
    ['a zero byte', inside('<person>\0</person>'), 'NOT_WELL_FORMED'],
    ['a control character in a comment', inside('<!-- \u0008 -->'), 'NOT_WELL_FORMED'],
    ['two hyphens in a comment', inside('<!-- a -- b -->'), 'NOT_WELL_FORMED'],
    ['two roots', '<enterprise></enterprise><enterprise></enterprise>', 'NOT_WELL_FORMED'],
    ['text after the root', '<enterprise></enterprise>x', 'NOT_WELL_FORMED'],
    ['zero bytes after the root', '<enterprise></enterprise>\0\0', 'NOT_WELL_FORMED'],
    ['a comment cut off after the root', '<enterprise></enterprise><!-- ', 'NOT_WELL_FORMED'],
    ['two files joined', SMALL + SMALL, 'NOT_WELL_FORMED'],
    ['an end tag that is not that of the root', '<enterprise></enterprises>', 'NOT_WELL_FORMED'],
    ['a root end tag in other case', '<enterprise></Enterprise>', 'NOT_WELL_FORMED'],
    ['a document type inside', inside('<!DOCTYPE x>'), 'NOT_WELL_FORMED'],
    ['two document types', '<!DOCTYPE a><!DOCTYPE a><enterprise/>', 'NOT_WELL_FORMED'],
    [
      'an XML declaration written wrongly',
      '<?xml encoding="utf-8"?><enterprise/>',
      'NOT_WELL_FORMED',
    ],
    [
      'text before the root, behind the declaration',
      '<?xml version="1.0"?>x<enterprise/>',
      'NOT_WELL_FORMED',
    ],
    ['nothing but text', 'no such export', 'NOT_WELL_FORMED'],
    ['a page of a web server', '<html><body>503</body></html>', 'DIALECT_UNKNOWN'],
    ['no byte at all', '', 'FILE_EMPTY'],
    ['nothing but blanks', ' \r\n\t', 'FILE_EMPTY'],
    ['nothing but a byte order mark', '\ufeff', 'FILE_EMPTY'],
    ['nothing but a declaration', '<?xml version="1.0"?>', 'ENDS_EARLY'],
    ['zero bytes where a file should be', Buffer.alloc(4096), 'NOT_WELL_FORMED'],
  ]
  for (const [what, xml, code] of cases) test(`for ${what}`, () => assert.equal(refusal(xml), code))

  test('for bytes beyond the limit of a delivery, before one is read', () => {
    const { end, frames } = gather(SMALL, { limits: { deliveryBytesMax: 100 } })
    assert.equal(end.problem?.code, 'LIMIT_EXCEEDED')
    assert.equal(end.bytesRead, 0)
    assert.deepEqual(frames, [])
  })

  test('for a record beyond the limit of a record, whatever the window, with its place', () => {
    const huge = inside(`<person><name><fn x="${'a'.repeat(5000)}">A</fn></name></person>`)
    for (const windowBytes of [1, 100, 4096, 1 << 20]) {
      const { problem } = gather(huge, { windowBytes, limits: { recordBytesMax: 2000 } }).end
      assert.equal(problem?.code, 'LIMIT_EXCEEDED')
      assert.equal(problem.place, huge.indexOf('<person>'))
      assert.equal(gather(huge, { windowBytes }).end.problem, undefined)
    }
  })
})

describe('bytes that are no text', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['an overlong slash', 'c0af'],
    ['an overlong zero', 'c080'],
    ['an overlong slash in three bytes', 'e080af'],
    ['an overlong slash in four', 'f08080af'],
    ['half of a surrogate pair', 'eda0bd'],
    ['both halves, as CESU-8 has them', 'eda0bdedb880'],
    ['what is beyond Unicode', 'f4908080'],
    ['the beginning of a character', 'f09f98'],
    ['the end of one', '80'],
  ]
  const key = (id: string): string => `<sourcedid><source>S</source><id>${id}</id></sourcedid>`
  for (const [what, hex] of cases)
    test(`set aside the record that has them, and nothing else: ${what}`, () => {
      const person = (id: string, name: string): string =>
        `<person>${key(id)}<name><fn>${name}</fn></name></person>`
      // A character of UTF-8 says what the file is.
      const first = person('P1', Buffer.from('å').toString('latin1'))
      const file = bytesIn(`${first}<person>${key('P2')}<name><fn>`, hex, `</fn></name></person>`)
      const { end, records, problems } = gather(file)
      assert.equal(end.problem, undefined)
      assert.deepEqual(
        records.map(({ sourcedIds }) => sourcedIds[0]?.id),
        ['P1'],
      )
      assert.deepEqual(
        problems.map(({ code, key: at }) => [code, at]),
        [['BYTES_UNREADABLE', 'P2']],
      )
    })
})

describe('a record with a hundred thousand problems', () => {
  test('notes each kind once, without looking through them', () => {
    const member = '<member><sourcedid><id/></sourcedid></member>'
    const known = '<member><sourcedid><id>P1</id></sourcedid></member>'
    const many = 50_000
    const list = `<membership><sourcedid><id>G</id></sourcedid>${member.repeat(many)}${known.repeat(many)}</membership>`
    const [record] = gather(inside(list)).records
    const codes = record?.problems.map(({ code }) => code) ?? []
    assert.equal(codes.filter((code) => code === 'KEY_MISSING').length, many)
    assert.equal(codes.filter((code) => code === 'IDTYPE_MISSING').length, 1)
  })
})

describe('a delivery cut off', () => {
  test('at any byte is refused, and never a shorter delivery', () => {
    const bytes = Buffer.from(SMALL)
    const rootEnd = SMALL.indexOf('</enterprise>') + '</enterprise>'.length
    const shift = bytes.length - SMALL.length
    for (let length = 0; length < bytes.length; length++) {
      const { end } = gather(bytes.subarray(0, length))
      const rest = bytes.toString('utf8', rootEnd + shift, length).trim()
      const isWhole = length >= rootEnd + shift && (rest === '' || rest === '<!-- the end -->')
      assert.equal(end.problem === undefined, isWhole, `cut off at ${length}`)
      if (length > 160 && length < rootEnd + shift) assert.equal(end.problem?.code, 'ENDS_EARLY')
    }
  })

  test('says where the file ended', () => {
    assert.deepEqual(gather('<enterprise><person>').end.problem?.place, 20)
  })
})

describe('any bytes whatever', () => {
  test('are read or refused, and always come to an end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        gather(bytes)
        gather(Buffer.concat([Buffer.from('<enterprise>'), bytes]), { windowBytes: 7 })
        gather(Buffer.from(inside(Buffer.from(bytes).toString('latin1'))))
      }),
      { numRuns: 1000 },
    )
  })

  test('a file of self-closing records does not make the scan look for end tags again and again', () => {
    const { end, problems, steps } = gather(inside('<person/>'.repeat(20_000)), {
      windowBytes: 4096,
    })
    assert.equal(end.problem, undefined)
    assert.equal(problems.length, 20_000)
    // One step a window: nothing is read twice.
    assert.ok(steps <= 2 * Math.ceil((20_000 * 9) / 4096) + 4, `${steps} steps`)
  })
})
