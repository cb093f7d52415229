import type { ClientConfig } from 'pg'
import { RollcallError } from '../errors.ts'
import type { DatabaseConfig, DatabaseOptions } from './connect.ts'
import { DATABASE } from './embedded-cluster.ts'
import { joinEmbedded } from './embedded.ts'
import { ROLES } from './roles.ts'

/** The database as its owner, and the restricted role that gets its rights. */
export interface Owner {
  readonly connection: ClientConfig
  readonly appRole: string
}

/**
 * Has `work` done as the owner of the database.
 * @throws RollcallError ERR_USAGE when a server is set without its owner; what `joinEmbedded` throws.
 */
export async function asOwner<T>(
  config: DatabaseConfig,
  options: DatabaseOptions,
  work: (owner: Owner) => Promise<T>,
): Promise<T> {
  if (config.databaseUrl !== undefined) {
    if (config.ownerUrl === undefined) {
      throw new RollcallError('ERR_USAGE', 'DATABASE_OWNER_URL is not set', {
        hint: 'It names the same database as DATABASE_URL, as its owner.',
      })
    }
    const appRole = decodeURIComponent(new URL(config.databaseUrl).username)
    return work({ connection: { connectionString: config.ownerUrl }, appRole })
  }
  const embedded = await joinEmbedded(config.home, options)
  try {
    const host = embedded.socketFolder
    return await work({
      connection: { host, user: ROLES.owner, database: DATABASE },
      appRole: ROLES.app,
    })
  } finally {
    await embedded.leave()
  }
}
