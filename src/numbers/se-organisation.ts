import { passesLuhn } from './digits.ts'
import type { Finding } from './number.ts'

/**
 * Reads a Swedish organisationsnummer: ten digits with Luhn check digit, the third at least 2 so that it cannot be a
 * personnummer. `16` in front (twelve digits) and `SE` (Skolfederation) are taken off, and so is the hyphen.
 */
export function readOrganisationsnummer(text: string): Finding | undefined {
  const match = /^(?:SE)?(?:16)?(\d{2}[2-9]\d{3})-?(\d{4})$/i.exec(text.trim())
  if (match === null) return undefined
  const value = `${match[1]}${match[2]}`
  const checksum = passesLuhn(value) ? 'pass' : 'fail'
  return { country: 'SE', kind: 'organisationsnummer', value, date: 'none', checksum }
}
