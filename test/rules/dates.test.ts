import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { parseDate, parseDateTime } from '../../src/rules/dates.ts'

const DATES: readonly (readonly [written: string, date: string | undefined])[] = [
  ['2012-09-11', '2012-09-11'],
  ['2024-02-29', '2024-02-29'],
  ['2000-02-29', '2000-02-29'],
  ['2023-02-29', undefined],
  ['1900-02-29', undefined],
  ['2023-04-31', undefined],
  ['2023-13-01', undefined],
  ['2023-00-10', undefined],
  ['2023-10-00', undefined],
  ['0000-00-00', undefined],
  ['9999-12-31', '9999-12-31'],
  ['20120911', '2012-09-11'],
  ['2012/09/11', '2012-09-11'],
  ['11.09.2012', '2012-09-11'],
  ['1.9.2012', '2012-09-01'],
  ['28/Oct/2005', '2005-10-28'],
  ['28-oct-2003', '2003-10-28'],
  ['2012-09-11T08:30:00Z', '2012-09-11'],
  ['2012-09-11 00:00:00', '2012-09-11'],
  ['11/09/2012', undefined],
  ['2012-9-11', undefined],
  ['2012-09-11x', undefined],
  ['12-09-11', undefined],
  ['yesterday', undefined],
  ['', undefined],
]

for (const [written, date] of DATES) {
  test(`the date "${written}" is ${date ?? 'unreadable'}`, () => {
    assert.equal(parseDate(written), date)
  })
}

const MOMENTS: readonly (readonly [written: string, moment: string | undefined])[] = [
  ['2025-01-15T02:00:03', '2025-01-15T01:00:03.000Z'],
  ['2025-07-15T02:00:03', '2025-07-15T00:00:03.000Z'],
  ['2025-01-15T02:00:03Z', '2025-01-15T02:00:03.000Z'],
  ['2025-01-15T02:00:03.25+02:00', '2025-01-15T00:00:03.250Z'],
  ['2025-01-15', '2025-01-14T23:00:00.000Z'],
  ['28/Oct/2005', '2005-10-27T22:00:00.000Z'],
  ['28-oct-2003#16:06:02', '2003-10-28T15:06:02.000Z'],
  ['2012-09-11   08:30:00AM', '2012-09-11T06:30:00.000Z'],
  ['2012-09-11 12:30:00 AM', '2012-09-10T22:30:00.000Z'],
  ['2012-09-11 12:30:00PM', '2012-09-11T10:30:00.000Z'],
  ['2012-09-11 13:30', '2012-09-11T11:30:00.000Z'],
  ['2019-01-13 12:00:00 +0100', '2019-01-13T11:00:00.000Z'],
  ['2019-01-13 12:00:00 -05', '2019-01-13T17:00:00.000Z'],
  ['20190113T120000', '2019-01-13T11:00:00.000Z'],
  ['13.January.2019', '2019-01-12T23:00:00.000Z'],
  [' 2025-01-15T02:00:03 ', '2025-01-15T01:00:03.000Z'],
  ['13.January.20192018-10-24', undefined],
  ['2025-01-15T24:00:00', undefined],
  ['2025-01-15T02:60:00', undefined],
  ['2025-01-15 13:00:00PM', undefined],
  ['2025-02-30T02:00:00', undefined],
  ['2025-01-15T02:00:03+99:00', undefined],
  ['13.Januember.2019', undefined],
  ['now', undefined],
  ['', undefined],
]

for (const [written, moment] of MOMENTS) {
  test(`a file made "${written}" in Oslo is of ${moment ?? 'no readable time'}`, () => {
    const expected = moment === undefined ? undefined : Date.parse(moment)
    assert.equal(parseDateTime(written, 'Europe/Oslo'), expected)
  })
}

test('an hour that the clock change skips or repeats is still a time', () => {
  assert.equal(
    parseDateTime('2025-03-30T02:30:00', 'Europe/Oslo'),
    Date.parse('2025-03-30T01:30:00Z'),
  )
  assert.equal(
    parseDateTime('2025-10-26T02:30:00', 'Europe/Oslo'),
    Date.parse('2025-10-26T00:30:00Z'),
  )
})

test('every calendar date is read as itself', () => {
  const days = fc.date({
    min: new Date('0001-01-01T00:00:00Z'),
    max: new Date('9999-12-31T00:00:00Z'),
    noInvalidDate: true,
  })
  fc.assert(
    fc.property(days, (day) => {
      const written = day.toISOString().slice(0, 10)
      assert.equal(parseDate(written), written)
    }),
  )
})

test('any text at all is a date or not, never an error', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      parseDate(text)
      parseDateTime(text, 'Europe/Oslo')
    }),
  )
})
