import { isDay, isDayOfSomeCentury } from './calendar.ts'
import { passesLuhn } from './digits.ts'
import type { Finding, NumberKind, ReadNumberOptions } from './number.ts'

const SHAPE = /^(\d{2})?(\d{2})(\d{2})(\d{2})([-+]?)([\dJ-NR-UWX])(\d{2})(\d)$/

/**
 * Reads a personnummer, a samordningsnummer (day + 60) or an interim number (a letter for the first digit of the
 * serial, counted as 1 by Luhn). Ten or twelve digits, with or without `-`; `+` stands in place of `-` from the year
 * in which the person turns 100 (Skatteverket, Rättslig vägledning; SKV M 2010:3).
 *
 * Stored as twelve digits without separator. The century of ten digits follows from the separator and `today`;
 * without `today` it stays open and the value is `YYMMDD-NNNC` as given.
 */
export function readSwedishPerson(text: string, options: ReadNumberOptions): Finding | undefined {
  const [
    whole,
    writtenCentury,
    yy = '',
    mm = '',
    dd = '',
    separator,
    first = '',
    rest = '',
    check,
  ] = SHAPE.exec(text.trim().toUpperCase()) ?? []
  if (whole === undefined || first + rest === '000') return undefined
  const century = writtenCentury ?? centuryOf(Number(yy), separator === '+', options.today)
  const isCoordination = Number(dd) > 60
  const day = isCoordination ? Number(dd) - 60 : Number(dd)
  const dateExists =
    century === undefined
      ? isDayOfSomeCentury(Number(yy), Number(mm), day)
      : isDay(Number(century + yy), Number(mm), day)
  const tail = `${first}${rest}${check}`
  const short = `${yy}${mm}${dd}${separator === '+' ? '+' : '-'}${tail}`
  return {
    country: 'SE',
    kind: kindOf(/\D/.test(first), isCoordination),
    value: century === undefined ? short : `${century}${yy}${mm}${dd}${tail}`,
    date: dateExists ? 'pass' : 'fail',
    checksum: passesLuhn(`${yy}${mm}${dd}${tail.replace(/\D/, '1')}`) ? 'pass' : 'fail',
  }
}

function kindOf(isInterim: boolean, isCoordination: boolean): NumberKind {
  if (isInterim) return 'interimNumber'
  return isCoordination ? 'samordningsnummer' : 'personnummer'
}

/** The latest century that makes the person younger than 100, or with `+` between 100 and 199, this year. */
function centuryOf(yy: number, plus: boolean, today: string | undefined): string | undefined {
  if (today === undefined) return undefined
  const latest = Number(today.slice(0, 4)) - (plus ? 100 : 0)
  const year = latest - ((((latest - yy) % 100) + 100) % 100)
  return String(Math.floor(year / 100))
}
