import { digitsOf } from './digits.ts'
import type { Finding } from './number.ts'

/**
 * Reads an oppijanumero, the Finnish learner's permanent OID: `1.2.246.562.24.` and eleven digits, the last a check
 * digit with weights 7, 3, 1 from the right (OPH). Node 98 is the root for tests; no rule is published for it.
 */
export function readOppijanumero(text: string): Finding | undefined {
  const value = text.trim()
  const match = /^1\.2\.246\.562\.(24|98)\.([1-9]\d{9})(\d)$/.exec(value)
  if (match === null) return undefined
  const [, node, payload = '', check] = match
  const isTest = node === '98'
  const passes = Number(check) === checkDigit(payload)
  return {
    country: 'FI',
    kind: 'oppijanumero',
    value,
    date: 'none',
    checksum: isTest ? 'none' : passes ? 'pass' : 'fail',
    synthetic: isTest,
  }
}

function checkDigit(payload: string): number {
  const sum = digitsOf(payload)
    .toReversed()
    .reduce((total, digit, i) => total + digit * ([7, 3, 1][i % 3] ?? 0), 0)
  return (10 - (sum % 10)) % 10
}
