import { type Database, INSTALLATION, type Session } from './connect.ts'

/** A transaction of a site, or of the installation. */
export function inPlace<T>(
  database: Database,
  siteId: number,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  return siteId === INSTALLATION ? database.installation(work) : database.site(siteId, work)
}

/** From here on a transaction, whoever's it was, sees and writes the rows of a site: for what is made in two places or in none. */
export async function goOnAt(session: Session, siteId: number): Promise<void> {
  await session.execute('set local role none')
  await session.query(`select set_config('rollcall.site', $1, true)`, [`${siteId}`])
}
