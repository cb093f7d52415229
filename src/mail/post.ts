import { type Span, spanned } from '../spans.ts'
import type { Database } from '../store/connect.ts'
import { markBounced } from '../store/recipients.ts'
import {
  claimMail,
  noteMailNotSent,
  noteMailSent,
  sitesWithDueMails,
  type StoredMail,
} from '../store/outbox.ts'
import type { Session } from '../store/connect.ts'
import { momentOf } from './formats.ts'
import {
  type MailSettings,
  MAILS_OF_A_PASS_MAX,
  nextAttempt,
  SMTP_CONNECTIONS_MAX,
} from './settings.ts'
import { openTransport, type Sent, type Transport } from './transport.ts'

/** What a pass over the queue came to. */
export interface Posted {
  readonly sent: number
  readonly failed: number
  /** Why nothing more could be sent, where the server was not to be reached. */
  readonly unreachable?: string
}

interface Pass {
  readonly database: Database
  readonly settings: MailSettings
  readonly now: () => Date
}

/**
 * Sends every mail that is due, of all sites or one. Each is held by its row while it is sent, so that processes share the
 * work; one that dies before it has noted the sending sends again, with the same message id.
 * @throws RollcallError ERR_MAIL_NOT_SET_UP
 */
export async function postDue(pass: Pass, siteId?: number): Promise<Posted> {
  const { database, settings, now } = pass
  const at = now().toISOString()
  const sites =
    siteId === undefined
      ? await database.operator((session) => sitesWithDueMails(session, at))
      : [siteId]
  if (sites.length === 0) return { sent: 0, failed: 0 }
  const count = { sent: 0, failed: 0, unreachable: undefined as string | undefined }
  const transport = openTransport(settings)
  const isOver = (): boolean =>
    count.unreachable !== undefined || count.sent + count.failed >= MAILS_OF_A_PASS_MAX
  const worker = async (): Promise<void> => {
    for (let site = sites.shift(); site !== undefined; site = sites.shift()) {
      while (!isOver()) {
        const sent = await postOne(pass, site, transport)
        if (sent === undefined) break
        if (sent.result === 'sent') count.sent += 1
        else count.failed += 1
        if (sent.result === 'unreachable') count.unreachable = sent.code
      }
    }
  }
  try {
    await Promise.all(Array.from({ length: SMTP_CONNECTIONS_MAX }, worker))
  } finally {
    transport.close()
  }
  const { sent, failed, unreachable } = count
  return { sent, failed, ...(unreachable === undefined ? {} : { unreachable }) }
}

function postOne(
  { database, now }: Pass,
  siteId: number,
  transport: Transport,
): Promise<Sent | undefined> {
  return database.site(siteId, async (session) => {
    const mail = await claimMail(session, siteId, now().toISOString())
    if (mail === undefined) return undefined
    const sent = await sentAs(mail, siteId, transport)
    await note(session, siteId, { mail, sent, now: now() })
    return sent
  })
}

/** Sends one, as a span. */
function sentAs(mail: StoredMail, siteId: number, transport: Transport): Promise<Sent> {
  const work = async (span: Span): Promise<Sent> => {
    const sent = await transport.send(mail, siteId)
    span.note({ outcome: sent.result })
    if ('code' in sent) span.fail(sent.code)
    return sent
  }
  return spanned('mail', { site: siteId, kind: mail.kind }, work, { side: 'client' })
}

async function note(
  session: Session,
  siteId: number,
  { mail, sent, now }: { readonly mail: StoredMail; readonly sent: Sent; readonly now: Date },
): Promise<void> {
  if (sent.result === 'sent') return noteMailSent(session, siteId, mail.id, now.toISOString())
  const isFinal = sent.result === 'noRecipient' || sent.result === 'refused'
  const next = isFinal ? undefined : nextAttempt(mail.attempts, momentOf(mail.madeAt), now)
  await noteMailNotSent(session, siteId, mail.id, {
    error: sent.code,
    nextAt: next?.toISOString() ?? null,
    givenUpAt: next === undefined ? now.toISOString() : null,
  })
  if (sent.result === 'noRecipient') {
    await markBounced(session, siteId, mail.address, { because: sent.code, now: now.toISOString() })
  }
}
