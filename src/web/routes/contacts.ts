import { z } from 'zod'
import { removeContact, setContactOf } from '../../mail/set-contacts.ts'
import { listContacts } from '../../store/contacts.ts'
import { inPlace } from '../../store/place.ts'
import { done, operation, type Operation } from '../operation.ts'
import { ANYTHING, given, NUMBER, ONE_LINE, TEXT } from './shapes.ts'

const CONTACT = z.object({ contact: NUMBER })
const WHO = {
  name: TEXT,
  address: z.string().max(1_000).optional(),
  phone: ONE_LINE.optional(),
  note: ONE_LINE.optional(),
}
const shared = { tag: 'contacts', answer: z.looseObject({ id: z.int() }) } as const

const inEither = (of: 'installation' | undefined): readonly Operation[] => {
  const [ids, whose] =
    of === undefined ? ['contact', 'of a site and its sources'] : ['support', 'of the installation']
  const at = of === undefined ? {} : { of }
  return [
    operation({
      ...at,
      id: of === undefined ? 'list_contacts' : 'list_support',
      method: 'get',
      path: '/contacts',
      tag: 'contacts',
      scope: of === undefined ? 'read' : 'administer',
      summary: `Contacts ${whose}`,
      answer: z.object({ contacts: z.array(ANYTHING) }),
      async run({ database, site }) {
        const contacts = await inPlace(database, site.id, (session) =>
          listContacts(session, site.id),
        )
        return done({ contacts })
      },
    }),
    operation({
      ...shared,
      ...at,
      id: `remove_${ids}`,
      method: 'delete',
      path: '/contacts/{contact}',
      scope: 'administer',
      summary: `Remove a contact ${whose}`,
      params: CONTACT,
      answer: z.object({ removed: z.int() }),
      async run({ database, site }, { contact }) {
        await removeContact(database, site.id, contact)
        return done({ removed: contact })
      },
    }),
  ]
}

/** Whom to ask. */
export const CONTACTS: readonly Operation[] = [
  ...inEither(undefined),
  operation({
    ...shared,
    id: 'set_contact',
    method: 'post',
    path: '/contacts',
    scope: 'administer',
    summary: 'Set who a contact is, in place of the one before',
    body: z.object({
      role: z.enum(['supplier', 'it', 'owner']),
      source: z.string().max(100).optional().meta({ description: 'Only of this source' }),
      ...WHO,
    }),
    async run({ database, site, now }, contact) {
      return done({ ...(await setContactOf(database, site.id, given(contact), now())) })
    },
  }),
  ...inEither('installation'),
  operation({
    ...shared,
    id: 'set_support',
    of: 'installation',
    method: 'post',
    path: '/contacts',
    scope: 'administer',
    summary: 'Set who supports the installation',
    body: z.object(WHO),
    async run({ database, site, now }, contact) {
      const support = { ...given(contact), role: 'support' as const }
      return done({ ...(await setContactOf(database, site.id, support, now())) })
    },
  }),
]
