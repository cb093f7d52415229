import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { createRequire } from 'node:module'
import { readMunicipality, readNumber, readOrganisationNumber } from '../../src/numbers/read.ts'

// The package's types describe another module form than the one it ships.
const personnummer = createRequire(import.meta.url)('personnummer') as {
  valid(pin: string, options: { allowInterimNumber: boolean }): boolean
}

const TODAY = '2026-11-22'

type Vector = readonly [value: string, kind: string, publisher: string]

const VALID: readonly Vector[] = [
  ['189001019802', 'personnummer', 'Skatteverket test numbers'],
  ['189001029819', 'personnummer', 'Skatteverket test numbers'],
  ['189001039800', 'personnummer', 'Skatteverket test numbers'],
  ['191401682396', 'samordningsnummer', 'Skatteverket test numbers'],
  ['191403702390', 'samordningsnummer', 'Skatteverket test numbers'],
  ['191403742396', 'samordningsnummer', 'Skatteverket test numbers'],
  ['200901272385', 'personnummer', 'Skolverket, provisioning API'],
  ['20000101-T220', 'interimNumber', 'personnummer/meta'],
  ['20000101-R220', 'interimNumber', 'personnummer/meta'],
  ['20000101-S220', 'interimNumber', 'personnummer/meta'],
  ['20000101-U220', 'interimNumber', 'personnummer/meta'],
  ['20000101-X220', 'interimNumber', 'personnummer/meta'],
  ['20090127TF20', 'tfNumber', 'Skolverket, provisioning API'],
  ['20090127TF12', 'tfNumber', 'Skolverket, provisioning API'],
  ['19140728-TF26', 'tfNumber', 'a vendor of school software'],
]

describe('published Swedish person numbers', () => {
  for (const [value, kind, publisher] of VALID) {
    test(`${value} (${publisher}) is a good ${kind}`, () => {
      const number = readNumber('SE', value)
      assert.equal(number.kind, kind)
      assert.equal(number.verdict, 'ok')
      assert.equal(number.value, value.replace('-', ''))
    })
  }

  test('200901872385, a sample samordningsnummer of Skolverket, fails its check digit', () => {
    const number = readNumber('SE', '200901872385')
    assert.equal(number.kind, 'samordningsnummer')
    assert.equal(number.verdict, 'bad')
  })
})

describe('Swedish person numbers', () => {
  test('ten digits and a hyphen are of the latest hundred years', () => {
    assert.equal(readNumber('SE', '090127-2385', { today: TODAY }).value, '200901272385')
    assert.equal(readNumber('SE', '0901272385', { today: TODAY }).value, '200901272385')
  })

  test('a plus makes the person a hundred years or older', () => {
    assert.equal(readNumber('SE', '900101+9802', { today: '1990-01-01' }).value, '189001019802')
    assert.equal(readNumber('SE', '900102+9819', { today: TODAY }).value, '189001029819')
  })

  test('without knowing the day the century of ten digits stays open', () => {
    const number = readNumber('SE', '0901272385')
    assert.equal(number.value, '090127-2385')
    assert.equal(number.verdict, 'ok')
  })

  test('serial 000 is never given out', () => {
    assert.equal(readNumber('SE', '200901270009').kind, 'unknown')
  })

  test('a date that no calendar has is wrong, also with day 60 or month 00', () => {
    for (const value of ['200902302385', '200901602385', '200900272385']) {
      assert.equal(readNumber('SE', value).verdict, 'bad')
    }
  })

  test('a TF number with a date that no calendar has is wrong', () => {
    assert.equal(readNumber('SE', '20090230TF20').verdict, 'bad')
  })

  test('the verdict is that of the personnummer package, interim numbers included', () => {
    const numbers = fc
      .tuple(
        fc.constantFrom('', '18', '19', '20'),
        part(0, 99),
        part(0, 13),
        part(0, 95),
        fc.constantFrom('', '-', '+'),
        fc.constantFrom(...'0123456789TRSUWXJKLMNAO'.split('')),
        part(0, 99),
        part(0, 9),
      )
      .map(([century, year, month, day, separator, first, rest, check]) =>
        [century, two(year), two(month), two(day), separator, first, two(rest), check].join(''),
      )
    const today = new Date().toISOString().slice(0, 10)
    fc.assert(
      fc.property(numbers, (value) => {
        const ours = readNumber('SE', value, { today }).verdict === 'ok'
        assert.equal(ours, personnummer.valid(value, { allowInterimNumber: true }))
      }),
      { numRuns: 5000 },
    )
  })
})

describe('Swedish organisations and schools', () => {
  for (const value of ['212000-0142', '202100-5489', '232100-0016', '556036-0793']) {
    test(`organisationsnummer ${value} is good, also with 16 or SE before it`, () => {
      const plain = value.replace('-', '')
      for (const text of [value, plain, `16${plain}`, `SE${plain}`]) {
        const number = readOrganisationNumber('SE', text)
        assert.equal(number.kind, 'organisationsnummer')
        assert.equal(number.value, plain)
        assert.equal(number.verdict, 'ok')
      }
    })
  }

  test('a wrong check digit is wrong', () => {
    assert.equal(readOrganisationNumber('SE', '212000-0143').verdict, 'bad')
  })

  test('a third digit below 2 is a personnummer and no organisation', () => {
    assert.equal(readOrganisationNumber('SE', '0901272385').kind, 'unknown')
  })

  test('a skolenhetskod is eight digits and nothing around them', () => {
    assert.equal(readOrganisationNumber('SE', '12345678').kind, 'skolenhetskod')
    assert.equal(readOrganisationNumber('SE', 'x12345678').kind, 'unknown')
    assert.equal(readOrganisationNumber('SE', '123456789').kind, 'unknown')
  })

  test('a municipality code is four digits', () => {
    assert.equal(readMunicipality('SE', '9999').verdict, 'ok')
    assert.equal(readMunicipality('SE', '999').verdict, 'bad')
  })
})

function two(n: number): string {
  return String(n).padStart(2, '0')
}

function part(min: number, max: number): fc.Arbitrary<number> {
  return fc.integer({ min, max })
}
