import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { DEFAULT_READ_LIMITS } from '../../src/ims/limits.ts'
import { RecordReader } from '../../src/ims/scan.ts'
import { memorySource } from '../../src/ims/source.ts'
import { SMALL, delivery } from './deliveries.ts'
import { Known, gather } from './gather.ts'

const codes = (problems: readonly { readonly code: string }[]): string[] =>
  problems.map(({ code }) => code)

function frameOf(root: string, head = ''): ReturnType<typeof gather> {
  const name = /^[^ >/]+/.exec(root)?.[0] ?? ''
  return gather(`${head}<${root}></${name}>`)
}

describe('a scan', () => {
  test('hands over frame, properties and records in file order, with their places', () => {
    const { frames, properties, records, problems, end } = gather(SMALL)
    assert.equal(end.problem, undefined)
    assert.equal(frames[0]?.dialect, 'ims-1.1')
    assert.deepEqual(codes(frames[0]?.problems ?? []), ['DOCTYPE_IGNORED'])
    assert.equal(properties[0]?.datasource, 'SATS')
    assert.deepEqual(
      records.map((record) => [record.kind, record.sourcedIds[0]?.id]),
      [
        ['person', 'P1'],
        ['person', 'P2'],
        ['group', 'G1'],
        ['membership', 'G1'],
      ],
    )
    const bytes = Buffer.from(SMALL)
    for (const { kind, place, length } of records) {
      const written = bytes.toString('utf8', place, place + length)
      assert.match(written, new RegExp(`^<${kind}[ >][^]*</${kind} ?>$`))
    }
    assert.deepEqual(problems, [])
    assert.equal(end.elementsTokenised, 4)
    assert.equal(end.bytesRead, bytes.length)
  })

  test('finds the same whatever the size of its window', () => {
    const whole = gather(SMALL)
    const known = new Known(whole)
    for (let windowBytes = 1; windowBytes < 700; windowBytes += windowBytes < 40 ? 1 : 23) {
      const { end, frames, records, raws, problems } = gather(SMALL, { windowBytes })
      assert.deepEqual(
        { frames, records, raws, problems, end },
        {
          frames: whole.frames,
          records: whole.records,
          raws: whole.raws,
          problems: whole.problems,
          end: whole.end,
        },
      )
      const again = gather(SMALL, { windowBytes, known })
      assert.deepEqual(again.records, whole.records)
      // P2 is not found by its first end tag, which stands in a comment: it is always tokenised.
      assert.deepEqual(again.knownSlots, [0, 2, 3])
    }
  })

  test('reads records again at their places', () => {
    const { frames, properties, records } = gather(SMALL)
    const frame = frames[0]
    assert.ok(frame)
    const source = memorySource(Buffer.from(SMALL))
    const reader = new RecordReader(source, frame, properties[0], DEFAULT_READ_LIMITS)
    for (const record of records)
      assert.deepEqual(reader[record.kind](record.place, record.length), record)
    assert.throws(() => reader.person(3, 20), { code: 'ERR_FILE_UNREADABLE' })
    // A file that was changed meanwhile holds anything there, and what is no XML at all.
    const changed = memorySource(Buffer.from(SMALL.replaceAll('<name>', '<name<')))
    const other = new RecordReader(changed, frame, properties[0], DEFAULT_READ_LIMITS)
    const [first] = records
    assert.ok(first)
    assert.throws(() => other.person(first.place, first.length), { code: 'ERR_FILE_UNREADABLE' })
  })
})

describe('the shortcut and the full tokeniser', () => {
  test('agree on every delivery: scanned again, all that was accepted is known or read the same', () => {
    fc.assert(
      fc.property(delivery, fc.integer({ min: 1, max: 300 }), (xml, windowBytes) => {
        const first = gather(xml)
        assert.equal(first.end.problem, undefined)
        const again = gather(xml, { windowBytes, known: new Known(first) })
        assert.deepEqual(again.records, first.records)
        assert.deepEqual(again.problems, first.problems)
        const { elementsKnown, elementsTokenised } = again.end
        assert.equal(elementsKnown + elementsTokenised, first.end.elementsTokenised)
      }),
      { numRuns: 300 },
    )
  })

  test('know every record in whose bytes no end tag is hidden', () => {
    const plain = SMALL.replace('<!-- </person> -->', '').replace('<![CDATA[</person>]]>', '')
    const first = gather(plain)
    const again = gather(plain, { known: new Known(first) })
    assert.deepEqual(again.knownSlots, [0, 1, 2, 3])
    assert.deepEqual([again.end.elementsKnown, again.end.elementsTokenised], [4, 0])
  })

  test('agree after any damage to the bytes', () => {
    const damage = fc.record({
      at: fc.nat(),
      take: fc.nat({ max: 8 }),
      put: fc.oneof(
        fc.uint8Array({ maxLength: 2 }),
        fc
          .constantFrom(
            '<!--',
            '-->',
            '<![CDATA[',
            ']]>',
            '</person>',
            '<person>',
            '</group>',
            '"',
            '<a>',
            '</a>',
            ' ',
          )
          .map((text) => Buffer.from(text)),
      ),
    })
    fc.assert(
      fc.property(
        delivery,
        fc.array(damage, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(64, 1 << 16),
        (xml, damages, windowBytes) => {
          let bytes: Buffer = Buffer.from(xml)
          const known = new Known(gather(bytes))
          for (const { at, take, put } of damages) {
            const place = at % (bytes.length + 1)
            bytes = Buffer.concat([bytes.subarray(0, place), put, bytes.subarray(place + take)])
          }
          const full = gather(bytes, { windowBytes })
          const short = gather(bytes, { known, windowBytes })
          assert.equal(short.end.problem?.code, full.end.problem?.code)
          assert.deepEqual(short.frames.at(-1)?.encoding, full.frames.at(-1)?.encoding)
          assert.deepEqual(short.records, full.records)
          assert.deepEqual(codes(short.problems), codes(full.problems))
        },
      ),
      { numRuns: 400 },
    )
  })
})

describe('the root', () => {
  const namespaces: readonly (readonly [string, string])[] = [
    ['http://pifu.no/xsd/pifu-ims_sas/pifu-ims_sas-0.9', 'pifu-0.9'],
    ['http://pifu.no/xsd/pifu-ims_sas/pifu-ims_sas-1.0', 'pifu-1.0'],
    ['http://pifu.no/xsd/pifu-ims_sas/pifu-ims_sas-1.1', 'pifu-1.1'],
    ['http://pifu.no/xsd/pifu-ims_sas/pifu-ims_sas-1.2', 'pifu-1.2'],
    ['http://pifu.no/xsd/pifu-ims_sas/pifu-ims_sas-v1', 'pifu-1.3'],
    ['http://tempuri.org/ims_epv1p1', 'ims-1.1'],
    ['http://www.metaventis.com/ns/cockpit/sync/1.0', 'ims-1.1'],
  ]
  for (const [namespace, dialect] of namespaces)
    test(`of namespace ${namespace} is ${dialect}, with a prefix or without`, () => {
      const [plain] = frameOf(`enterprise xmlns="${namespace}"`).frames
      assert.deepEqual([plain?.dialect, plain?.namespace], [dialect, namespace])
      assert.equal(frameOf(`p:enterprise xmlns:p="${namespace}"`).frames[0]?.dialect, dialect)
      assert.deepEqual(plain?.problems, [])
    })

  test('in upper case is IMS 1.01', () => {
    const { frames } = gather('<ENTERPRISE><PROPERTIES/></ENTERPRISE>')
    assert.equal(frames[0]?.dialect, 'ims-1.01')
    assert.deepEqual(codes(frames[0]?.problems ?? []), ['NAMES_IN_UPPER_CASE'])
  })

  test('of a namespace that nobody knows is read by its names, with a warning', () => {
    const { frames } = frameOf('enterprise xmlns="urn:x"')
    assert.equal(frames[0]?.dialect, 'unknown-namespace')
    assert.deepEqual(codes(frames[0]?.problems ?? []), ['NAMESPACE_UNKNOWN'])
  })

  test('of another name refuses the delivery and says what was found', () => {
    const { end, frames } = frameOf('document xmlns="urn:abc"')
    assert.equal(end.problem?.code, 'DIALECT_UNKNOWN')
    assert.equal(end.problem?.found, 'document of urn:abc')
    assert.deepEqual(frames, [])
  })
})

describe('before and between', () => {
  test('a byte order mark is passed over', () => {
    assert.deepEqual(frameOf('enterprise', '\ufeff<?xml version="1.0"?>').frames[0]?.problems, [])
  })

  test('blanks before the XML declaration are a notice', () => {
    const { frames } = frameOf('enterprise', '\r\n<?xml version="1.0"?>')
    assert.deepEqual(codes(frames[0]?.problems ?? []), ['BLANKS_BEFORE_DECLARATION'])
  })

  test('text before the document, as an upload form leaves it, is a notice', () => {
    const { frames } = frameOf('enterprise', 'POSTXML\n<?xml version="1.0"?>')
    assert.deepEqual(codes(frames[0]?.problems ?? []), ['TEXT_BEFORE_DOCUMENT'])
    assert.equal(frames[0]?.problems[0]?.found, 'POSTXML')
  })

  test('of several properties the first counts', () => {
    const { properties, problems } = gather(
      '<enterprise><properties><datasource>A</datasource></properties><properties><datasource>B</datasource></properties></enterprise>',
    )
    assert.equal(properties.length, 1)
    assert.equal(properties[0]?.datasource, 'A')
    assert.deepEqual(codes(problems), ['PROPERTIES_REPEATED'])
  })

  test('missing properties are noticed at the end', () => {
    assert.deepEqual(codes(gather('<enterprise/>').problems), ['PROPERTIES_MISSING'])
  })

  test('unknown elements are named once each and passed over, with all that is in them', () => {
    const { records, problems } = gather(
      '<enterprise><properties/><x><person><id>1</id></person></x><x/><y/><comments>c</comments></enterprise>',
    )
    assert.deepEqual(records, [])
    assert.deepEqual(
      problems.map(({ code, found }) => [code, found]),
      [
        ['ELEMENT_UNKNOWN', 'x'],
        ['ELEMENT_UNKNOWN', 'y'],
      ],
    )
  })

  test('text between records is a problem, once', () => {
    const { problems } = gather('<enterprise><properties/>a<!-- -->b<y/></enterprise>')
    assert.deepEqual(codes(problems), ['TEXT_UNEXPECTED', 'ELEMENT_UNKNOWN'])
  })

  test('a record that cannot be used is a problem, and the scan goes on behind it', () => {
    const { problems, records, end } = gather(
      '<enterprise><properties/><person><name><fn>A</fn></name></person><person/><group><sourcedid><source>S</source><id>G</id></sourcedid></group></enterprise>',
    )
    assert.deepEqual(codes(problems), ['KEY_MISSING', 'KEY_MISSING'])
    assert.equal(records.length, 1)
    assert.equal(end.elementsTokenised, 3)
  })
})
