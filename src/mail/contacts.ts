import type { Session } from '../store/connect.ts'
import type { Contact } from './matter.ts'

/** Whom a site can ask, as somebody has entered them. */
export type ContactsOf = (session: Session, siteId: number) => Promise<readonly Contact[]>

/** Until contacts are kept, nobody. */
export const noContacts: ContactsOf = () => Promise.resolve([])
