import type { HandReport } from '../correction/contract.ts'
import type { JournalChange } from '../store/journal.ts'
import { changeJson } from './changes.ts'

/** What a run by hand did, as data. */
export function handJson(
  report: HandReport,
  changes: readonly JournalChange[],
): { readonly [key: string]: unknown } {
  return { ...report, counts: report.changes, changes: changes.map((change) => changeJson(change)) }
}
