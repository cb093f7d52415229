import type { Session } from './session.ts'

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
