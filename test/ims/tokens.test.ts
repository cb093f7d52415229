import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { DEFAULT_READ_LIMITS } from '../../src/ims/limits.ts'
import { NAMES_MAX } from '../../src/ims/names.ts'
import { COMMENT, END, MORE, START, TEXT, Tokens } from '../../src/ims/tokens.ts'
import { eventsOfSaxes, eventsOfTokens, refusalOf } from './events.ts'

function tokensOf(xml: string | Uint8Array): Tokens {
  const bytes = typeof xml === 'string' ? Buffer.from(xml) : xml
  const tokens = new Tokens(DEFAULT_READ_LIMITS)
  tokens.reset(bytes, 0, bytes.length, 0)
  return tokens
}

/** Text that needs every kind of care, as it is written in a document. */
const content = fc
  .array(
    fc.oneof(
      fc.stringMatching(/^[a-zA-Z0-9 .]{1,8}$/),
      fc.constantFrom(
        '&amp;',
        '&lt;',
        '&#229;',
        '&#x1F600;',
        'Å',
        'ø',
        '😀',
        '€',
        '\n',
        '\r\n',
        '\r',
      ),
      fc.constantFrom(']', ']]', 'b>', "'", '"', '\t', '\u0085', '\u007f'),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''))
const name = fc.constantFrom('a', 'person', 'Person', 'språk', 'x-y', '_1', 'a.b', 'sourcedid')
const attributes = fc
  .uniqueArray(fc.tuple(name, content), { selector: ([key]) => key, maxLength: 3 })
  .map((all) =>
    all.map(([key, value]) => ` ${key} = "${value.replaceAll('"', '&quot;')}"`).join(''),
  )
const aside = fc.constantFrom(
  '<!-- a - b -->',
  '<?go on?>',
  '<![CDATA[<a>&]]]]>',
  '<![CDATA[]]>',
  ' ',
  '\n  ',
)
const { element } = fc.letrec<{ element: string; inside: string }>((tie) => ({
  inside: fc.oneof({ maxDepth: 4 }, content, aside, tie('element')),
  element: fc
    .tuple(name, attributes, fc.array(tie('inside'), { maxLength: 4 }), fc.boolean())
    .map(([tag, values, inside, isShort]) =>
      inside.length === 0 && isShort
        ? `<${tag}${values}/>`
        : `<${tag}${values}>${inside.join('')}</${tag} >`,
    ),
}))
const document = fc
  .tuple(
    fc.constantFrom('', '\n', '<!-- c -->', '<!DOCTYPE a SYSTEM "x>y">'),
    element,
    fc.constantFrom('', '\n', '<!-- c -->'),
  )
  .map((parts) => parts.join(''))

describe('the tokeniser and saxes, a parser made by others', () => {
  test('make the same of every well-formed document', () => {
    fc.assert(
      fc.property(document, (xml) => {
        const events = eventsOfTokens(xml)
        assert.notEqual(events, 'refused')
        assert.deepEqual(events, eventsOfSaxes(xml))
      }),
      { numRuns: 500 },
    )
  })

  // No colons, which saxes takes anywhere without namespaces, and no "<!D" but the generated one: saxes does not look
  // at the inside of a document type, and takes internal subsets.
  test('make the same of every document with a few characters wrong, or both refuse it', () => {
    const wrong = fc.record({
      at: fc.nat(),
      take: fc.nat({ max: 3 }),
      put: fc.constantFrom(
        '',
        '<',
        '>',
        '&',
        ';',
        '/',
        '"',
        "'",
        '=',
        '!',
        '-',
        '--',
        '[',
        ']',
        ']]>',
        '?',
        '?>',
        ' ',
        'a',
        '1',
        '#',
        '&#0;',
        '&#xD800;',
        '&x;',
        '&#38',
        '\u0000',
        '\u0001',
        '\u000b',
        '\ufffe',
        'å',
        '×',
        '<!--',
        '-->',
        '<a>',
        '</a>',
        '<a/>',
        '<?',
        '<?xml ?>',
        '<![CDATA[',
        '<!',
        '</',
        '\u0300',
        '·',
      ),
    })
    fc.assert(
      fc.property(document, fc.array(wrong, { minLength: 1, maxLength: 3 }), (whole, mistakes) => {
        let xml = whole
        for (const { at, take, put } of mistakes) {
          const place = at % (xml.length + 1)
          xml = xml.slice(0, place) + put + xml.slice(place + take)
        }
        fc.pre(xml.isWellFormed() && !whole.startsWith('<!DOCTYPE'))
        assert.deepEqual(eventsOfTokens(xml), eventsOfSaxes(xml))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('tokens', () => {
  test('names come without prefix and in lower case, and as written', () => {
    const tokens = tokensOf('<ims:Person Recstatus="1" x:id="7" xmlns:x="u"/>')
    assert.equal(tokens.next(), START)
    assert.equal(tokens.name, 'person')
    assert.equal(tokens.rawName, 'ims:Person')
    assert.equal(tokens.localName, 'Person')
    assert.equal(tokens.hadUpperCase, true)
    assert.equal(tokens.attribute('recstatus'), '1')
    assert.equal(tokens.attribute('id'), '7')
    assert.equal(tokens.attribute('x'), undefined)
    assert.deepEqual(
      tokens.attributes().map(({ name }) => name),
      ['recstatus', 'id', 'xmlns:x'],
    )
    assert.equal(tokens.next(), END)
    assert.equal(tokens.rawName, 'ims:Person')
    assert.equal(tokens.depth, 0)
  })

  test('blanks between two tags are passed over, all other blanks are text', () => {
    const kinds: number[] = []
    const tokens = tokensOf('<a> <b> </b> x<!-- --> </a>')
    for (let kind = tokens.next(); kind !== MORE; kind = tokens.next()) kinds.push(kind)
    assert.deepEqual(kinds, [START, START, END, TEXT, COMMENT, TEXT, END])
  })

  test('line ends are one line feed, breaks in values are spaces, references are left as they are', () => {
    const tokens = tokensOf('<a b="1\r\n2\t3&#10;4">\r\n5\r6&#13;</a>')
    tokens.next()
    assert.equal(tokens.attribute('b'), '1 2 3\n4')
    tokens.next()
    assert.equal(tokens.text(), '\n5\n6\r')
  })

  test('a window that ends anywhere inside a document asks for more and never refuses', () => {
    const xml = Buffer.from(
      '<p:a b="1&amp;å"><!-- å --><?go on?><c>x]]å&#229;</c ><![CDATA[]]]]><d/></p:a>',
    )
    for (let end = 0; end < xml.length; end++) {
      const tokens = new Tokens(DEFAULT_READ_LIMITS)
      tokens.reset(xml, 0, end, 0)
      while (tokens.next() !== MORE);
      assert.equal(tokens.badText, false, `window of ${end} bytes`)
    }
  })

  test('a whole element is skipped with all that is inside', () => {
    const tokens = tokensOf('<a><b><b/>x</b><c/></a>')
    tokens.next()
    tokens.next()
    assert.equal(tokens.skip(), END)
    assert.equal(tokens.next(), START)
    assert.equal(tokens.name, 'c')
  })

  test('bytes that are no UTF-8 mark the record, not the file', () => {
    for (const bad of [
      [0xe5],
      [0xc0, 0xaf],
      [0xed, 0xa0, 0x80],
      [0xf5, 0x80, 0x80, 0x80],
      [0xe2, 0x82],
    ]) {
      const tokens = tokensOf(
        Buffer.concat([Buffer.from('<a>x'), Buffer.from(bad), Buffer.from('y</a>')]),
      )
      tokens.next()
      assert.equal(tokens.next(), TEXT)
      assert.equal(tokens.badText, true)
      assert.match(tokens.text(), /^x\ufffd+y$/)
      assert.equal(tokens.next(), END)
    }
  })

  test('single-byte encodings are read byte by byte', () => {
    const bytes = Buffer.from([0x3c, 0x61, 0x3e, 0xe5, 0x80, 0xa4, 0x3c, 0x2f, 0x61, 0x3e])
    const read = (encoding: Tokens['encoding']): string => {
      const tokens = new Tokens(DEFAULT_READ_LIMITS)
      tokens.encoding = encoding
      tokens.reset(bytes, 0, bytes.length, 0)
      tokens.next()
      tokens.next()
      return tokens.text()
    }
    assert.equal(read('windows-1252'), 'å€¤')
    assert.equal(read('iso-8859-1'), 'å€¤')
    assert.equal(read('iso-8859-15'), 'å€€')
  })
})

describe('what is refused', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['a name with two colons', '<a:b:c/>', 'NOT_WELL_FORMED'],
    ['a name that begins with a colon', '<:a/>', 'NOT_WELL_FORMED'],
    ['a name that ends with a colon', '<a:/>', 'NOT_WELL_FORMED'],
    ['an attribute twice', '<a b="1" b="2"/>', 'NOT_WELL_FORMED'],
    ['an end tag that is not that of the open element', '<a><b></a></b>', 'NOT_WELL_FORMED'],
    ['an end tag in other case', '<a></A>', 'NOT_WELL_FORMED'],
    ['an entity that XML does not define', '<a>&nbsp;</a>', 'ENTITY_UNKNOWN'],
    ['a bare ampersand', '<a>b & c</a>', 'NOT_WELL_FORMED'],
    ['a reference to no character', '<a>&#0;</a>', 'NOT_WELL_FORMED'],
    ['a reference beyond Unicode', '<a>&#x110000;</a>', 'NOT_WELL_FORMED'],
    ['an internal DTD subset', '<!DOCTYPE a [<!ENTITY b "c">]><a/>', 'DECLARATION_FORBIDDEN'],
    ['an entity declaration', '<a><!ENTITY b "c"></a>', 'DECLARATION_FORBIDDEN'],
    ['a document type inside an element', '<a><!DOCTYPE a></a>', 'NOT_WELL_FORMED'],
    ['an XML declaration inside', '<a><?xml version="1.0"?></a>', 'NOT_WELL_FORMED'],
    [
      'more attributes than allowed',
      `<a${Array.from({ length: 65 }, (_, n) => ` b${n}=""`).join('')}/>`,
      'LIMIT_EXCEEDED',
    ],
    ['a name longer than allowed', `<${'a'.repeat(257)}/>`, 'LIMIT_EXCEEDED'],
    ['elements nested deeper than allowed', '<a>'.repeat(65), 'LIMIT_EXCEEDED'],
    [
      'more different names than any dialect has',
      Array.from({ length: NAMES_MAX + 1 }, (_, n) => `<a${n}/>`).join(''),
      'LIMIT_EXCEEDED',
    ],
  ]
  for (const [what, xml, code] of cases) test(what, () => assert.equal(refusalOf(xml), code))

  test('the same local name with two prefixes is no attribute twice', () => {
    assert.equal(refusalOf('<a x:b="1" y:b="2" b="3"/>'), undefined)
  })

  test('a document type that names an external DTD is passed over', () => {
    assert.equal(
      refusalOf('<!DOCTYPE ENTERPRISE PUBLIC "-//IMS//DTD//EN" "http://x/y.dtd"><a/>'),
      undefined,
    )
  })
})
