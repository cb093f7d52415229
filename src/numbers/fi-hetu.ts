import { isDay } from './calendar.ts'
import type { Finding } from './number.ts'

const CHECK_CHARACTERS = '0123456789ABCDEFHJKLMNPRSTUVWXY'

/**
 * Reads a Finnish henkilötunnus, `DDMMYYCZZZQ`. The separator C tells the century and is part of the identity: since
 * 2023 there are several per century (DVV, reform of the personal identity code). Serials 900–999 are temporary
 * or test numbers and never in the population register: read as synthetic.
 */
export function readHetu(text: string): Finding | undefined {
  const value = text.trim().toUpperCase()
  const match = /^(\d{2})(\d{2})(\d{2})([-+A-FU-Y])(\d{3})([\dA-FHJ-NPR-Y])$/.exec(value)
  if (match === null) return undefined
  const [, dd = '', mm = '', yy = '', separator = '', serial = '', check = ''] = match
  if (Number(serial) < 2) return undefined
  const year = centuryOf(separator) + Number(yy)
  const expected = CHECK_CHARACTERS[Number(dd + mm + yy + serial) % 31]
  return {
    country: 'FI',
    kind: 'hetu',
    value,
    date: isDay(year, Number(mm), Number(dd)) ? 'pass' : 'fail',
    checksum: check === expected ? 'pass' : 'fail',
    synthetic: Number(serial) >= 900,
  }
}

function centuryOf(separator: string): number {
  if (separator === '+') return 1800
  return '-UVWXY'.includes(separator) ? 1900 : 2000
}
