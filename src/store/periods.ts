import type { Session } from './connect.ts'
import type { SiteSettings } from './settings.ts'

/** What a site has set. */
export async function siteSettings(session: Session, siteId: number): Promise<SiteSettings> {
  const [row] = await session.query<{ settings: SiteSettings }>(
    'select settings from sites where site_id = $1',
    [siteId],
  )
  return row?.settings ?? {}
}
