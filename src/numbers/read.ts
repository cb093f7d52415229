import { readCpr } from './dk-cpr.ts'
import { readHetu } from './fi-hetu.ts'
import { readOppijanumero } from './fi-oppijanumero.ts'
import { readMunicipalityCode } from './municipality.ts'
import { readDuf } from './no-duf.ts'
import { readOrganisasjonsnummer } from './no-organisation.ts'
import { readNorwegianPerson } from './no-person.ts'
import { COUNTRIES, judge, unreadable } from './number.ts'
import type { Country, Finding, NationalNumber, ReadNumberOptions } from './number.ts'
import { readOrganisationsnummer } from './se-organisation.ts'
import { readSwedishPerson } from './se-person.ts'
import { readSkolenhetskod } from './se-school.ts'
import { readTfNumber } from './se-tf.ts'

type Reader = (text: string, options: ReadNumberOptions) => Finding | undefined

const PERSON_READERS: { readonly [country in Country]: readonly Reader[] } = {
  NO: [readNorwegianPerson, readDuf],
  SE: [readSwedishPerson, readTfNumber],
  DK: [readCpr],
  FI: [readHetu, readOppijanumero],
}

const ORGANISATION_READERS: { readonly [country in Country]: readonly Reader[] } = {
  NO: [readOrganisasjonsnummer],
  SE: [readOrganisationsnummer, readSkolenhetskod],
  DK: [],
  FI: [],
}

/** Reads a person's number of a country. Always gives a number; its kind is `unknown` where the text fits none. */
export function readNumber(
  country: Country,
  text: string,
  options: ReadNumberOptions = {},
): NationalNumber {
  return firstFitting(PERSON_READERS[country], country, text, options)
}

/** Reads the number of an organisation or a school: organisasjonsnummer, organisationsnummer, skolenhetskod. */
export function readOrganisationNumber(
  country: Country,
  text: string,
  options: ReadNumberOptions = {},
): NationalNumber {
  return firstFitting(ORGANISATION_READERS[country], country, text, options)
}

/** Reads the code of a municipality. */
export function readMunicipality(country: Country, text: string): NationalNumber {
  const reader: Reader = (code) => readMunicipalityCode(country, code)
  return firstFitting([reader], country, text, {})
}

const VERDICTS = ['ok', 'warn', 'bad'] as const

/**
 * Reads a person's number of which only the possible countries are known, the likeliest first: the country
 * with the best verdict wins, the earlier one where two are equal, one whose form fits before one whose does not.
 */
export function checkNumber(
  text: string,
  countries: readonly [Country, ...Country[]] = COUNTRIES,
  options: ReadNumberOptions = {},
): NationalNumber {
  const [first, ...others] = countries
  return others
    .map((country) => readNumber(country, text, options))
    .reduce(
      (best, next) => (rank(next) < rank(best) ? next : best),
      readNumber(first, text, options),
    )
}

/** Lower is better. */
function rank(number: NationalNumber): number {
  return VERDICTS.indexOf(number.verdict) * 2 + (number.kind === 'unknown' ? 1 : 0)
}

function firstFitting(
  readers: readonly Reader[],
  country: Country,
  text: string,
  options: ReadNumberOptions,
): NationalNumber {
  for (const reader of readers) {
    const finding = reader(text, options)
    if (finding !== undefined) return judge(finding, options)
  }
  return unreadable(country, text)
}
