import { RollcallError } from '../errors.ts'
import type { Database, Session } from '../store/connect.ts'
import {
  deleteRecipient,
  insertRecipient,
  listRecipients,
  type Recipient,
  type RecipientChange,
  updateRecipient,
} from '../store/recipients.ts'
import { type Site, sourceNamed } from '../store/sites.ts'
import { checkAddress } from './address.ts'
import { RECIPIENTS_MAX } from './settings.ts'

export interface NewRecipient extends RecipientChange {
  readonly address: string
  /** Its name; without one he is told of every source of the site. */
  readonly source?: string
}

/**
 * Adds a recipient, who is told of every attempt, in the language of the site, unless said otherwise.
 * @throws RollcallError ERR_USAGE for an address that is none or one already, no language, or one recipient too many
 */
export async function addRecipient(
  database: Database,
  site: Site,
  made: NewRecipient,
  now: Date,
): Promise<Recipient> {
  const { address, source, name = '', what = 'every', started = 'long', deputy = false } = made
  checkAddress(address)
  const language = made.language ?? site.settings.language
  if (language === undefined) {
    throw new RollcallError('ERR_USAGE', 'Give a language, or set that of the site', {
      hint: 'rollcall sites set NAME --language sv',
    })
  }
  const sourceId = source === undefined ? null : (await sourceNamed(database, site.id, source)).id
  return database.site(site.id, async (session) => {
    const before = await listRecipients(session, site.id)
    if (before.length >= RECIPIENTS_MAX) {
      throw new RollcallError('ERR_USAGE', `A site has at most ${RECIPIENTS_MAX} recipients`, {
        hint: 'Let one of them be a mailing list.',
      })
    }
    const recipient = { address, sourceId, name, language, what, started, deputy }
    const id = await insertRecipient(session, site.id, recipient, now.toISOString())
    if (id === undefined) {
      throw new RollcallError('ERR_USAGE', 'This address is a recipient already', {
        hint: 'rollcall recipients list shows it; rollcall recipients set changes it.',
      })
    }
    return one(session, site.id, id)
  })
}

/** Changes what is given. That mail came back is forgotten. @throws RollcallError ERR_NOT_FOUND */
export function changeRecipient(
  database: Database,
  siteId: number,
  id: number,
  change: RecipientChange,
): Promise<Recipient> {
  return database.site(siteId, async (session) => {
    await updateRecipient(session, siteId, id, change)
    return one(session, siteId, id)
  })
}

/** Mails to him that wait are not sent. @throws RollcallError ERR_NOT_FOUND */
export function removeRecipient(database: Database, siteId: number, id: number): Promise<void> {
  return database.site(siteId, async (session) => {
    if (!(await deleteRecipient(session, siteId, id))) throw notThere(id)
  })
}

async function one(session: Session, siteId: number, id: number): Promise<Recipient> {
  const found = (await listRecipients(session, siteId)).find((each) => each.id === id)
  if (found === undefined) throw notThere(id)
  return found
}

function notThere(id: number): RollcallError {
  return new RollcallError('ERR_NOT_FOUND', `There is no recipient ${id} at this site`, {
    hint: 'rollcall recipients list shows them with their numbers.',
  })
}
