import type { ImsTimeframe } from './records.ts'
import type { Reading } from './reading.ts'
import { readUnknown, pieceOf } from './read-extension.ts'
import { ORDER } from './vocabulary.ts'
import { attribute } from './xml.ts'

/** Shared by everything that has no time frame. */
export const NO_TIMEFRAME: ImsTimeframe = Object.freeze({})

/** Reads a `<timeframe>`; dates as written. `restrict="1"` has no field: it is kept as a piece. */
export function readTimeframe(reading: Reading, extension: string[]): ImsTimeframe {
  const { tokens } = reading
  const timeframe: { -readonly [field in keyof ImsTimeframe]: ImsTimeframe[field] } = {}
  let rank = 0
  while (reading.nextChild()) {
    rank = reading.rank(ORDER.timeframe, rank)
    const name = tokens.name
    switch (name) {
      case 'begin':
      case 'end': {
        const restrict = tokens.attribute('restrict')?.trim() ?? ''
        if (restrict !== '' && restrict !== '0') {
          extension.push(`<${name}${attribute('restrict', restrict)}/>`)
        }
        const text = reading.text()
        if (text !== '') timeframe[name] = text
        break
      }
      case 'adminperiod': {
        const text = reading.text()
        if (text !== '') timeframe.adminPeriod = text
        break
      }
      default:
        readUnknown(reading, (element) => extension.push(pieceOf(element)))
    }
  }
  return Object.keys(timeframe).length === 0 ? NO_TIMEFRAME : timeframe
}
