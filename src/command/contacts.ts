import { removeContact, setContactOf } from '../mail/set-contacts.ts'
import { listContacts, type StoredContact } from '../store/contacts.ts'
import { inPlace } from '../store/place.ts'
import { type Place, withPlace } from './open.ts'
import { bold, printJson, printLines } from './output.ts'
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
  const set = await withPlace(options, (database, siteId) =>
    setContactOf(database, siteId, { ...options, role }, new Date()),
  )
  show(set === undefined ? [] : [set], options)
}

export async function runContactsRemove(id: number, options: ContactOptions): Promise<void> {
  await withPlace(options, (database, siteId) => removeContact(database, siteId, id))
  if (options.json === true) printJson({ removed: id })
  else printLines([`Contact ${id} is removed`])
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
