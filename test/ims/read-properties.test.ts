import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readProperties } from '../../src/ims/read-properties.ts'
import { codes, properties, readBytes } from './reading-records.ts'

test('properties are read with every target', () => {
  const xml =
    '<properties lang="nb"><comments>x</comments><datasource> sas@eksempel.no</datasource><target>a</target><target>b</target><target/>' +
    '<type>full</type><datetime>2025-01-15T02:00:03</datetime><extension><a/></extension></properties>'
  assert.deepEqual(readBytes(readProperties, Buffer.from(xml)), {
    place: 0,
    targets: ['a', 'b'],
    problems: [{ code: 'KEY_WITH_BLANKS', place: xml.indexOf('<datasource') }],
    lang: 'nb',
    datasource: 'sas@eksempel.no',
    type: 'full',
    datetime: '2025-01-15T02:00:03',
  })
})

test('a datasource counts before an integrationId', () => {
  const read = properties('<integrationId>b</integrationId><datasource>a</datasource>')
  assert.equal(read.datasource, 'a')
})

test('an element that properties do not know is noted', () => {
  const read = properties('<datasource>a</datasource><version>2</version>')
  assert.deepEqual(codes(read), ['ELEMENT_UNKNOWN'])
})

test('a window that ends inside the properties asks for more', () => {
  assert.equal(readBytes(readProperties, Buffer.from('<properties><datasource>a</da')), undefined)
})
