import { z } from 'zod'
import { addRecipient, changeRecipient, removeRecipient } from '../../mail/recipients.ts'
import { LANGUAGES } from '../../mail/words.ts'
import { listRecipients } from '../../store/recipients.ts'
import { done, operation, type Operation } from '../operation.ts'
import { ANYTHING, given, NUMBER, ONE_LINE } from './shapes.ts'

const RECIPIENT = z.object({ recipient: NUMBER })
const CHANGES = {
  name: ONE_LINE.optional(),
  language: z.enum(LANGUAGES).optional().meta({ description: 'That of the site unless given' }),
  what: z.enum(['every', 'failed', 'weekly']).optional(),
  started: z.enum(['long', 'always', 'never']).optional(),
  deputy: z.boolean().optional(),
}
const shared = { tag: 'mail', scope: 'administer', answer: z.looseObject({ id: z.int() }) } as const

/** Who gets status mail. Addresses stand in bodies, recipients are named by their numbers. */
export const RECIPIENTS: readonly Operation[] = [
  operation({
    id: 'list_recipients',
    method: 'get',
    path: '/recipients',
    tag: 'mail',
    scope: 'read',
    summary: 'Recipients of status mail',
    answer: z.object({ recipients: z.array(ANYTHING) }),
    async run({ database, site }) {
      const list = await database.site(site.id, (session) => listRecipients(session, site.id))
      return done({ recipients: list })
    },
  }),
  operation({
    ...shared,
    id: 'add_recipient',
    method: 'post',
    path: '/recipients',
    summary: 'Add a recipient, who is told of every attempt unless said otherwise',
    body: z.object({
      address: z.string().min(1).max(1_000),
      source: z.string().max(100).optional().meta({ description: 'Only of this source' }),
      ...CHANGES,
    }),
    async run({ database, site, now }, made) {
      return done(await addRecipient(database, site, given(made), now()))
    },
  }),
  operation({
    ...shared,
    id: 'set_recipient',
    method: 'patch',
    path: '/recipients/{recipient}',
    summary: 'Change a recipient; that mail came back from him is forgotten',
    params: RECIPIENT,
    body: z.object(CHANGES),
    async run({ database, site }, { recipient, ...change }) {
      return done(await changeRecipient(database, site.id, recipient, given(change)))
    },
  }),
  operation({
    ...shared,
    id: 'remove_recipient',
    method: 'delete',
    path: '/recipients/{recipient}',
    summary: 'Remove a recipient; mails to him that wait are not sent',
    params: RECIPIENT,
    answer: z.object({ removed: z.int() }),
    async run({ database, site }, { recipient }) {
      await removeRecipient(database, site.id, recipient)
      return done({ removed: recipient })
    },
  }),
]
