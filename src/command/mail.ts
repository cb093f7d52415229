import { RollcallError } from '../errors.ts'
import { audited } from '../access/audit.ts'
import { BOUNCE_BYTES_MAX } from '../mail/bounce.ts'
import { bouncedBy } from '../mail/bounced.ts'
import { mailPass } from '../mail/start.ts'
import { sendTestMail } from '../mail/test-mail.ts'
import type { Language } from '../mail/words.ts'
import { listMails, retryMails, type StoredMail } from '../store/outbox.ts'
import { markBounced } from '../store/recipients.ts'
import { callsOf } from './calls.ts'
import { withDatabase, withSite } from './open.ts'
import { bold, printJson, printLines } from './output.ts'
import { tableLines } from './table.ts'
import { timeText } from '../shown/time.ts'

export interface MailListOptions {
  readonly site: string
  readonly all?: boolean
  readonly limit: number
  readonly json?: boolean
}

export async function runMailList(options: MailListOptions): Promise<void> {
  const { site: name, all, limit, json } = options
  const mails = await withSite(name, ({ database, site }) =>
    database.site(site.id, (session) => listMails(session, site.id, { open: all !== true, limit })),
  )
  if (json === true) {
    printJson({ mails: mails.map(({ text: _1, html: _2, ...mail }) => mail) })
    return
  }
  if (mails.length === 0) {
    printLines([all === true ? 'No mail has been made.' : 'No mail waits.'])
    return
  }
  const columns = ['number', 'made', 'to', 'subject', ''].map((heading) => ({ heading }))
  const rows = mails.map((mail) => [
    `${mail.id}`,
    timeText(mail.madeAt),
    mail.address,
    mail.subject,
    stateOf(mail),
  ])
  printLines(tableLines(columns, rows, bold))
}

function stateOf({ sentAt, givenUpAt, attempts, nextAt, error }: StoredMail): string {
  if (sentAt !== null) return `sent ${timeText(sentAt)}`
  if (givenUpAt !== null) return `given up ${timeText(givenUpAt)} (${error})`
  return attempts === 0 ? 'waits' : `${attempts} attempts, next ${timeText(nextAt)} (${error})`
}

export interface MailSendOptions {
  readonly retry?: boolean
  readonly site: string
  readonly json?: boolean
}

/** Tells and sends once, for all sites: what the service does all the time. */
export async function runMailSend({ retry, site, json }: MailSendOptions): Promise<void> {
  const now = (): Date => new Date()
  if (retry === true) {
    await withSite(site, (opened) =>
      opened.database.site(opened.site.id, (session) =>
        retryMails(session, opened.site.id, now().toISOString()),
      ),
    )
  }
  const pass = await withDatabase(({ config, database }) =>
    mailPass({
      database,
      deliveriesFolder: config.deliveriesFolder,
      settings: config.mail,
      calls: callsOf(config),
      now,
    }),
  )
  const { told, mails, calls } = pass
  if (json === true) printJson(pass)
  else {
    printLines([
      `${told} events told; ${mails.sent} mails sent, ${mails.failed} not; ${calls.sent} webhooks called, ${calls.failed} not`,
      ...(mails.unreachable === undefined
        ? []
        : [`The mail server could not be used (${mails.unreachable}); the rest waits.`]),
    ])
  }
  if (mails.failed + calls.failed > 0) process.exitCode = 1
}

export interface MailTestOptions {
  readonly site: string
  readonly language: Language
  readonly json?: boolean
}

/** Sends one mail at once, past the queue, and says how that went. */
export async function runMailTest(address: string, options: MailTestOptions): Promise<void> {
  const sent = await withSite(options.site, ({ config, site }) =>
    sendTestMail(config.mail, site, { address, language: options.language }, new Date()),
  )
  if (sent.result !== 'sent') {
    throw new RollcallError('ERR_MAIL_NOT_SENT', `the mail was not sent: ${sent.code}`, {
      hint: 'docs/status-mail.md says what the codes of mail servers mean.',
    })
  }
  if (options.json === true) printJson({ sent: address })
  else printLines([`Sent to ${address}`])
}

/**
 * Reads a delivery status notification from standard input and marks whom it says mail does not reach. The log of his site has
 * it; a notification that marks nobody, which anybody may send, is in none.
 */
export async function runMailBounce({ json }: { readonly json?: boolean }): Promise<void> {
  const message = await standardInput()
  const marked = await withDatabase(async ({ database, actor }) => {
    const now = (): Date => new Date()
    const action = 'mail bounce'
    let count = 0
    for (const { siteId, address, recipients, because } of await bouncedBy(database, message)) {
      const values = { told: { recipients, because } }
      const how = { because, now: now().toISOString() }
      count += await audited({ database, siteId, actor, action, values, now }, () =>
        database.site(siteId, (session) => markBounced(session, siteId, address, how)),
      )
    }
    return count
  })
  if (json === true) printJson({ marked })
  else printLines([`${marked} recipients marked`])
}

async function standardInput(): Promise<string> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of process.stdin) {
    bytes += (piece as Buffer).length
    if (bytes > BOUNCE_BYTES_MAX) {
      throw new RollcallError(
        'ERR_USAGE',
        `The notification has more than ${BOUNCE_BYTES_MAX} bytes`,
      )
    }
    pieces.push(piece as Buffer)
  }
  return Buffer.concat(pieces).toString('latin1')
}
