import type { Session } from './connect.ts'

/** A mail to one recipient, whole, on its way. */
export interface StoredMail {
  readonly id: number
  readonly recipientId: number | null
  readonly address: string
  readonly name: string
  readonly kind: string
  readonly runId: number | null
  readonly messageId: string
  readonly threadId: string | null
  /** The words that mail rules look for; null for a mail that is not about an import. */
  readonly status: string | null
  readonly outcome: string | null
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly madeAt: string
  readonly attempts: number
  readonly nextAt: string
  readonly sentAt: string | null
  readonly givenUpAt: string | null
  readonly error: string | null
}

const COLUMNS = `mail_id as id, recipient_id as "recipientId", address, name, kind, run_id as "runId",
  message_id as "messageId", thread_id as "threadId", status, outcome, subject, body_text as text, body_html as html,
  made_at as "madeAt", attempts, next_at as "nextAt", sent_at as "sentAt", given_up_at as "givenUpAt", error`
const WAITS = 'sent_at is null and given_up_at is null'

export type NewMail = Omit<
  StoredMail,
  'id' | 'attempts' | 'nextAt' | 'sentAt' | 'givenUpAt' | 'error'
>

/** Puts a mail into the queue; one with the same message id is there once, however often it is made. */
export async function insertMail(session: Session, siteId: number, mail: NewMail): Promise<void> {
  await session.execute(
    `insert into mails (site_id, recipient_id, address, name, kind, run_id, message_id, thread_id, status, outcome,
       subject, body_text, body_html, made_at, next_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14) on conflict (site_id, message_id) do nothing`,
    [
      siteId,
      mail.recipientId,
      mail.address,
      mail.name,
      mail.kind,
      mail.runId,
      mail.messageId,
      mail.threadId,
      mail.status,
      mail.outcome,
      mail.subject,
      mail.text,
      mail.html,
      mail.madeAt,
    ],
  )
}

/** Sites with mails that are due. Needs the operator's view. */
export async function sitesWithDueMails(session: Session, now: string): Promise<number[]> {
  const rows = await session.query<{ id: number }>(
    `select distinct site_id as id from mails where ${WAITS} and next_at <= $1 order by 1`,
    [now],
  )
  return rows.map(({ id }) => id)
}

/** The mail of a site that has been due longest, held against every other process until the transaction ends. */
export async function claimMail(
  session: Session,
  siteId: number,
  now: string,
): Promise<StoredMail | undefined> {
  const [row] = await session.query<StoredMail>(
    `select ${COLUMNS} from mails where site_id = $1 and ${WAITS} and next_at <= $2
     order by next_at, mail_id limit 1 for update skip locked`,
    [siteId, now],
  )
  return row
}

export async function noteMailSent(
  session: Session,
  siteId: number,
  id: number,
  now: string,
): Promise<void> {
  await session.execute(
    'update mails set sent_at = $3, attempts = attempts + 1, error = null where site_id = $1 and mail_id = $2',
    [siteId, id, now],
  )
}

/** Notes an attempt that failed: it is tried again then, or given up now. */
export async function noteMailNotSent(
  session: Session,
  siteId: number,
  id: number,
  { error, nextAt, givenUpAt }: { error: string; nextAt: string | null; givenUpAt: string | null },
): Promise<void> {
  await session.execute(
    `update mails set attempts = attempts + 1, error = $3, next_at = coalesce($4, next_at), given_up_at = $5
     where site_id = $1 and mail_id = $2`,
    [siteId, id, error, nextAt, givenUpAt],
  )
}

/** Those of a site, the newest first, or from before one of them; `open` only those that were not sent yet. */
export function listMails(
  session: Session,
  siteId: number,
  { open, limit, before }: { open: boolean; limit: number; before?: number },
): Promise<StoredMail[]> {
  return session.query<StoredMail>(
    `select ${COLUMNS} from mails where site_id = $1 ${open ? 'and sent_at is null' : ''}
       and ($3::bigint is null or mail_id < $3)
     order by mail_id desc limit $2`,
    [siteId, limit, before ?? null],
  )
}

/** Makes everything that was not sent due at once, given up or not. Gives how many. */
export function retryMails(session: Session, siteId: number, now: string): Promise<number> {
  return session.execute(
    'update mails set next_at = $2, given_up_at = null where site_id = $1 and sent_at is null',
    [siteId, now],
  )
}

/** The address and site of a mail by its message id. Needs the operator's view. */
export async function mailById(
  session: Session,
  messageId: string,
): Promise<{ readonly siteId: number; readonly address: string } | undefined> {
  const [row] = await session.query<{ siteId: number; address: string }>(
    'select site_id as "siteId", address from mails where message_id = $1 limit 1',
    [messageId],
  )
  return row
}

/** Deletes mails and webhook calls that ended before then. */
export async function forgetSent(session: Session, siteId: number, before: string): Promise<void> {
  for (const table of ['mails', 'webhook_calls']) {
    await session.execute(
      `delete from ${table} where site_id = $1 and coalesce(sent_at, given_up_at) < $2`,
      [siteId, before],
    )
  }
}

/** Sites with any of these. Needs the operator's view. */
export async function sitesWithSent(session: Session, before: string): Promise<number[]> {
  const rows = await session.query<{ id: number }>(
    `select site_id as id from mails where coalesce(sent_at, given_up_at) < $1
     union select site_id from webhook_calls where coalesce(sent_at, given_up_at) < $1 order by 1`,
    [before],
  )
  return rows.map(({ id }) => id)
}
