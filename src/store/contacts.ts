import type { Session } from './connect.ts'

/** Whom to ask: of a source or of the whole site; support is the installation's. */
export interface StoredContact {
  readonly id: number
  /** Null: of everything at the site. */
  readonly sourceId: number | null
  readonly source: string | null
  readonly role: 'supplier' | 'it' | 'owner' | 'support'
  readonly name: string
  readonly address: string
  readonly phone: string
  readonly note: string
}

/** Contacts of a site, or of the installation at site 0. */
export function listContacts(session: Session, siteId: number): Promise<StoredContact[]> {
  return session.query<StoredContact>(
    `select c.contact_id as id, c.source_id as "sourceId", s.name as source, c.role, c.name, c.address, c.phone, c.note
     from contacts c left join sources s on s.site_id = c.site_id and s.source_id = c.source_id
     where c.site_id = $1 order by c.source_id nulls first, c.role`,
    [siteId],
  )
}

/** Sets who has a role; whoever had it before has it no longer. Gives his number. */
export async function setContact(
  session: Session,
  siteId: number,
  contact: Omit<StoredContact, 'id' | 'source'>,
  now: string,
): Promise<number> {
  const { sourceId, role, name, address, phone, note } = contact
  const [row] = await session.query<{ id: number }>(
    `insert into contacts (site_id, source_id, role, name, address, phone, note, set_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (site_id, coalesce(source_id, 0), role) do update set name = excluded.name,
       address = excluded.address, phone = excluded.phone, note = excluded.note, set_at = excluded.set_at
     returning contact_id as id`,
    [siteId, sourceId, role, name, address, phone, note, now],
  )
  return row?.id ?? 0
}

/** Gives whether there was one. */
export async function deleteContact(
  session: Session,
  siteId: number,
  id: number,
): Promise<boolean> {
  const deleted = await session.execute(
    'delete from contacts where site_id = $1 and contact_id = $2',
    [siteId, id],
  )
  return deleted > 0
}
