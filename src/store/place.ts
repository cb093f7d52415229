import { type Database, INSTALLATION, type Session } from './connect.ts'

/** A transaction of a site, or of the installation. */
export function inPlace<T>(
  database: Database,
  siteId: number,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  return siteId === INSTALLATION ? database.installation(work) : database.site(siteId, work)
}
