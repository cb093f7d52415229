import type { Database, Session } from '../store/connect.ts'
import { listContacts, type StoredContact } from '../store/contacts.ts'
import type { Contact } from './matter.ts'

/** In the order in which they are to be asked. */
const ORDER = ['supplier', 'it', 'owner', 'support'] as const

/** Whom a site can ask, the installation's support among them. */
export async function contactsOf(
  session: Session,
  siteId: number,
  support: readonly StoredContact[],
): Promise<readonly StoredContact[]> {
  return [...(await listContacts(session, siteId)), ...support]
}

/** The installation's own, which no transaction of a site sees. */
export function supportOf(database: Database): Promise<readonly StoredContact[]> {
  return database.installation((session) => listContacts(session, 0))
}

/** Whom to ask about a source: its own contact of each role before the site's. About the whole site: the site's. */
export function contactsFor(
  contacts: readonly StoredContact[],
  sourceId: number | undefined,
): Contact[] {
  return ORDER.flatMap((role) => {
    const known = contacts.filter((each) => each.role === role)
    const own = known.find((each) => sourceId !== undefined && each.sourceId === sourceId)
    const found = own ?? known.find((each) => each.sourceId === null)
    if (found === undefined) return []
    const { name, address, phone, note } = found
    return [{ role, name, address, phone, note }]
  })
}
