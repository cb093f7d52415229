import { HIDDEN, shownValues } from '../roster/display.ts'
import type { DriftRow } from '../store/drift.ts'

/** Of a protected person the key tells who he is; where he is a member is not shown. */
export function shownDrift(row: DriftRow): DriftRow {
  if (!row.protected) return row
  return {
    ...row,
    here: shownValues(row.here ?? undefined, true) ?? null,
    sent: shownValues(row.sent ?? undefined, true) ?? null,
    ...(row.kind === 'membership' ? { id: 0, key: HIDDEN } : {}),
  }
}
