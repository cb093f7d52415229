import type { Session } from './connect.ts'

/** Whoever is told of a site's imports by mail. */
export interface Recipient {
  readonly id: number
  /** Null: of every source of the site. */
  readonly sourceId: number | null
  readonly source: string | null
  readonly address: string
  readonly name: string
  readonly language: 'sv' | 'nb' | 'da' | 'fi' | 'de' | 'en'
  /** Every attempt, failed and held ones only, or one summary a week. */
  readonly what: 'every' | 'failed' | 'weekly'
  /** Whether he is told that an import has begun: of one that takes long, of each, of none. */
  readonly started: 'long' | 'always' | 'never'
  /** Told of a hold from the third mail about it on, and of nothing else. */
  readonly deputy: boolean
  /** What happened before is not told him. */
  readonly createdAt: string
  /** Mail to him came back. */
  readonly bouncedAt: string | null
  readonly bouncedBecause: string | null
}

const COLUMNS = `r.recipient_id as id, r.source_id as "sourceId", s.name as source, r.address, r.name, r.language, r.what,
  r.started, r.deputy, r.created_at as "createdAt", r.bounced_at as "bouncedAt", r.bounced_because as "bouncedBecause"`

export function listRecipients(session: Session, siteId: number): Promise<Recipient[]> {
  return session.query<Recipient>(
    `select ${COLUMNS} from recipients r
       left join sources s on s.site_id = r.site_id and s.source_id = r.source_id
     where r.site_id = $1 order by r.recipient_id`,
    [siteId],
  )
}

export type RecipientChange = Partial<
  Pick<Recipient, 'name' | 'language' | 'what' | 'started' | 'deputy'>
>

/** Adds a recipient; gives his number, or undefined where the address is one for the source already. */
export async function insertRecipient(
  session: Session,
  siteId: number,
  recipient: Required<RecipientChange> & Pick<Recipient, 'address' | 'sourceId'>,
  now: string,
): Promise<number | undefined> {
  const { sourceId, address, name, language, what, started, deputy } = recipient
  const [row] = await session.query<{ id: number }>(
    `insert into recipients (site_id, source_id, address, name, language, what, started, deputy, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing returning recipient_id as id`,
    [siteId, sourceId, address, name, language, what, started, deputy, now],
  )
  return row?.id
}

/** Changes what is given; mail that came back is forgotten, as somebody has looked at it. Gives whether there is one. */
export async function updateRecipient(
  session: Session,
  siteId: number,
  id: number,
  { name, language, what, started, deputy }: RecipientChange,
): Promise<boolean> {
  const changed = await session.execute(
    `update recipients set name = coalesce($3, name), language = coalesce($4, language), what = coalesce($5, what),
       started = coalesce($6, started), deputy = coalesce($7, deputy), bounced_at = null, bounced_because = null
     where site_id = $1 and recipient_id = $2`,
    [siteId, id, name ?? null, language ?? null, what ?? null, started ?? null, deputy ?? null],
  )
  return changed > 0
}

/** Mails to him that were not sent yet are not sent any more. */
export async function deleteRecipient(
  session: Session,
  siteId: number,
  id: number,
): Promise<boolean> {
  await session.execute(
    'delete from mails where site_id = $1 and recipient_id = $2 and sent_at is null',
    [siteId, id],
  )
  const deleted = await session.execute(
    'delete from recipients where site_id = $1 and recipient_id = $2',
    [siteId, id],
  )
  return deleted > 0
}

/** Notes that mail to an address comes back: for whatever source it is a recipient. Gives how many were not marked yet. */
export function markBounced(
  session: Session,
  siteId: number,
  address: string,
  { because, now }: { readonly because: string; readonly now: string },
): Promise<number> {
  return session.execute(
    `update recipients set bounced_at = $4, bounced_because = $3
     where site_id = $1 and lower(address) = lower($2) and bounced_at is null`,
    [siteId, address, because, now],
  )
}
