import { linesOf, type LineColumn } from '../import/lines.ts'
import type { RunReport } from '../import/report.ts'
import { RollcallError } from '../errors.ts'

/** Line and column of what a delivery was refused for; undefined where it was not, or the file is gone. */
export async function refusalPlace(
  report: RunReport,
  file: string | undefined,
): Promise<LineColumn | undefined> {
  if (report.refusal === undefined || file === undefined) return undefined
  const { place } = report.refusal
  const places = await placesIn(file, report.delivery.encoding, [place])
  return places.get(place)
}

/** Lines of places, or none where the delivery has been deleted. */
export async function placesIn(
  file: string,
  encoding: RunReport['delivery']['encoding'],
  places: Iterable<number>,
): Promise<ReadonlyMap<number, LineColumn>> {
  try {
    return await linesOf(file, encoding, places)
  } catch (error) {
    if (error instanceof RollcallError && error.code === 'ERR_FILE_UNREADABLE') return new Map()
    throw error
  }
}
