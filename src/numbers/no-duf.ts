import { digitsOf, weightedSum } from './digits.ts'
import type { Finding, ReadNumberOptions } from './number.ts'

const WEIGHTS = [4, 6, 3, 2, 4, 6, 3, 2, 7, 5]

/**
 * Reads a DUF number, the immigration authorities' twelve digits that begin with the year of the first application.
 * UDI has published no rule for the check digits; the one used here is what Statistics Norway computes. UDI's own
 * illustration fails it, so failing it is a doubt and no more. Not to be shown in lists, mails or logs:
 * the number is under statutory secrecy.
 */
export function readDuf(text: string, options: ReadNumberOptions): Finding | undefined {
  const value = text.trim().replace(/^(\d{4}) (\d{6}) (\d{2})$/, '$1$2$3')
  if (!/^(?:18|19|20)\d{10}$/.test(value)) return undefined
  const remainder = weightedSum(digitsOf(value.slice(0, 10)), WEIGHTS) % 11
  return {
    country: 'NO',
    kind: 'duf',
    value,
    date: yearCheck(value.slice(0, 4), options.today),
    checksum: Number(value.slice(10)) === remainder ? 'pass' : 'fail',
    checksumIsAdvice: true,
  }
}

function yearCheck(year: string, today: string | undefined): 'pass' | 'fail' | 'none' {
  if (today === undefined) return 'none'
  return year <= today.slice(0, 4) ? 'pass' : 'fail'
}
