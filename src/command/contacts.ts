import { RollcallError } from '../errors.ts'
import { deleteContact, listContacts, setContact, type StoredContact } from '../store/contacts.ts'
import { sourceNamed } from '../store/sites.ts'
import { inPlace } from '../store/place.ts'
import { type Place, withPlace } from './open.ts'
import { bold, printJson, printLines } from './output.ts'
import { checkAddress } from './recipients.ts'
import { tableLines } from './table.ts'

export interface ContactOptions extends Place {
  readonly json?: boolean
}

export interface ContactSetOptions extends ContactOptions {
  readonly source?: string
  readonly name: string
  readonly address?: string
  readonly phone?: string
  readonly note?: string
}

/** Of a name, a number or a note. */
const TEXT_CHARACTERS_MAX = 200

export async function runContactsList(options: ContactOptions): Promise<void> {
  const contacts = await withPlace(options, (database, siteId) =>
    inPlace(database, siteId, (session) => listContacts(session, siteId)),
  )
  show(contacts, options)
}

export async function runContactsSet(
  role: StoredContact['role'],
  options: ContactSetOptions,
): Promise<void> {
  const { source, name, address = '', phone = '', note = '', installation = false } = options
  if ((role === 'support') !== installation) {
    throw new RollcallError(
      'ERR_USAGE',
      installation
        ? 'The installation has support, and no other contact'
        : 'Support is of the installation: give --installation',
    )
  }
  if (address !== '') checkAddress(address)
  for (const text of [name, phone, note]) checkText(text)
  const now = new Date().toISOString()
  const set = await withPlace(options, async (database, siteId) => {
    const sourceId = source === undefined ? null : (await sourceNamed(database, siteId, source)).id
    const contact = { sourceId, role, name: name.trim(), address, phone, note }
    return inPlace(database, siteId, async (session) => {
      const id = await setContact(session, siteId, contact, now)
      return (await listContacts(session, siteId)).filter((each) => each.id === id)
    })
  })
  show(set, options)
}

export async function runContactsRemove(id: number, options: ContactOptions): Promise<void> {
  await withPlace(options, (database, siteId) =>
    inPlace(database, siteId, async (session) => {
      if (await deleteContact(session, siteId, id)) return
      throw new RollcallError('ERR_NOT_FOUND', `There is no contact ${id}`, {
        hint: 'rollcall contacts list shows them with their numbers.',
      })
    }),
  )
  if (options.json === true) printJson({ removed: id })
  else printLines([`Contact ${id} is removed`])
}

function checkText(text: string): void {
  if (text.length <= TEXT_CHARACTERS_MAX && !/\p{C}/u.test(text)) return
  throw new RollcallError('ERR_USAGE', 'A name, number or note cannot be taken', {
    hint: `One line, at most ${TEXT_CHARACTERS_MAX} characters.`,
  })
}

const ROLES: { readonly [role in StoredContact['role']]: string } = {
  supplier: 'supplier',
  it: 'our IT',
  owner: 'subject owner',
  support: 'support',
}

function show(contacts: readonly StoredContact[], { json }: ContactOptions): void {
  if (json === true) {
    printJson({ contacts })
    return
  }
  if (contacts.length === 0) {
    printLines(['There are no contacts. To set one: rollcall contacts set supplier --name NAME'])
    return
  }
  const columns = ['number', 'who', 'of', 'name', 'e-mail', 'phone', 'note'].map((heading) => ({
    heading,
  }))
  const rows = contacts.map((each) => [
    `${each.id}`,
    ROLES[each.role],
    each.source ?? (each.role === 'support' ? 'the installation' : 'the site'),
    each.name,
    each.address,
    each.phone,
    each.note,
  ])
  printLines(tableLines(columns, rows, bold))
}
