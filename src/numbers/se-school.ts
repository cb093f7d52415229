import type { Finding } from './number.ts'

/** Reads a skolenhetskod, the national code of a Swedish school unit: eight digits without a public check digit. */
export function readSkolenhetskod(text: string): Finding | undefined {
  const value = text.trim()
  if (!/^\d{8}$/.test(value)) return undefined
  return { country: 'SE', kind: 'skolenhetskod', value, date: 'none', checksum: 'none' }
}
