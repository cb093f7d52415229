import { isDay } from './calendar.ts'
import { digitsOf, weightedSum } from './digits.ts'
import type { Finding } from './number.ts'

const WEIGHTS = [4, 3, 2, 7, 6, 5, 4, 3, 2, 1]

/**
 * Reads a Danish CPR number, `DDMMYY-SSSS`. Since 2007-10-01 numbers without a valid check digit are issued and every
 * system must take them (CPR-kontoret): the checksum is information and never part of the verdict.
 */
export function readCpr(text: string): Finding | undefined {
  const match = /^(\d{2})(\d{2})(\d{2})[- ]?(\d{4})$/.exec(text.trim())
  if (match === null) return undefined
  const [, dd = '', mm = '', yy = '', serial = ''] = match
  const value = `${dd}${mm}${yy}${serial}`
  const year = centuryOf(Number(serial[0]), Number(yy)) + Number(yy)
  return {
    country: 'DK',
    kind: 'cpr',
    value,
    date: isDay(year, Number(mm), Number(dd)) ? 'pass' : 'fail',
    checksum: weightedSum(digitsOf(value), WEIGHTS) % 11 === 0 ? 'pass' : 'fail',
    checksumIsInformation: true,
  }
}

/** The seventh digit tells the century; needed only to know whether 29 February existed. */
function centuryOf(seventh: number, yy: number): number {
  if (seventh <= 3) return 1900
  if (seventh === 4 || seventh === 9) return yy <= 36 ? 2000 : 1900
  return yy <= 57 ? 2000 : 1800
}
