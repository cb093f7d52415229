/** Countries whose numbers are known here. */
export const COUNTRIES = ['NO', 'SE', 'DK', 'FI'] as const
export type Country = (typeof COUNTRIES)[number]

/** What a number is. `unknown` fits no kind of the country. */
export type NumberKind =
  | 'fodselsnummer'
  | 'dNumber'
  | 'hNumber'
  | 'fhNumber'
  | 'fsNumber'
  | 'kostraPlaceholder'
  | 'duf'
  | 'personnummer'
  | 'samordningsnummer'
  | 'interimNumber'
  | 'tfNumber'
  | 'cpr'
  | 'hetu'
  | 'oppijanumero'
  | 'organisasjonsnummer'
  | 'organisationsnummer'
  | 'skolenhetskod'
  | 'municipalityCode'
  | 'unknown'

/** `none`: this kind of number has no such part, or nobody has published a rule for it. */
export type CheckResult = 'pass' | 'fail' | 'none'

/** What an official series of test numbers is called; `navOrHelp` cannot be told from a real help number. */
export type NumberSeries = 'tenor' | 'syntPop' | 'navOrHelp' | 'fs'

export type NumberNote =
  /** A spreadsheet ate the leading zero; it was put back. */
  | 'leadingZeroAdded'
  /** Passes only the rule for check digits that Norway uses from 2032 on. */
  | 'rule2032'
  /** Synthetic, and synthetic numbers were not accepted. */
  | 'syntheticNotAccepted'
  /** Stands in for a number that is not known. */
  | 'placeholder'

/**
 * A national number and what its checks say. A number is text: leading zeros matter.
 *
 * `ok` passes everything its kind can be checked for · `warn` may be right, though a rule says otherwise
 * or cannot decide · `bad` cannot be right. No verdict ever refuses an import record.
 * Gender is never derived, nor is a birth date given: from 2032 Norwegian numbers carry neither,
 * and Sweden assigns a day nearby when the numbers of a day are used up.
 */
export interface NationalNumber {
  readonly country: Country
  readonly kind: NumberKind
  /** In the form in which it is stored: no blanks, one spelling per number. The text as given if it fits no kind. */
  readonly value: string
  readonly checks: {
    readonly format: CheckResult
    readonly date: CheckResult
    readonly checksum: CheckResult
  }
  readonly synthetic: boolean
  readonly series?: NumberSeries
  readonly notes: readonly NumberNote[]
  readonly verdict: 'ok' | 'warn' | 'bad'
}

export interface ReadNumberOptions {
  /** Test numbers count like real ones. Off by default: a production system must not take them for persons. */
  readonly acceptSynthetic?: boolean
  /** Today as `YYYY-MM-DD`: decides the century of a ten-digit Swedish number and whether a year lies ahead. */
  readonly today?: string
}

/** What a reader of one kind found out; `judge` makes a number of it. */
export interface Finding {
  readonly country: Country
  readonly kind: NumberKind
  readonly value: string
  readonly date: CheckResult
  readonly checksum: CheckResult
  readonly synthetic?: boolean
  readonly series?: NumberSeries
  readonly notes?: readonly NumberNote[]
  /** The rule for the check digits is not official, or not kept by every issuer: failing it only warns. */
  readonly checksumIsAdvice?: boolean
  /** The result is information only: failing it changes nothing (Denmark since 2007). */
  readonly checksumIsInformation?: boolean
}

/** Gives the number with its verdict. */
export function judge(finding: Finding, options: ReadNumberOptions): NationalNumber {
  const synthetic = finding.synthetic ?? false
  const notes = [...(finding.notes ?? [])]
  if (synthetic && options.acceptSynthetic !== true) notes.push('syntheticNotAccepted')
  const checksumFails = finding.checksum === 'fail' && finding.checksumIsInformation !== true
  const bad = finding.date === 'fail' || (checksumFails && finding.checksumIsAdvice !== true)
  const warn = checksumFails || notes.some((note) => note !== 'rule2032')
  return {
    country: finding.country,
    kind: finding.kind,
    value: finding.value,
    checks: { format: 'pass', date: finding.date, checksum: finding.checksum },
    synthetic,
    ...(finding.series === undefined ? {} : { series: finding.series }),
    notes,
    verdict: bad ? 'bad' : warn ? 'warn' : 'ok',
  }
}

/** The number of a text that fits no kind. */
export function unreadable(country: Country, text: string): NationalNumber {
  return {
    country,
    kind: 'unknown',
    value: text.trim(),
    checks: { format: 'fail', date: 'none', checksum: 'none' },
    synthetic: false,
    notes: [],
    verdict: 'bad',
  }
}
