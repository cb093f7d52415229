import { RollcallError } from '../errors.ts'
import { type Database, INSTALLATION } from '../store/connect.ts'
import { deleteContact, listContacts, setContact, type StoredContact } from '../store/contacts.ts'
import { inPlace } from '../store/place.ts'
import { sourceNamed } from '../store/sites.ts'
import { checkAddress } from './address.ts'

export interface NewContact {
  readonly role: StoredContact['role']
  /** Its name; without one he is of the whole site. */
  readonly source?: string
  readonly name: string
  readonly address?: string
  readonly phone?: string
  readonly note?: string
}

/** Of a name, a number or a note. */
const TEXT_CHARACTERS_MAX = 200

/**
 * Sets who a contact of a site is, or at INSTALLATION its support, in place of the one before.
 * @throws RollcallError ERR_USAGE
 */
export async function setContactOf(
  database: Database,
  siteId: number,
  { role, source, name, address = '', phone = '', note = '' }: NewContact,
  now: Date,
): Promise<StoredContact | undefined> {
  if ((role === 'support') !== (siteId === INSTALLATION)) {
    throw new RollcallError(
      'ERR_USAGE',
      siteId === INSTALLATION
        ? 'The installation has support, and no other contact'
        : 'Support is of the installation: give --installation',
    )
  }
  if (address !== '') checkAddress(address)
  for (const text of [name, phone, note]) checkText(text)
  const sourceId = source === undefined ? null : (await sourceNamed(database, siteId, source)).id
  const contact = { sourceId, role, name: name.trim(), address, phone, note }
  return inPlace(database, siteId, async (session) => {
    const id = await setContact(session, siteId, contact, now.toISOString())
    return (await listContacts(session, siteId)).find((each) => each.id === id)
  })
}

/** @throws RollcallError ERR_NOT_FOUND */
export function removeContact(database: Database, siteId: number, id: number): Promise<void> {
  return inPlace(database, siteId, async (session) => {
    if (await deleteContact(session, siteId, id)) return
    throw new RollcallError('ERR_NOT_FOUND', `There is no contact ${id}`, {
      hint: 'rollcall contacts list shows them with their numbers.',
    })
  })
}

function checkText(text: string): void {
  if (text.length <= TEXT_CHARACTERS_MAX && !/\p{C}/u.test(text)) return
  throw new RollcallError('ERR_USAGE', 'A name, number or note cannot be taken', {
    hint: `One line, at most ${TEXT_CHARACTERS_MAX} characters.`,
  })
}
