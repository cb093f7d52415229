import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readGroup } from '../../src/ims/read-group.ts'
import { codes, DATASOURCE, group, id, readBytes } from './reading-records.ts'

const SHORT = '<description><short>7A</short></description>'

function extended(extension: string) {
  return group(`${id('g1')}${SHORT}<extension>${extension}</extension>`)
}

test('every element of a group that has a field is read into it', () => {
  const xml =
    `<group recstatus="1"><comments>x</comments>${id('g1')}` +
    '<grouptype><scheme>S</scheme><typevalue level="1">A</typevalue><typevalue level="2">B</typevalue></grouptype>' +
    '<description><short>7A</short><long>Klasse 7A</long><full>Hele 7A</full></description>' +
    '<org><orgname>Eksempel</orgname><orgunit>Skole</orgunit><orgunit>Trinn</orgunit><type>x</type><id>123456785</id></org>' +
    '<timeframe><begin restrict="0">2024-08-19</begin><end>2025-06-20</end><adminperiod>2024/2025</adminperiod></timeframe>' +
    '<enrollcontrol><enrollaccept>1</enrollaccept><enrollallowed>0</enrollallowed></enrollcontrol>' +
    '<email>7a@eksempel.no</email><url>https://eksempel.no/7a</url>' +
    `<relationship relation="1">${id('school')}<label>Skole</label></relationship><datasource>sub</datasource></group>`
  assert.deepEqual(readBytes(readGroup, Buffer.from(xml)), {
    kind: 'group',
    place: 0,
    length: xml.length,
    recstatus: 1,
    sourcedIds: [{ source: DATASOURCE, id: 'g1' }],
    types: [
      { scheme: 'S', level: '1', value: 'A' },
      { scheme: 'S', level: '2', value: 'B' },
    ],
    timeframe: { begin: '2024-08-19', end: '2025-06-20', adminPeriod: '2024/2025' },
    orgUnits: ['Skole', 'Trinn'],
    links: [{ relation: 1, label: 'Skole', sourcedId: { source: DATASOURCE, id: 'school' } }],
    short: '7A',
    long: 'Klasse 7A',
    full: 'Hele 7A',
    orgName: 'Eksempel',
    orgNumber: '123456785',
    enrollAccept: '1',
    enrollAllowed: '0',
    email: '7a@eksempel.no',
    url: 'https://eksempel.no/7a',
    extension: ['<datasource>sub</datasource>', '<org><type>x</type></org>'],
    problems: [],
  })
})

test('relations are understood as numbers and words; without one it is the parent', () => {
  const written = [
    ['', 1],
    [' relation="2"', 2],
    [' relation="Parent"', 1],
    [' relation="child"', 2],
    [' relation="KnownAs"', 3],
  ] as const
  for (const [attribute, relation] of written) {
    const link = `<relationship${attribute}>${id('g2')}<label/></relationship>`
    assert.equal(group(id('g1') + SHORT + link).links[0]?.relation, relation)
  }
})

test('a relation that cannot be understood has no effect, with a warning', () => {
  const unknown = group(`${id('g1')}${SHORT}<relationship relation="9">${id('g2')}</relationship>`)
  assert.deepEqual(unknown.links, [])
  assert.deepEqual(codes(unknown), ['VALUE_UNKNOWN'])
  const nobody = group(`${id('g1')}${SHORT}<relationship relation="1"><label/></relationship>`)
  assert.deepEqual(nobody.links, [])
  assert.deepEqual(codes(nobody), ['RELATION_INCOMPLETE'])
})

test('title and code of a course are found in every spelling seen or likely', () => {
  const spellings = [
    '<course><title>Norsk</title><code>NOR1</code></course>',
    '<course><name>Norsk</name><code>NOR1</code></course>',
    '<course code="NOR1">Norsk</course>',
    '<course title="Norsk" code="NOR1"/>',
    '<COURSE><TITLE>Norsk</TITLE><CODE>NOR1</CODE></COURSE>',
    '<course>Norsk</course><coursecode>NOR1</coursecode>',
    '<courseTitle>Norsk</courseTitle><courseCode>NOR1</courseCode>',
    '<course_name>Norsk</course_name><course-code>NOR1</course-code>',
    '<extensionfield><fieldname>course</fieldname><fieldtype>String</fieldtype><fieldvalue>Norsk</fieldvalue></extensionfield>' +
      '<extensionfield><fieldname>course/code</fieldname><fieldtype>String</fieldtype><fieldvalue>NOR1</fieldvalue></extensionfield>',
    '<extensionfield name="course/title">Norsk</extensionfield><extensionfield name="course/code">NOR1</extensionfield>',
  ]
  for (const spelling of spellings) {
    const read = extended(spelling)
    assert.equal(read.courseTitle, 'Norsk', spelling)
    assert.equal(read.courseCode, 'NOR1', spelling)
    assert.deepEqual(read.extension, [], spelling)
  }
})

test('what else is said of a course is kept as pieces', () => {
  const read = extended(
    '<course><title>Norsk</title><credits>5</credits></course><template>Blank</template>' +
      '<extensionfield><fieldname>course/credits</fieldname><fieldvalue>5</fieldvalue></extensionfield>',
  )
  assert.equal(read.courseTitle, 'Norsk')
  assert.deepEqual(read.extension, [
    '<course><credits>5</credits></course>',
    '<extensionfield><fieldname>course/credits</fieldname><fieldvalue>5</fieldvalue></extensionfield>',
    '<template>Blank</template>',
  ])
})

test('the organisation number of PIFU is a field; its other identifiers are pieces', () => {
  const number =
    '<pifu_id type="organizationNumber"><pifu_value>123456785</pifu_value><pifu_scope>enhetsregisteret</pifu_scope><pifu_unique>1</pifu_unique></pifu_id>'
  const vigo = '<pifu_id type="vigoNumber"><pifu_value>99999</pifu_value></pifu_id>'
  const read = extended(number + vigo)
  assert.equal(read.orgNumber, '123456785')
  assert.deepEqual(read.extension, [vigo])
  const both = group(`${id('g1')}${SHORT}<org><id>7</id></org><extension>${number}</extension>`)
  assert.equal(both.orgNumber, '7')
  assert.deepEqual(both.extension, [number])
})

test('a group to be deleted needs no description', () => {
  const read = group(id('g1'), ' recstatus="3"')
  assert.equal(read.short, undefined)
  assert.deepEqual(codes(read), [])
})

test('a group whose bytes are no text is set aside', () => {
  const bytes = Buffer.from(`<group>${id('g1')}<email>\u00E5</email></group>`, 'latin1')
  assert.deepEqual(readBytes(readGroup, bytes), {
    code: 'BYTES_UNREADABLE',
    place: 0,
    kind: 'group',
    key: 'g1',
  })
})
