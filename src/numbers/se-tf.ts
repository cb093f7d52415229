import { isDay } from './calendar.ts'
import type { Finding } from './number.ts'

/**
 * Reads a TF number, the temporary number that Swedish schools give a pupil without a personnummer:
 * `YYYYMMDDTFxx`, with or without `-` before `TF`. It has no check digit (Skolverket, national tests).
 */
export function readTfNumber(text: string): Finding | undefined {
  const match = /^((?:18|19|20)\d{2})(\d{2})(\d{2})-?TF(\d{2})$/.exec(text.trim().toUpperCase())
  if (match === null) return undefined
  const [, year = '', month = '', day = '', tail = ''] = match
  return {
    country: 'SE',
    kind: 'tfNumber',
    value: `${year}${month}${day}TF${tail}`,
    date: isDay(Number(year), Number(month), Number(day)) ? 'pass' : 'fail',
    checksum: 'none',
  }
}
