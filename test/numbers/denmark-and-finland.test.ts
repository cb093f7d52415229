import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readNumber } from '../../src/numbers/read.ts'

describe('CPR numbers', () => {
  test('a number that fails modulo 11 is as good as any: the check is information', () => {
    const number = readNumber('DK', '010101-0002')
    assert.equal(number.checks.checksum, 'fail')
    assert.equal(number.verdict, 'ok')
  })

  test('the seventh digit tells whether 29 February existed', () => {
    assert.equal(readNumber('DK', '290200-4000').verdict, 'ok')
    assert.equal(readNumber('DK', '290200-0000').verdict, 'bad')
  })

  test('a day that no calendar has is wrong', () => {
    assert.equal(readNumber('DK', '310401-0001').verdict, 'bad')
  })

  test('the hyphen is taken off', () => {
    assert.equal(readNumber('DK', '010101-0002').value, '0101010002')
  })
})

describe('henkilötunnus', () => {
  test('131052-308T (DVV) is good', () => {
    const number = readNumber('FI', '131052-308T')
    assert.equal(number.kind, 'hetu')
    assert.equal(number.verdict, 'ok')
  })

  test('100190Y999P (DVV) is good, and synthetic because of its serial', () => {
    assert.equal(readNumber('FI', '100190Y999P', { acceptSynthetic: true }).verdict, 'ok')
    assert.equal(readNumber('FI', '100190Y999P').synthetic, true)
    assert.equal(readNumber('FI', '100190Y999P').verdict, 'warn')
  })

  test('every separator of a century is understood and stays part of the number', () => {
    for (const separator of '+-YXWVUABCDEF') {
      const number = readNumber('FI', `131052${separator}308T`)
      assert.equal(number.value, `131052${separator}308T`)
      assert.equal(number.verdict, 'ok')
    }
  })

  test('a wrong check character is wrong, and so is a date that no calendar has', () => {
    assert.equal(readNumber('FI', '131052-308U').verdict, 'bad')
    assert.equal(readNumber('FI', '311152-308T').checks.date, 'fail')
  })

  test('serials 000 and 001 are never given out', () => {
    assert.equal(readNumber('FI', '131052-0018').kind, 'unknown')
  })
})

describe('oppijanumero', () => {
  // 1234567890 with weights 7, 3, 1 from the right: 0+27+8+49+18+5+28+9+2+7 = 153, so the check digit is 7.
  test('its last digit is checked with weights 7, 3, 1 from the right', () => {
    assert.equal(readNumber('FI', '1.2.246.562.24.12345678907').verdict, 'ok')
    assert.equal(readNumber('FI', '1.2.246.562.24.12345678901').verdict, 'bad')
  })

  test('the root for tests is synthetic', () => {
    const number = readNumber('FI', '1.2.246.562.98.12345678901')
    assert.equal(number.synthetic, true)
    assert.equal(number.verdict, 'warn')
  })

  test('an organisation is not a person', () => {
    assert.equal(readNumber('FI', '1.2.246.562.10.12345678907').kind, 'unknown')
  })
})
