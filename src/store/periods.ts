import type { PeriodSettings } from '../roster/retention.ts'
import type { Session } from './connect.ts'

/** The periods that a site has set. */
export async function siteSettings(session: Session, siteId: number): Promise<PeriodSettings> {
  const [row] = await session.query<{ settings: PeriodSettings }>(
    'select settings from sites where site_id = $1',
    [siteId],
  )
  return row?.settings ?? {}
}
