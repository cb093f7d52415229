import type { ImsUserId } from '../ims/records.ts'
import type { EffectiveRules } from './schema.ts'

/** Countries whose national numbers can be checked. */
export const NUMBER_COUNTRIES = ['no', 'se', 'dk', 'fi'] as const
export type NumberCountry = (typeof NUMBER_COUNTRIES)[number]

/** Whether a national number passes its country's check (`numbers/`); given by whoever compiles rules. */
export type NumberCheck = (country: NumberCountry, value: string) => boolean

export interface NationalNumber {
  readonly value: string
  /** It fails the check: kept all the same, since a wrong number is better seen than lost. */
  readonly doubtful: boolean
}

/** How a number looks, whether or not it is right. */
const SHAPES: { readonly [country in NumberCountry]: RegExp } = {
  no: /^[0-9]{11}$/,
  se: /^([0-9]{2})?[0-9]{6}[-+]?[0-9]{4}$/,
  dk: /^[0-9]{6}-?[0-9]{4}$/,
  fi: /^[0-9]{6}[-+A-FU-Y][0-9]{3}[0-9A-Z]$/i,
}

/**
 * Where the national number is and whether it is right. A sync key counts as one only if it looks like one: senders
 * who use the number as key write a running number for those who have none.
 */
export function nationalNumberReader(
  rules: EffectiveRules['nationalNumber'],
  check: NumberCheck | undefined,
): (userId: ImsUserId | undefined, id: string) => NationalNumber | undefined {
  const countries = countriesOf(rules.check)
  const fromKey = rules.from.includes('key')
  const isRight = (value: string): boolean =>
    countries.length === 0 ||
    check === undefined ||
    countries.some((country) => check(country, value))
  const looksRight = (value: string): boolean =>
    countries.length === 0 || countries.some((country) => SHAPES[country].test(value))

  return (userId, id) => {
    if (userId !== undefined) return { value: userId.value, doubtful: !isRight(userId.value) }
    if (!fromKey) return undefined
    return looksRight(id) ? { value: id, doubtful: !isRight(id) } : undefined
  }
}

/** The countries whose numbers a rule checks. */
export function countriesOf(
  check: EffectiveRules['nationalNumber']['check'],
): readonly NumberCountry[] {
  if (check === 'off') return []
  return check === 'any' ? NUMBER_COUNTRIES : [check]
}
