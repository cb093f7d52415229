import { digitsOf, weightedSum } from './digits.ts'
import type { Finding } from './number.ts'

const WEIGHTS = [3, 2, 7, 6, 5, 4, 3, 2, 1]

/**
 * Reads an organisasjonsnummer: nine digits, the last a check digit modulo 11 (Brønnøysundregistrene).
 * `NO` before it, as Feide and PIFU write, and blanks between groups of three are taken off.
 */
export function readOrganisasjonsnummer(text: string): Finding | undefined {
  const value = text
    .trim()
    .replace(/^NO ?/i, '')
    .replace(/^(\d{3}) (\d{3}) (\d{3})$/, '$1$2$3')
  if (!/^\d{9}$/.test(value)) return undefined
  return {
    country: 'NO',
    kind: 'organisasjonsnummer',
    value,
    date: 'none',
    checksum: weightedSum(digitsOf(value), WEIGHTS) % 11 === 0 ? 'pass' : 'fail',
  }
}
