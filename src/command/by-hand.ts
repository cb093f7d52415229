import type { HandResult } from '../correction/by-hand.ts'
import type { HandRequest } from '../correction/contract.ts'
import { withSite } from './open.ts'
import { printJson, printLines } from './output.ts'
import { handJson } from '../shown/hand.ts'
import { handLines } from './render-hand.ts'

/** Options that every command by hand has. */
export interface HandOptions {
  readonly site: string
  readonly dryRun?: boolean
  readonly json?: boolean
}

/** Exit code of a run by hand that left something as it is: the same as of an import that set records aside. */
export const LEFT_SOMETHING = 5

/** Runs a command by hand on its site and prints what came of it. */
export async function runByHand<R extends HandResult>(
  options: HandOptions,
  work: (request: HandRequest) => Promise<R>,
  more: (result: R) => { readonly [key: string]: unknown } = () => ({}),
): Promise<void> {
  const result = await withSite(options.site, ({ database, site, sender }) =>
    work({
      database,
      siteId: site.id,
      sender,
      now: () => new Date(),
      dryRun: options.dryRun === true,
    }),
  )
  const { report, changes } = result
  if (options.json === true) printJson({ ...handJson(report, changes), ...more(result) })
  else printLines(handLines(report, changes))
  if (report.left.length > 0) process.exitCode = LEFT_SOMETHING
}
