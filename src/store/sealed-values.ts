import { RollcallError } from '../errors.ts'
import type { Database, Session } from './connect.ts'

/** A secret as it is stored, and whose it is. */
export interface SealedValue {
  readonly what: 'webhook' | 'collector' | 'host key'
  readonly siteId: number
  /** Number of the source or webhook; 0 for keys of the drop box. */
  readonly of: number
  readonly sealed: Buffer
}

/** Every secret that has to be read again, of all sites. */
export function sealedValues(session: Session): Promise<SealedValue[]> {
  return session.query<SealedValue>(
    `select 'webhook' as what, site_id as "siteId", webhook_id as of, secret as sealed from webhooks
     union all select 'collector', site_id, source_id, secrets from collectors where secrets is not null
     union all select 'host key', site_id, 0, private_key from drop_box_host_keys`,
  )
}

const PLACES: { readonly [what in SealedValue['what']]: readonly [string, string, string] } = {
  webhook: ['webhooks', 'secret', 'webhook_id = $3'],
  collector: ['collectors', 'secrets', 'source_id = $3'],
  // One for each algorithm: told apart by what is sealed.
  'host key': ['drop_box_host_keys', 'private_key', '$3::bigint = 0'],
}

/**
 * Puts others in the place of secrets of any site: all of them or none.
 * @throws RollcallError ERR_NOT_POSSIBLE when one was changed since it was read.
 */
export async function replaceSealed(
  database: Database,
  changes: readonly { readonly value: SealedValue; readonly sealed: Buffer }[],
): Promise<void> {
  await database.installation(async (session) => {
    for (const { value, sealed } of changes) {
      const [table, column, which] = PLACES[value.what]
      await session.query(`select set_config('rollcall.site', $1, true)`, [String(value.siteId)])
      const rows = await session.execute(
        `update ${table} set ${column} = $1 where site_id = $2 and ${which} and ${column} = $4`,
        [sealed, value.siteId, value.of, value.sealed],
      )
      if (rows === 1) continue
      throw new RollcallError('ERR_NOT_POSSIBLE', 'A secret was changed meanwhile', {
        hint: 'Nothing was changed. Stop the service, and run it again.',
      })
    }
  })
}
