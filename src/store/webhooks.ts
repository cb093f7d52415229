import type { Session } from './connect.ts'

/** Where a site's events are sent as JSON. */
export interface Webhook {
  readonly id: number
  readonly url: string
  /** Sealed. */
  readonly secret: Buffer
  readonly createdAt: string
}

const COLUMNS = 'webhook_id as id, url, secret, created_at as "createdAt"'

export function listWebhooks(session: Session, siteId: number): Promise<Webhook[]> {
  return session.query<Webhook>(
    `select ${COLUMNS} from webhooks where site_id = $1 order by webhook_id`,
    [siteId],
  )
}

export async function insertWebhook(
  session: Session,
  siteId: number,
  { url, secret, now }: { readonly url: string; readonly secret: Buffer; readonly now: string },
): Promise<number> {
  const [row] = await session.query<{ id: number }>(
    'insert into webhooks (site_id, url, secret, created_at) values ($1, $2, $3, $4) returning webhook_id as id',
    [siteId, url, secret, now],
  )
  return row?.id ?? 0
}

export async function deleteWebhook(
  session: Session,
  siteId: number,
  id: number,
): Promise<boolean> {
  const deleted = await session.execute(
    'delete from webhooks where site_id = $1 and webhook_id = $2',
    [siteId, id],
  )
  return deleted > 0
}

/** A call that waits, with where it goes. */
export interface WebhookCall {
  readonly id: number
  readonly webhookId: number
  readonly url: string
  readonly secret: Buffer
  readonly body: string
  readonly madeAt: string
  readonly attempts: number
}

/** Puts a call for an event into the queue, once for each webhook; one without an event is a test. Gives its number. */
export async function insertCall(
  session: Session,
  siteId: number,
  call: {
    readonly webhookId: number
    readonly eventId: number | null
    readonly body: string
    readonly now: string
  },
): Promise<number> {
  const { webhookId, eventId, body, now } = call
  const [row] = await session.query<{ id: number }>(
    `insert into webhook_calls (site_id, webhook_id, event_id, body, made_at, next_at) values ($1, $2, $3, $4, $5, $5)
     on conflict (site_id, webhook_id, event_id) do nothing returning call_id as id`,
    [siteId, webhookId, eventId, body, now],
  )
  return row?.id ?? 0
}

const WAITS = 'c.sent_at is null and c.given_up_at is null'

/** Sites with calls that are due. Needs the operator's view. */
export async function sitesWithDueCalls(session: Session, now: string): Promise<number[]> {
  const rows = await session.query<{ id: number }>(
    `select distinct site_id as id from webhook_calls c where ${WAITS} and next_at <= $1 order by 1`,
    [now],
  )
  return rows.map(({ id }) => id)
}

/** The call of a site that has been due longest, held against every other process until the transaction ends. */
export async function claimCall(
  session: Session,
  siteId: number,
  now: string,
): Promise<WebhookCall | undefined> {
  const [row] = await session.query<WebhookCall>(
    `select c.call_id as id, c.webhook_id as "webhookId", w.url, w.secret, c.body, c.made_at as "madeAt", c.attempts
     from webhook_calls c join webhooks w using (site_id, webhook_id)
     where c.site_id = $1 and ${WAITS} and c.next_at <= $2
     order by c.next_at, c.call_id limit 1 for update of c skip locked`,
    [siteId, now],
  )
  return row
}

export async function noteCall(
  session: Session,
  siteId: number,
  id: number,
  end: {
    readonly sentAt?: string
    readonly error?: string
    readonly nextAt?: string
    readonly givenUpAt?: string
  },
): Promise<void> {
  await session.execute(
    `update webhook_calls set attempts = attempts + 1, sent_at = $3, error = $4, next_at = coalesce($5, next_at),
       given_up_at = $6 where site_id = $1 and call_id = $2`,
    [siteId, id, end.sentAt ?? null, end.error ?? null, end.nextAt ?? null, end.givenUpAt ?? null],
  )
}
