import type { Session } from './connect.ts'

/** What a source's next full delivery has to look at though its bytes are the same. */
export interface LookAgain {
  /** Persons and groups of the source that need reading. */
  readonly persons: readonly { readonly id: number; readonly key: string }[]
  readonly groups: readonly { readonly id: number; readonly key: string }[]
  /** Groups whose lists need comparing. */
  readonly lists: ReadonlySet<number>
}

export const NOTHING_AGAIN: LookAgain = { persons: [], groups: [], lists: new Set() }

export async function lookAgainOf(
  session: Session,
  siteId: number,
  sourceId: number,
): Promise<LookAgain> {
  const rows = await session.query<{ kind: string; id: number; key: string | null }>(
    `select l.kind, l.id, coalesce(p.key, g.key) as key from look_again l
     left join persons p on l.kind = 'person' and p.site_id = l.site_id and p.person_id = l.id
       and p.source_id = l.source_id and p.state = 'active'
     left join groups g on l.kind = 'group' and g.site_id = l.site_id and g.group_id = l.id
       and g.source_id = l.source_id and g.state = 'active'
     where l.site_id = $1 and l.source_id = $2 order by l.kind, l.id`,
    [siteId, sourceId],
  )
  const records = (wanted: string): { id: number; key: string }[] =>
    rows.flatMap(({ kind, id, key }) => (kind === wanted && key !== null ? [{ id, key }] : []))
  const lists = rows.flatMap(({ kind, id }) => (kind === 'list' ? [id] : []))
  return { persons: records('person'), groups: records('group'), lists: new Set(lists) }
}

/** A full delivery of the source has looked at all of it. */
export async function lookedAgain(
  session: Session,
  siteId: number,
  sourceId: number,
): Promise<void> {
  await session.execute('delete from look_again where site_id = $1 and source_id = $2', [
    siteId,
    sourceId,
  ])
}

/**
 * Has sources look at records or lists with their next full delivery. Plans of theirs that wait are outdated by it, and so is
 * the shortcut for the very same bytes.
 *
 * @param rows Query that gives source_id, kind and id; may name temporary tables. Rows without a source are left out.
 */
export async function markLookAgain(session: Session, siteId: number, rows: string): Promise<void> {
  await session.execute(
    `with marked as (
       insert into look_again (site_id, source_id, kind, id)
       select distinct $1::int, r.source_id, r.kind, r.id from (${rows}) r where r.source_id is not null
       on conflict (site_id, source_id, kind, id) do update set kind = excluded.kind
       returning source_id
     )
     update sources set mirror_version = mirror_version + 1
     where site_id = $1 and source_id in (select source_id from marked)`,
    [siteId],
  )
}
