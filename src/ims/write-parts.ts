import type { ImsSourcedId, ImsTimeframe } from './records.ts'
import { attribute, leaf } from './xml.ts'

export function recstatus(status: 1 | 2 | 3 | undefined): string {
  return status === undefined ? '' : ` recstatus="${status}"`
}

/** A source that is not known is left out: the reader takes the file's. */
export function sourcedId({ source, id, type }: ImsSourcedId): string {
  const from = source === '' ? '' : leaf('source', source)
  return `<sourcedid${attribute('sourcedidtype', type)}>${from}${leaf('id', id)}</sourcedid>`
}

export function timeframe({ begin, end, adminPeriod }: ImsTimeframe): string {
  const xml = leaf('begin', begin) + leaf('end', end) + leaf('adminperiod', adminPeriod)
  return xml === '' ? '' : `<timeframe>${xml}</timeframe>`
}

export function extension(pieces: readonly string[], own = ''): string {
  return own === '' && pieces.length === 0 ? '' : `<extension>${own}${pieces.join('')}</extension>`
}
