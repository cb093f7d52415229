import { addRecipient, changeRecipient, removeRecipient } from '../mail/recipients.ts'
import { listRecipients, type Recipient, type RecipientChange } from '../store/recipients.ts'
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
  { site: at, json, ...made }: RecipientAddOptions,
): Promise<void> {
  const added = await withSite(at, ({ database, site }) =>
    addRecipient(database, site, { ...made, address }, new Date()),
  )
  show([added], json)
}

export async function runRecipientsSet(id: number, options: RecipientSetOptions): Promise<void> {
  const { site: at, json, ...change } = options
  const changed = await withSite(at, ({ database, site }) =>
    changeRecipient(database, site.id, id, change),
  )
  show([changed], json)
}

export async function runRecipientsRemove(id: number, options: RecipientOptions): Promise<void> {
  await withSite(options.site, ({ database, site }) => removeRecipient(database, site.id, id))
  if (options.json === true) printJson({ removed: id })
  else printLines([`Recipient ${id} is removed`])
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
