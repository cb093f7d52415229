import type { NamedKind } from './claims.ts'
import type { Session } from './connect.ts'

/** So many are asked for at once: their keys are a few megabytes. */
const RECORDS_AT_ONCE = 100_000

/** Every key by which a source's files may name one of these records: its own, those of claims, aliases. */
export async function* namesOf(
  session: Session,
  siteId: number,
  kind: NamedKind,
  ids: readonly number[],
): AsyncGenerator<string> {
  const own =
    kind === 'person'
      ? 'select person_id as id, key from persons where site_id = $1'
      : `select group_id as id, key from groups where site_id = $1
         union all select group_id, sent_key from groups where site_id = $1`
  for (let from = 0; from < ids.length; from += RECORDS_AT_ONCE) {
    const rows = await session.query<{ key: string }>(
      `select n.key from (${own}
         union all select id, key from claims where site_id = $1 and kind = $2
         union all select id, key from aliases where site_id = $1 and kind = $2) n
       where n.id = any($3) and n.key is not null`,
      [siteId, kind, ids.slice(from, from + RECORDS_AT_ONCE)],
    )
    for (const { key } of rows) yield key
  }
}
