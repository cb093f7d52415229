import { rmSync } from 'node:fs'
import path from 'node:path'
import type { Session } from '../store/connect.ts'
import { forgetPaths, secretPaths } from '../store/deliveries.ts'
import type { ImportRequest } from './contract.ts'

/** How long a delivery that carried passwords is kept. */
export const SECRET_DAYS_MAX = 7
const DAY = 24 * 60 * 60 * 1000

/**
 * Deletes the bytes of deliveries that carried passwords once they are older than that. The note follows the
 * deletion: if we are stopped between the two, the next run does both again.
 */
export async function forgetSecrets(
  session: Session,
  { siteId, deliveriesFolder, now }: Pick<ImportRequest, 'siteId' | 'deliveriesFolder' | 'now'>,
): Promise<void> {
  const before = new Date(now().getTime() - SECRET_DAYS_MAX * DAY).toISOString()
  const paths = await secretPaths(session, siteId, before)
  if (paths.length === 0) return
  for (const each of paths) rmSync(path.join(deliveriesFolder, each), { force: true })
  await forgetPaths(session, siteId, paths)
}
