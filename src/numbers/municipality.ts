import type { Country, Finding } from './number.ts'

/** Digits of a municipality code: four in Norway and Sweden, three in Denmark and Finland. */
const LENGTHS: { readonly [country in Country]: number } = { NO: 4, SE: 4, DK: 3, FI: 3 }

/** Reads a municipality code. Only its form is checked: the registers change every year. */
export function readMunicipalityCode(country: Country, text: string): Finding | undefined {
  const value = text.trim()
  if (!/^\d+$/.test(value) || value.length !== LENGTHS[country]) return undefined
  return { country, kind: 'municipalityCode', value, date: 'none', checksum: 'none' }
}
