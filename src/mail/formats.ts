import { fill, type Language, type Words, wordsOf } from './words.ts'

/** Which conventions numbers and times follow. Danish and Norwegian times have dots or colons as their people expect. */
const LOCALES: { readonly [language in Language]: string } = {
  sv: 'sv-SE',
  nb: 'nb-NO',
  da: 'da-DK',
  fi: 'fi-FI',
  de: 'de-DE',
  en: 'en-GB',
}

/** One language in one time zone: words, and how numbers and times are written. */
export interface Formats {
  readonly language: Language
  readonly words: Words
  readonly number: (n: number) => string
  /** From tenths of a percent; one decimal, as many digits as the judgement has. */
  readonly permille: (permille: number) => string
  readonly percent: (percent: number) => string
  readonly time: (moment: string) => string
  readonly day: (moment: string) => string
  readonly bytes: (bytes: number) => string
  /** The form that fits the number, filled in with it as `{n}`. */
  readonly plural: (forms: { readonly one: string; readonly other: string }, n: number) => string
  readonly list: (words: readonly string[]) => string
}

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const

/** @param timeZone Of the source or site, as in its rules. */
export function formatsOf(language: Language, timeZone: string): Formats {
  const locale = LOCALES[language]
  const number = new Intl.NumberFormat(locale)
  const decimal = new Intl.NumberFormat(locale, {
    style: 'percent',
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  })
  const whole = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 })
  const time = new Intl.DateTimeFormat(locale, {
    timeZone,
    dateStyle: 'medium',
    timeStyle: 'short',
    hourCycle: 'h23',
  })
  const day = new Intl.DateTimeFormat(locale, { timeZone, dateStyle: 'medium' })
  const plurals = new Intl.PluralRules(locale)
  const list = new Intl.ListFormat(locale)
  return {
    language,
    words: wordsOf(language),
    number: (n) => number.format(n),
    permille: (permille) => decimal.format(permille / 1000),
    percent: (percent) => whole.format(percent / 100),
    time: (moment) => withMoment(moment, (at) => time.format(at)),
    day: (moment) => withMoment(moment, (at) => day.format(at)),
    bytes: (bytes) => bytesText(locale, bytes),
    plural: (forms, n) =>
      fill(plurals.select(n) === 'one' ? forms.one : forms.other, { n: number.format(n) }),
    list: (words) => list.format(words),
  }
}

/** Moments come from reports in ISO form, and from the database as it writes them. */
function withMoment(moment: string, format: (at: Date) => string): string {
  const at = momentOf(moment)
  return Number.isNaN(at.getTime()) ? '–' : format(at)
}

/** A moment as a report or the database writes it. */
export function momentOf(moment: string): Date {
  return new Date(
    moment.includes('T') ? moment : moment.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'),
  )
}

function bytesText(locale: string, bytes: number): string {
  let unit = 0
  let value = bytes
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000
    unit += 1
  }
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: UNITS[unit] as string,
    unitDisplay: unit === 0 ? 'long' : 'short',
    maximumFractionDigits: 1,
  }).format(value)
}
