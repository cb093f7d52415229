import { RollcallError } from '../errors.ts'
import { RECIPIENTS_MAX } from '../mail/settings.ts'
import {
  deleteRecipient,
  insertRecipient,
  listRecipients,
  type Recipient,
  type RecipientChange,
  updateRecipient,
} from '../store/recipients.ts'
import { sourceNamed } from '../store/sites.ts'
import { withSite } from './open.ts'
import { bold, printJson, printLines } from './output.ts'
import { tableLines } from './table.ts'
import { timeText } from '../shown/time.ts'

export interface RecipientOptions {
  readonly site: string
  readonly json?: boolean
}

export interface RecipientSetOptions extends RecipientOptions, RecipientChange {}

export interface RecipientAddOptions extends RecipientSetOptions {
  readonly source?: string
}

export async function runRecipientsList({ site: name, json }: RecipientOptions): Promise<void> {
  const recipients = await withSite(name, ({ database, site }) =>
    database.site(site.id, (session) => listRecipients(session, site.id)),
  )
  show(recipients, json)
}

export async function runRecipientsAdd(
  address: string,
  options: RecipientAddOptions,
): Promise<void> {
  checkAddress(address)
  const { source, name = '', what = 'every', started = 'long', deputy = false } = options
  const added = await withSite(options.site, async ({ database, site }) => {
    const language = options.language ?? site.settings.language
    if (language === undefined) {
      throw new RollcallError('ERR_USAGE', 'Give --language, or set that of the site', {
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
      const id = await insertRecipient(session, site.id, recipient, new Date().toISOString())
      if (id === undefined) {
        throw new RollcallError('ERR_USAGE', 'This address is a recipient already', {
          hint: 'rollcall recipients list shows it; rollcall recipients set changes it.',
        })
      }
      return (await listRecipients(session, site.id)).filter((each) => each.id === id)
    })
  })
  show(added, options.json)
}

export async function runRecipientsSet(id: number, options: RecipientSetOptions): Promise<void> {
  const { name, language, what, started, deputy } = options
  const change = Object.fromEntries(
    Object.entries({ name, language, what, started, deputy }).filter(
      ([, value]) => value !== undefined,
    ),
  ) as RecipientChange
  const changed = await withSite(options.site, ({ database, site }) =>
    database.site(site.id, async (session) => {
      if (!(await updateRecipient(session, site.id, id, change))) throw notThere(id)
      return (await listRecipients(session, site.id)).filter((each) => each.id === id)
    }),
  )
  show(changed, options.json)
}

export async function runRecipientsRemove(id: number, options: RecipientOptions): Promise<void> {
  await withSite(options.site, ({ database, site }) =>
    database.site(site.id, async (session) => {
      if (!(await deleteRecipient(session, site.id, id))) throw notThere(id)
    }),
  )
  if (options.json === true) printJson({ removed: id })
  else printLines([`Recipient ${id} is removed`])
}

function notThere(id: number): RollcallError {
  return new RollcallError('ERR_NOT_FOUND', `There is no recipient ${id} at this site`, {
    hint: 'rollcall recipients list shows them with their numbers.',
  })
}

/** Longest address that mail servers take (RFC 5321, 4.5.3.1.3). */
const ADDRESS_CHARACTERS_MAX = 254

export function checkAddress(address: string): void {
  const isPlain =
    /^[^\s@<>",;:\\[\]()\p{C}]+@[^\s@<>",;:\\[\]()\p{C}]+\.[^\s@<>",;:\\[\]()\p{C}]+$/u
  if (isPlain.test(address) && address.length <= ADDRESS_CHARACTERS_MAX) return
  throw new RollcallError('ERR_USAGE', 'This is not a plain address', {
    hint: 'One address such as it@kommun.example, without a name.',
  })
}

const TOLD: { readonly [what in Recipient['what']]: string } = {
  every: 'every attempt',
  failed: 'failed and held',
  weekly: 'weekly summary',
}

function show(recipients: readonly Recipient[], json: boolean | undefined): void {
  if (json === true) {
    printJson({ recipients })
    return
  }
  if (recipients.length === 0) {
    printLines([
      'There are no recipients. To add one: rollcall recipients add ADDRESS --language sv',
    ])
    return
  }
  const columns = ['number', 'address', 'name', 'language', 'told of', 'source', ''].map(
    (heading) => ({ heading }),
  )
  const rows = recipients.map(
    ({ id, address, name, language, what, source, deputy, started, bouncedAt, bouncedBecause }) => [
      `${id}`,
      address,
      name,
      language,
      deputy ? 'holds that go on, as deputy' : TOLD[what],
      source ?? 'all',
      [
        ...(started === 'long' || deputy ? [] : [`starts: ${started}`]),
        ...(bouncedAt === null
          ? []
          : [`mail comes back since ${timeText(bouncedAt)} (${bouncedBecause})`]),
      ].join('; '),
    ],
  )
  printLines(tableLines(columns, rows, bold))
}
