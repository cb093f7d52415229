import type { RetentionRequest } from '../erasure/retention.ts'
import { RollcallError } from '../errors.ts'
import type { Site } from '../store/sites.ts'
import { notice } from './notice.ts'
import type { Opened } from './open.ts'

type OpenedSite = Opened & { readonly site: Site }

/**
 * What every import begins with: once a day, what the site no longer keeps goes. Costs one statement on the others. That
 * it fails is said, and keeps no delivery from being imported.
 */
export async function retainBeforeImport(opened: OpenedSite): Promise<void> {
  try {
    const { retainIfDue } = await import('../erasure/retention.ts')
    await retainIfDue(retentionRequest(opened))
  } catch (error) {
    const code = error instanceof RollcallError ? error.code : 'ERR_INTERNAL'
    notice(`What the site no longer keeps could not be deleted (${code}); see: rollcall retention`)
  }
}

export function retentionRequest({
  config,
  database,
  site,
  sender,
}: OpenedSite): Omit<RetentionRequest, 'dryRun'> {
  return {
    database,
    siteId: site.id,
    deliveriesFolder: config.deliveriesFolder,
    limits: config.limits,
    sender,
    now: () => new Date(),
  }
}
