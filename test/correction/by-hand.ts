import type { HandRequest } from '../../src/correction/contract.ts'
import type { TestSite } from '../import/site.ts'

/** What every run by hand is told in tests. */
export function byTest({ database, siteId }: TestSite, dryRun = false): HandRequest {
  return {
    database,
    siteId,
    sender: 'test',
    now: () => new Date(Date.UTC(2026, 8, 2, 9)),
    dryRun,
  }
}
