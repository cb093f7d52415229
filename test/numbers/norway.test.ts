import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fnrvalidator from '@navikt/fnrvalidator'
import * as fc from 'fast-check'
import { checkNumber, readNumber, readOrganisationNumber } from '../../src/numbers/read.ts'
import { norwegianCheckDigits } from '../../src/numbers/no-person.ts'

type Vector = readonly [value: string, kind: string, series: string | undefined, publisher: string]

const VALID: readonly Vector[] = [
  ['13097248022', 'fodselsnummer', undefined, 'fnrvalidator and FHI tests'],
  ['01010150589', 'fodselsnummer', undefined, 'fnrvalidator and FHI tests'],
  ['31129956715', 'fodselsnummer', undefined, 'fnrvalidator and FHI tests'],
  ['29029600013', 'fodselsnummer', undefined, 'fnrvalidator and FHI tests'],
  ['02013299997', 'fodselsnummer', undefined, 'Skatteetaten, page on 2032'],
  ['30108299920', 'fodselsnummer', undefined, 'Skatteetaten, page on 2032'],
  ['02013299806', 'fodselsnummer', undefined, 'Skatteetaten, page on 2032'],
  ['30108299939', 'fodselsnummer', undefined, 'Skatteetaten, page on 2032'],
  ['02013299903', 'fodselsnummer', undefined, 'Skatteetaten, page on 2032'],
  ['53097248016', 'dNumber', undefined, 'FHI and fnrvalidator'],
  ['68126952442', 'dNumber', undefined, 'FHI and fnrvalidator'],
  ['41010150572', 'dNumber', undefined, 'FHI and fnrvalidator'],
  ['41814061033', 'dNumber', 'tenor', 'Skatteetaten, D-number series'],
  ['41814065640', 'dNumber', 'tenor', 'Skatteetaten, D-number series'],
  ['41814075603', 'dNumber', 'tenor', 'Skatteetaten, D-number series'],
  ['41810021827', 'dNumber', 'tenor', 'Skatteetaten, D-number series'],
  ['41810025091', 'dNumber', 'tenor', 'Skatteetaten, D-number series'],
  ['41810034422', 'dNumber', 'tenor', 'Skatteetaten, D-number series'],
  ['10915596784', 'fodselsnummer', 'tenor', 'FHI'],
  ['28894698995', 'fodselsnummer', 'tenor', 'FHI'],
  ['50846202355', 'dNumber', 'tenor', 'FHI'],
  ['31739556891', 'fodselsnummer', 'syntPop', 'FHI'],
  ['13527248013', 'hNumber', 'navOrHelp', 'fnrvalidator'],
  ['81212121223', 'fhNumber', undefined, 'FHI'],
  ['94545456561', 'fhNumber', undefined, 'FHI'],
  ['81234567802', 'fhNumber', undefined, 'FHI'],
  ['91234567883', 'fhNumber', undefined, 'FHI'],
]

describe('published Norwegian person numbers', () => {
  for (const [value, kind, series, publisher] of VALID) {
    test(`${value} (${publisher}) is a good ${kind}`, () => {
      const number = readNumber('NO', value, { acceptSynthetic: true })
      assert.equal(number.kind, kind)
      assert.equal(number.series, series)
      assert.equal(number.verdict, 'ok')
      assert.equal(number.value, value)
    })
  }

  for (const value of ['30108299939', '02013299903']) {
    test(`${value} passes only the rule of 2032, and says so`, () => {
      assert.deepEqual(readNumber('NO', value).notes, ['rule2032'])
    })
  }

  for (const [value, publisher] of [
    ['17097055655', 'PIFU sample'],
    ['09119311111', 'PIFU sample'],
    ['10108012345', 'Feide documentation'],
  ] as const) {
    test(`${value} (${publisher}) fails its check digits`, () => {
      const number = readNumber('NO', value)
      assert.equal(number.checks.checksum, 'fail')
      assert.equal(number.verdict, 'bad')
    })
  }

  test('17454026641, which FHI lists as a help number, fails its check digits and is only doubted', () => {
    const number = readNumber('NO', '17454026641')
    assert.equal(number.kind, 'hNumber')
    assert.equal(number.checks.checksum, 'fail')
    assert.equal(number.verdict, 'warn')
  })
})

describe('Norwegian person numbers', () => {
  test('synthetic numbers are doubted unless they are accepted', () => {
    const number = readNumber('NO', '10915596784')
    assert.equal(number.synthetic, true)
    assert.equal(number.verdict, 'warn')
    assert.deepEqual(number.notes, ['syntheticNotAccepted'])
  })

  test('a help number is not called synthetic, for nothing tells it from one', () => {
    assert.equal(readNumber('NO', '13527248013').synthetic, false)
  })

  test('a zero that a spreadsheet ate is put back, with a warning', () => {
    const number = readNumber('NO', '1010150589')
    assert.equal(number.value, '01010150589')
    assert.deepEqual(number.notes, ['leadingZeroAdded'])
    assert.equal(number.verdict, 'warn')
  })

  test('ten digits that do not become a good number with a zero are no number', () => {
    assert.equal(readNumber('NO', '1234567890').kind, 'unknown')
  })

  test('a blank or hyphen before the last five digits is taken off', () => {
    assert.equal(readNumber('NO', ' 010101 50589 ').value, '01010150589')
    assert.equal(readNumber('NO', '010101-50589').value, '01010150589')
  })

  test('month 51 is a help number where day and year allow it, else a temporary admission number', () => {
    assert.equal(readNumber('NO', withCheckDigits('1551850')).kind, 'hNumber')
    assert.equal(readNumber('NO', withCheckDigits('3151850')).kind, 'fsNumber')
    assert.equal(readNumber('NO', withCheckDigits('3152850')).kind, 'hNumber')
    assert.equal(readNumber('NO', withCheckDigits('1562850')).kind, 'fsNumber')
  })

  test('placeholders of municipal statistics are no person, but not wrong either', () => {
    for (const suffix of ['00100', '00200', '55555', '99999']) {
      const number = readNumber('NO', `150610${suffix}`)
      assert.equal(number.kind, 'kostraPlaceholder')
      assert.deepEqual(number.notes, ['placeholder'])
      assert.equal(number.verdict, 'warn')
    }
  })

  test('a day that no calendar has is wrong', () => {
    const number = readNumber('NO', withCheckDigits('3002855'))
    assert.equal(number.checks.date, 'fail')
    assert.equal(number.verdict, 'bad')
  })

  test('29 February of year 00 exists, for the century is not known', () => {
    assert.equal(readNumber('NO', withCheckDigits('2982005')).checks.date, 'pass')
  })

  test('the verdict is that of fnrvalidator wherever it knows the kind', () => {
    const numbers = fc
      .tuple(part(79), part(99), part(99), part(999), part(99))
      .map(([day, month, year, serial, check]) => {
        const nine = [two(day), two(month), two(year), String(serial).padStart(3, '0')].join('')
        // Half of them with right check digits, else hardly one would be valid.
        return nine + (check < 50 ? (norwegianCheckDigits(nine) ?? two(check)) : two(check))
      })
      .filter((value) => !['tenor+65', 'fs', 'placeholder'].includes(scope(value)))
    fc.assert(
      fc.property(numbers, (value) => {
        const ours = readNumber('NO', value, { acceptSynthetic: true }).verdict === 'ok'
        assert.equal(ours, fnrvalidator.idnr(value).status === 'valid')
      }),
      { numRuns: 3000 },
    )
  })

  test('anything at all is read without an exception', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        assert.equal(readNumber('NO', text).country, 'NO')
      }),
    )
  })
})

describe('DUF numbers', () => {
  for (const value of [
    '201212345603',
    '200112345609',
    '201017238203',
    '200816832910',
    '200205705502',
    '200900595509',
  ]) {
    test(`${value} (computed as Statistics Norway does) is good`, () => {
      const number = readNumber('NO', value, { today: '2026-11-22' })
      assert.equal(number.kind, 'duf')
      assert.equal(number.verdict, 'ok')
    })
  }

  for (const value of ['201234567890', '201258697561']) {
    test(`${value} fails the check digits and is only doubted`, () => {
      const number = readNumber('NO', value)
      assert.equal(number.checks.checksum, 'fail')
      assert.equal(number.verdict, 'warn')
    })
  }

  test('a year that lies ahead is wrong', () => {
    assert.equal(readNumber('NO', '201212345603', { today: '2011-12-31' }).verdict, 'bad')
  })

  test('a year of another century is no DUF number', () => {
    assert.equal(readNumber('NO', '211212345603').kind, 'unknown')
  })
})

describe('organisasjonsnummer', () => {
  for (const value of [
    '975278921',
    '975289443',
    '974575086',
    '974760673',
    '701730496',
    '123456785',
  ]) {
    test(`${value} is good, with or without NO before it`, () => {
      for (const text of [value, `NO${value}`]) {
        const number = readOrganisationNumber('NO', text)
        assert.equal(number.value, value)
        assert.equal(number.verdict, 'ok')
      }
    })
  }

  for (const value of ['987654321', '179530459', 'NO999000999']) {
    test(`${value}, used as a sample by Feide or PIFU, fails its check digit`, () => {
      assert.equal(readOrganisationNumber('NO', value).verdict, 'bad')
    })
  }

  test('blanks between groups of three are taken off', () => {
    assert.equal(readOrganisationNumber('NO', '974 760 673').value, '974760673')
  })
})

describe('a number whose country is not known', () => {
  test('belongs to the country that finds nothing wrong with it', () => {
    assert.equal(checkNumber('13097248022').country, 'NO')
    assert.equal(checkNumber('189001019802').country, 'SE')
    assert.equal(checkNumber('131052-308T').country, 'FI')
  })

  test('is unknown to the first country where it fits none', () => {
    const number = checkNumber('1042', ['SE', 'NO'])
    assert.equal(number.kind, 'unknown')
    assert.equal(number.country, 'SE')
    assert.equal(number.verdict, 'bad')
  })
})

function two(n: number): string {
  return String(n).padStart(2, '0')
}

/** The first serial that has check digits, put behind seven or so digits of a number. */
function withCheckDigits(start: string): string {
  for (let serial = 0; serial < 100; serial++) {
    const nine = start.padEnd(7, '0') + two(serial)
    const check = norwegianCheckDigits(nine)
    if (check !== undefined) return nine + check
  }
  throw new Error(start)
}

/** Kinds that fnrvalidator does not know. */
function scope(value: string): string {
  const month = Number(value.slice(2, 4))
  if (month > 65 && month <= 77) return 'tenor+65'
  if (month > 50 && month <= 62) return 'fs'
  return ['00100', '00200', '55555', '99999'].includes(value.slice(6)) ? 'placeholder' : 'known'
}

function part(max: number): fc.Arbitrary<number> {
  return fc.integer({ min: 0, max })
}
