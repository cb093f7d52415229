import type { Session } from './connect.ts'

/** What a source has done, for whoever watches the service. */
export interface SourceFigures {
  readonly site: string
  readonly source: string
  /** Runs by the state that they are in now. */
  readonly runs: { readonly [state: string]: number }
  /** Seconds since 1970 of the end of the last run that was applied or released; null before the first. */
  readonly lastSuccess: number | null
  /** Seconds that the last run took that ended. */
  readonly lastDuration: number | null
  readonly deliveries: number
  /** Arrivals that wait for their run. */
  readonly arriving: number
}

/** Figures of all sources. Needs the operator's view. */
export function sourceFigures(session: Session): Promise<SourceFigures[]> {
  return session.query<SourceFigures>(
    `with by_state as (
       select site_id, source_id, state, count(*) as n from runs where kind = 'import' group by 1, 2, 3
     )
     select sites.name as site, s.name as source,
       coalesce((select jsonb_object_agg(b.state, b.n) from by_state b
         where b.site_id = s.site_id and b.source_id = s.source_id), '{}') as runs,
       (select extract(epoch from max(r.finished_at))::float8 from runs r
         where r.site_id = s.site_id and r.source_id = s.source_id and r.state in ('applied', 'released')) as "lastSuccess",
       (select extract(epoch from r.finished_at - r.started_at)::float8 from runs r
         where r.site_id = s.site_id and r.source_id = s.source_id and r.finished_at is not null
         order by r.run_id desc limit 1) as "lastDuration",
       (select count(*)::int from deliveries d
         where d.site_id = s.site_id and d.source_id = s.source_id) as deliveries,
       (select count(*)::int from arrivals a where a.site_id = s.site_id and a.source_id = s.source_id
         and a.run_id is null and a.given_up_at is null) as arriving
     from sources s join sites using (site_id) order by s.site_id, s.source_id`,
  )
}
