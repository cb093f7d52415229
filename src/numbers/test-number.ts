import { norwegianCheckDigits } from './no-person.ts'

/** Numbers below 1 and at least 0, from a seed the caller chose. */
export type Random = () => number

/**
 * A number of Skatteetaten's synthetic population (Tenor): month + 80, so that it can never be a real person's.
 * `birthDate` is `YYYY-MM-DD`; `serial` 0–999 is the individual number. None where a check digit would be 10.
 */
export function tenorNumber(birthDate: string, serial: number): string | undefined {
  const [year = '', month = '', day = ''] = birthDate.split('-')
  const nine = `${day}${Number(month) + 80}${year.slice(2)}${String(serial).padStart(3, '0')}`
  const check = norwegianCheckDigits(nine)
  return check === undefined ? undefined : nine + check
}

/** A Swedish school's temporary number (TF), which no person's personnummer can equal. `serial` is 0–99. */
export function tfNumber(birthDate: string, serial: number): string {
  return `${birthDate.replaceAll('-', '')}TF${String(serial).padStart(2, '0')}`
}

/** Makes a number for demonstrations and tests, only of series that no real person can have. */
export function makeTestNumber(country: 'NO' | 'SE', birthDate: string, random: Random): string {
  if (country === 'SE') return tfNumber(birthDate, Math.floor(random() * 100))
  const start = Math.floor(random() * 1000)
  for (let i = 0; i < 1000; i++) {
    const number = tenorNumber(birthDate, (start + i) % 1000)
    if (number !== undefined) return number
  }
  throw new RangeError('Not one serial of this date has check digits.')
}
