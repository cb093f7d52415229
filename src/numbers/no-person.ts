import { isDayOfSomeCentury } from './calendar.ts'
import { digitsOf, weightedSum } from './digits.ts'
import type { CheckResult, Finding, NumberKind, NumberNote, NumberSeries } from './number.ts'

const K1_WEIGHTS = [3, 7, 6, 1, 8, 9, 4, 5, 2]
const K2_WEIGHTS = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]

/** Statistics Norway's suffixes for "number not known", in reports by municipalities (KOSTRA). */
const PLACEHOLDER_SUFFIXES = ['00100', '00200', '55555', '99999']

/**
 * Reads a Norwegian number of eleven digits: fødselsnummer, D-number (day + 40), help number (month + 40),
 * common help number (first digit 8 or 9, no date), the synthetic series Tenor (month + 80), SyntPop
 * (month + 65) and NAV (month + 40), the admission systems' temporary numbers (month + 50), KOSTRA's placeholders.
 *
 * Two rules for the check digits are alive side by side: today's and the one for numbers issued from 2032 on
 * (Skatteetaten, "Nytt fødselsnummer fra 2032"), which lets the first check digit leave a remainder of 0 to 3.
 * The individual number is never held against the year: the series have been extended too often.
 */
export function readNorwegianPerson(text: string): Finding | undefined {
  const compact = text.trim().replace(/^(\d{6})[ -](\d{5})$/, '$1$2')
  if (/^\d{11}$/.test(compact)) return readEleven(compact, [])
  // Spreadsheets eat leading zeros: ten digits that read well with a zero in front are one of those.
  if (!/^\d{10}$/.test(compact)) return undefined
  const padded = readEleven(`0${compact}`, ['leadingZeroAdded'])
  return padded.date === 'pass' && padded.checksum === 'pass' ? padded : undefined
}

function readEleven(value: string, given: readonly NumberNote[]): Finding {
  const digits = digitsOf(value)
  const rule = passedRule(digits)
  if (value.startsWith('8') || value.startsWith('9')) {
    const checksum: CheckResult = rule === 'old' ? 'pass' : 'fail'
    return { country: 'NO', kind: 'fhNumber', value, date: 'none', checksum, notes: given }
  }
  const day = Number(value.slice(0, 2))
  const isD = day > 40
  const year = Number(value.slice(4, 6))
  const { series, dateExists } = readMonth(isD ? day - 40 : day, Number(value.slice(2, 4)), year)
  const date: CheckResult = dateExists ? 'pass' : 'fail'
  if (dateExists && rule === undefined && PLACEHOLDER_SUFFIXES.includes(value.slice(6))) {
    const notes: NumberNote[] = [...given, 'placeholder']
    return { country: 'NO', kind: 'kostraPlaceholder', value, date, checksum: 'none', notes }
  }
  return {
    country: 'NO',
    kind: kindOf(isD, series),
    value,
    date,
    checksum: rule === undefined ? 'fail' : 'pass',
    synthetic: series === 'tenor' || series === 'syntPop',
    ...(series === undefined ? {} : { series }),
    notes: rule === '2032' ? [...given, 'rule2032'] : given,
    // Not every issuer of help numbers keeps the check digits.
    checksumIsAdvice: series === 'navOrHelp' || series === 'fs',
  }
}

function kindOf(isD: boolean, series: NumberSeries | undefined): NumberKind {
  if (isD) return 'dNumber'
  if (series === 'navOrHelp') return 'hNumber'
  return series === 'fs' ? 'fsNumber' : 'fodselsnummer'
}

/** Offsets in the order in which they are tried: 51 and 52 may be +40 or +50, and +40 is far more common. */
const MONTH_OFFSETS: readonly (readonly [offset: number, series: NumberSeries | undefined])[] = [
  [0, undefined],
  [80, 'tenor'],
  [65, 'syntPop'],
  [40, 'navOrHelp'],
  [50, 'fs'],
]

function readMonth(
  day: number,
  month: number,
  year: number,
): { readonly series: NumberSeries | undefined; readonly dateExists: boolean } {
  const possible = MONTH_OFFSETS.filter(([offset]) => month > offset && month <= offset + 12)
  const right = possible.find(([offset]) => isDayOfSomeCentury(year, month - offset, day))
  return { series: (right ?? possible[0])?.[1], dateExists: right !== undefined }
}

function passedRule(digits: readonly number[]): 'old' | '2032' | undefined {
  if (weightedSum(digits, K2_WEIGHTS) % 11 !== 0) return undefined
  const remainder = (weightedSum(digits, K1_WEIGHTS) + (digits[9] ?? 0)) % 11
  if (remainder === 0) return 'old'
  return remainder <= 3 ? '2032' : undefined
}

/** The two check digits, by the rule in force until 2032, of the first nine digits; none where one would be 10. */
export function norwegianCheckDigits(nine: string): string | undefined {
  const digits = digitsOf(nine)
  const k1 = (11 - (weightedSum(digits, K1_WEIGHTS) % 11)) % 11
  const k2 = (11 - (weightedSum([...digits, k1], K2_WEIGHTS.slice(0, 10)) % 11)) % 11
  return k1 > 9 || k2 > 9 ? undefined : `${k1}${k2}`
}
