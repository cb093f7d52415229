import { linesOf, type LineColumn } from '../import/lines.ts'
import type { RunReport } from '../import/report.ts'
import { RollcallError } from '../errors.ts'

/** Line and column of what a delivery was refused for; undefined where it was not, or the file is gone. */
export function refusalPlace(report: RunReport, file: string | undefined): LineColumn | undefined {
  if (report.refusal === undefined || file === undefined) return undefined
  const { place } = report.refusal
  return placesIn(file, report.delivery.encoding, [place]).get(place)
}

/** Lines of places, or none where the delivery has been deleted. */
export function placesIn(
  file: string,
  encoding: RunReport['delivery']['encoding'],
  places: Iterable<number>,
): ReadonlyMap<number, LineColumn> {
  try {
    return linesOf(file, encoding, places)
  } catch (error) {
    if (error instanceof RollcallError && error.code === 'ERR_FILE_UNREADABLE') return new Map()
    throw error
  }
}
