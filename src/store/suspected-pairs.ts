import type { SuspectedPair } from '../change/key-churn.ts'
import { CopyRows } from './copy-rows.ts'
import type { Session } from './connect.ts'

/** Keeps the pairs that a run's report lists, in their order. Nothing is sent where there are none. */
export async function insertSuspectedPairs(
  session: Session,
  siteId: number,
  runId: number,
  pairs: readonly SuspectedPair[],
): Promise<void> {
  if (pairs.length === 0) return
  await session.execute(
    `create temp table if not exists found_pairs (seq int, kind text, old_id bigint, old_key text, new_key text,
       place bigint, confidence text, reasons text, left_out boolean, rekeyed boolean, protected boolean) on commit drop`,
  )
  const rows = new CopyRows()
  pairs.forEach((pair, index) => {
    const { kind, oldId, oldKey, newKey, place, confidence, reasons, leftOut, rekeyed } = pair
    const why = reasons.join(' ')
    rows.add(
      index + 1,
      kind,
      oldId,
      oldKey,
      newKey,
      place,
      confidence,
      why,
      leftOut,
      rekeyed,
      pair.protected,
    )
  })
  await session.copyIn('copy found_pairs from stdin', rows.chunks)
  await session.execute(
    `insert into suspected_pairs (site_id, run_id, seq, kind, old_id, old_key, new_key, place, confidence, reasons,
       left_out, rekeyed, protected)
     select $1, $2, seq, kind, old_id, old_key, new_key, place, confidence, string_to_array(reasons, ' '), left_out,
       rekeyed, protected
     from found_pairs`,
    [siteId, runId],
  )
}

/** Pairs of a run as its report lists them. Who is protected by now is so here, too. */
export function pairsOfRun(
  session: Session,
  siteId: number,
  runId: number,
): Promise<SuspectedPair[]> {
  return session.query<SuspectedPair>(
    `select s.kind, old_id as "oldId", old_key as "oldKey", new_key as "newKey", place, confidence, reasons,
       left_out as "leftOut", rekeyed, s.protected or coalesce(p.protected, false) as protected
     from suspected_pairs s
     left join persons p on p.site_id = s.site_id and p.person_id = s.old_id and s.kind = 'person'
     where s.site_id = $1 and s.run_id = $2 order by seq`,
    [siteId, runId],
  )
}

export async function markRekeyed(session: Session, siteId: number, runId: number): Promise<void> {
  await session.execute(
    `update suspected_pairs set rekeyed = true where site_id = $1 and run_id = $2 and confidence <> 'low'`,
    [siteId, runId],
  )
}
