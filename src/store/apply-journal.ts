import type { ApplyContext } from './apply.ts'
import type { Session } from './connect.ts'

/** Makes the plan's changes rows of the journal, with ids in place of references. */
export async function writeJournal(
  session: Session,
  { siteId, runId }: ApplyContext,
): Promise<void> {
  await session.execute('delete from changes where site_id = $1 and run_id = $2', [siteId, runId])
  await session.execute(
    `insert into changes (site_id, run_id, seq, kind, action, id, key, place, before, after)
     select $1, $2, seq, kind, action, pg_temp.real_id(id), key, place, before,
       case when after ? 'other' and kind = 'relation'
         then after || jsonb_build_object('other', pg_temp.real_id((after->>'other')::bigint)) else after end
     from planned_change`,
    [siteId, runId],
  )
}
