import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createTransport } from 'nodemailer'
import { RollcallError } from '../errors.ts'
import type { StoredMail } from '../store/outbox.ts'
import { momentOf } from './formats.ts'
import {
  type MailSettings,
  SMTP_ANSWER_MS_MAX,
  SMTP_CONNECT_MS_MAX,
  SMTP_CONNECTIONS_MAX,
  type SmtpSettings,
} from './settings.ts'

/**
 * What became of an attempt. `noRecipient` the server does not take mail for this address, ever · `refused` it will not
 * take this mail · `later` it may the next time · `unreachable` nothing can be sent to it now.
 */
export type Sent =
  | { readonly result: 'sent' }
  | { readonly result: 'noRecipient' | 'refused' | 'later' | 'unreachable'; readonly code: string }

/** Somewhere that mails go. */
export interface Transport {
  send(mail: StoredMail, siteId: number): Promise<Sent>
  close(): void
}

export interface OpenedFrom extends MailSettings {
  readonly from: string
}

/**
 * Opens what the settings name: a folder, else the server.
 * @throws RollcallError ERR_MAIL_NOT_SET_UP where there is neither, or no sender.
 */
export function openTransport(settings: MailSettings): Transport {
  const { from, folder, smtp } = settings
  if (from === undefined || (folder === undefined && smtp === undefined)) throw notSetUp()
  const build = (mail: StoredMail, siteId: number): Parts => partsOf(mail, siteId, from)
  if (folder !== undefined) return toFolder(folder, build)
  return toServer(smtp as SmtpSettings, from, build)
}

export function isSetUp({ from, folder, smtp }: MailSettings): boolean {
  return from !== undefined && (folder !== undefined || smtp !== undefined)
}

function notSetUp(): RollcallError {
  return new RollcallError('ERR_MAIL_NOT_SET_UP', 'nothing says how mail is sent', {
    hint: 'Set ROLLCALL_MAIL_FROM, and ROLLCALL_SMTP_URL or ROLLCALL_MAIL_FOLDER: see docs/status-mail.md.',
  })
}

type Parts = ReturnType<typeof partsOf>

/** Addresses are given as they are, never parsed: what somebody typed as a name cannot become a second address. */
function partsOf(
  mail: StoredMail,
  siteId: number,
  from: string,
): {
  readonly from: { readonly name: string; readonly address: string }
  readonly to: { readonly name: string; readonly address: string }
  readonly [field: string]: unknown
} {
  const domain = domainOf(from)
  const { address, name, messageId, threadId, status, outcome, kind, runId } = mail
  return {
    from: { name: 'Rollcall', address: from },
    to: { name, address },
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    date: momentOf(mail.madeAt),
    messageId,
    ...(threadId === null ? {} : { inReplyTo: threadId, references: [threadId] }),
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      'List-Id': `<status-${siteId}.rollcall.${domain}>`,
      'X-Rollcall-Status': status ?? kind,
      ...(outcome === null ? {} : { 'X-Rollcall-Outcome': outcome }),
      ...(runId === null ? {} : { 'X-Rollcall-Run': String(runId) }),
    },
    // A body is text of ours: nothing in it may make the library read a file or fetch an address.
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1).toLowerCase()
}

/** One file a mail, complete as soon as it has its name. */
function toFolder(folder: string, build: (mail: StoredMail, siteId: number) => Parts): Transport {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'windows' })
  return {
    async send(mail, siteId) {
      const { message } = await transport.sendMail(build(mail, siteId))
      const at = path.join(folder, `${siteId}-${mail.id}.eml`)
      const aside = `${at}.${randomUUID()}`
      writeFileSync(aside, message as Buffer, { mode: 0o600 })
      renameSync(aside, at)
      return { result: 'sent' }
    },
    close() {
      transport.close()
    },
  }
}

function toServer(
  { host, port, isTls, startTls, user, password, caFile }: SmtpSettings,
  from: string,
  build: (mail: StoredMail, siteId: number) => Parts,
): Transport {
  const transport = createTransport({
    pool: true,
    host,
    port,
    secure: isTls,
    ...(isTls ? {} : startTls === 'off' ? { ignoreTLS: true } : { requireTLS: true }),
    ...(user === undefined ? {} : { auth: { user, pass: password ?? '' } }),
    name: domainOf(from),
    maxConnections: SMTP_CONNECTIONS_MAX,
    connectionTimeout: SMTP_CONNECT_MS_MAX,
    greetingTimeout: SMTP_CONNECT_MS_MAX,
    dnsTimeout: SMTP_CONNECT_MS_MAX,
    socketTimeout: SMTP_ANSWER_MS_MAX,
    disableFileAccess: true,
    disableUrlAccess: true,
    tls: {
      minVersion: 'TLSv1.2',
      ...(caFile === undefined ? {} : { ca: readFileSync(caFile) }),
    },
  })
  return {
    async send(mail, siteId) {
      try {
        await transport.sendMail(build(mail, siteId))
        return { result: 'sent' }
      } catch (error) {
        return resultOf(error as SmtpError)
      }
    },
    close() {
      transport.close()
    },
  }
}

interface SmtpError {
  readonly code?: string
  readonly command?: string
  readonly responseCode?: number
  readonly rejectedErrors?: readonly {
    readonly responseCode?: number
    readonly response?: string
  }[]
  readonly response?: string
}

/** A server's reply is for its administrator: of it only the codes are kept, its words may name somebody. */
function resultOf(error: SmtpError): Sent {
  const [rejected] = error.rejectedErrors ?? []
  const reply = rejected?.responseCode ?? error.responseCode
  const isToRecipient = rejected !== undefined || error.command === 'RCPT TO'
  const enhanced = /\b[245]\.\d{1,3}\.\d{1,3}\b/.exec(
    rejected?.response ?? error.response ?? '',
  )?.[0]
  const code =
    reply === undefined ? (error.code ?? 'ESOCKET') : [reply, enhanced].filter(Boolean).join(' ')
  if (reply !== undefined && isToRecipient) {
    // 5.7: policy of the server or of the receiver; the address may be right. 5.2.2: its mailbox is full.
    const isAddress = reply >= 500 && !/^5\.(7\.|2\.2)/.test(enhanced ?? '')
    return { result: isAddress ? 'noRecipient' : reply >= 500 ? 'refused' : 'later', code }
  }
  if (reply !== undefined && (error.command === 'DATA' || error.code === 'EMESSAGE')) {
    return { result: reply >= 500 ? 'refused' : 'later', code }
  }
  // Wrong credentials and a sender that is not allowed are ours to correct; every other mail would fare the same.
  return { result: 'unreachable', code }
}
