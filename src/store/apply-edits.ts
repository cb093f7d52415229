import type { Session } from './connect.ts'

/**
 * Values edited by hand are kept until the source changes the field: then its value wins. What a planned write leaves
 * of them is worked out here, a username edited by hand included.
 */
export async function keepEdits(
  session: Session,
  siteId: number,
  kind: 'person' | 'group',
): Promise<void> {
  const planned = `planned_${kind}_write`
  await session.execute(`alter table ${planned} add edited jsonb not null default '{}'`)
  const edited = await session.execute(
    `update ${planned} w set edited = coalesce((select jsonb_object_agg(e.key, e.value) from jsonb_each(t.edited) e
       where t.sent->'fields'->e.key is not distinct from w.record->'fields'->e.key), '{}')
     from ${kind}s t where t.site_id = $1 and t.${kind}_id = w.id and t.edited <> '{}' and w.record is not null`,
    [siteId],
  )
  if (edited === 0 || kind === 'group') return
  await session.execute(
    `update planned_person_write w set username = p.username, username_key = p.username_key from persons p
     where p.site_id = $1 and p.person_id = w.id and w.edited ? 'username'`,
    [siteId],
  )
}
