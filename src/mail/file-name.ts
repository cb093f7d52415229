import { readNumber } from '../numbers/read.ts'
import type { Country } from '../numbers/number.ts'
import { plain } from './subject.ts'

const COUNTRIES: readonly Country[] = ['NO', 'SE', 'DK', 'FI']
/** Anything in a name that could be a national number, with or without a sign between its parts. */
const CANDIDATE = /\d{6,8}[-+A-FU-Y]?\d{3}[\dA-Z]{1,2}(?!\d)/gi

/**
 * The name of a delivery as a mail may say it. A name that a machine gave is the same every night and worth telling;
 * digits in it that could be a national number are masked. One that a person gave may say anything, and is not told.
 *
 * @param channel How the delivery came; undefined for the command line.
 */
export function tellableName(fileName: string, channel: string | undefined): string | undefined {
  if (channel === undefined || channel === 'upload') return undefined
  return plain(fileName).replaceAll(CANDIDATE, (text) => (couldBeNumber(text) ? '…' : text))
}

function couldBeNumber(text: string): boolean {
  return COUNTRIES.some((country) => readNumber(country, text).verdict !== 'bad')
}
