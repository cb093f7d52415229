import type { HandRequest } from '../../src/correction/contract.ts'
import type { Database } from '../../src/store/connect.ts'

/** What every run by hand is told in tests. */
export function byTest(
  { database, siteId }: { readonly database: Database; readonly siteId: number },
  dryRun = false,
): HandRequest {
  return {
    database,
    siteId,
    sender: 'test',
    now: () => new Date(Date.UTC(2026, 8, 2, 9)),
    dryRun,
  }
}
