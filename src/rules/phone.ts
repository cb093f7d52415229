/** Countries where a number is dialled the same from inside and outside: a leading 0 belongs to it. */
const WITHOUT_TRUNK_ZERO: ReadonlySet<string> = new Set([
  '+39',
  '+45',
  '+47',
  '+298',
  '+299',
  '+354',
  '+372',
])

/**
 * The number with the country code put before it; the number itself where it has one, or is not a phone number.
 * Some consumers refuse numbers without.
 */
export function withCountryCode(number: string, countryCode: string): string {
  if (number.startsWith('+') || number.startsWith('00')) return number
  const digits = number.replace(/[\s().\-/]/g, '')
  if (!/^[0-9]{4,15}$/.test(digits)) return number
  const dropsZero = digits.startsWith('0') && !WITHOUT_TRUNK_ZERO.has(countryCode)
  return `${countryCode}${dropsZero ? digits.slice(1) : digits}`
}
