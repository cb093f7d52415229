import type { ImsFrame } from '../ims/records.ts'
import type { Problem } from '../roster/problem.ts'
import { severityOf } from '../roster/problem.ts'
import { CopyRows } from './copy-rows.ts'
import type { Session } from './connect.ts'
import type { SiteSettings, SourceSettings } from './sites.ts'

/** What is known about a source between its deliveries. */
export interface SourceState {
  /** Everything that a raw fingerprint depends on: program, rules, encoding, root, dialect, datasource. */
  readonly context?: string
  readonly parentRelation?: 1 | 2
  readonly encoding?: string
  /** Datetime of the last accepted delivery, epoch milliseconds. */
  readonly datetime?: number
  /** A delivery that said only what changed was not used, or not all of it. */
  readonly needsFull?: { readonly since: string; readonly run: number }
  /** The next delivery is held for review, whatever it says. */
  readonly reviewNext?: true
  /** Something waits (the table `waiting`). */
  readonly waits?: true
  /** The delivery that was applied whole last, and the mirror that it left. */
  readonly whole?: {
    readonly sha256: string
    readonly settings: string
    readonly mirrorVersion: number
    readonly dialect: string
    readonly encoding: ImsFrame['encoding']
  }
}

export interface SourceForRun {
  readonly siteName: string
  readonly name: string
  readonly rules: string | null
  readonly settings: SourceSettings
  readonly siteSettings: SiteSettings
  readonly state: SourceState
  readonly mirrorVersion: number
  /** The site has other sources. */
  readonly hasOthers: boolean
  /** It has sent records that are another source's. */
  readonly hasClaims: boolean
  /** Some record of the site has an alias. */
  readonly hasAliases: boolean
  /** Another run has left something to look at (look-again.ts). */
  readonly looksAgain: boolean
}

export async function sourceForRun(
  session: Session,
  siteId: number,
  sourceId: number,
): Promise<SourceForRun | undefined> {
  const [row] = await session.query<SourceForRun>(
    `select sites.name as "siteName", sources.name, rules, sources.settings,
       sites.settings as "siteSettings", state, mirror_version as "mirrorVersion",
       exists (select from sources o where o.site_id = $1 and o.source_id <> $2) as "hasOthers",
       exists (select from claims where site_id = $1 and source_id = $2) as "hasClaims",
       exists (select from aliases where site_id = $1) as "hasAliases",
       exists (select from look_again where site_id = $1 and source_id = $2) as "looksAgain"
     from sources join sites using (site_id) where site_id = $1 and source_id = $2`,
    [siteId, sourceId],
  )
  return row
}

export async function setSourceState(
  session: Session,
  siteId: number,
  sourceId: number,
  state: SourceState,
): Promise<void> {
  await session.execute('update sources set state = $3 where site_id = $1 and source_id = $2', [
    siteId,
    sourceId,
    JSON.stringify(state),
  ])
}

export async function insertRun(
  session: Session,
  siteId: number,
  sourceId: number,
  { startedAt, arrivalId }: { readonly startedAt: string; readonly arrivalId: number | undefined },
): Promise<number> {
  const before =
    arrivalId === undefined ? undefined : await takeRunOver(session, siteId, arrivalId, startedAt)
  if (before !== undefined) return before
  const [row] = await session.query<{ id: number }>(
    `insert into runs (site_id, source_id, state, started_at, arrival_id)
     values ($1, $2, 'running', $3, $4) returning run_id as id`,
    [siteId, sourceId, startedAt, arrivalId ?? null],
  )
  return row?.id ?? 0
}

/**
 * The run of an arrival that was cut off goes on under its number: whoever follows it sees one run that began once and ends
 * once. That it was cut off counts as an attempt.
 */
async function takeRunOver(
  session: Session,
  siteId: number,
  arrivalId: number,
  startedAt: string,
): Promise<number | undefined> {
  const [row] = await session.query<{ id: number }>(
    `with taken as (
       update runs set started_at = $3 where site_id = $1 and arrival_id = $2 and state = 'running' returning run_id
     ), counted as (
       update arrivals set attempts = attempts + 1
       where site_id = $1 and arrival_id = $2 and exists (select from taken)
     )
     select run_id as id from taken`,
    [siteId, arrivalId, startedAt],
  )
  return row?.id
}

/**
 * Runs that nobody is running any more: the caller holds the site, so whatever is still marked so was cut off. Those of
 * arrivals that still wait are left: they are taken over.
 */
export async function failLostRuns(session: Session, siteId: number, now: string): Promise<void> {
  await session.execute(
    `update runs set state = 'failed', finished_at = $2,
       report = report || '{"outcome": "failed", "lost": true}'
     where site_id = $1 and state = 'running' and not exists (
       select from arrivals a where a.site_id = $1 and a.arrival_id = runs.arrival_id
         and a.run_id is null and a.given_up_at is null and a.discarded_at is null)`,
    [siteId, now],
  )
}

export interface RunEnd {
  readonly deliveryId?: number
  readonly state: string
  readonly finishedAt: string
  readonly planHash?: string
  readonly mirrorVersion?: number
  readonly episode?: number
  readonly report: object
}

/** The next place in the order in which runs changed the roster; the caller holds the site. */
export const NEXT_APPLIED =
  '(select coalesce(max(o.applied), 0) + 1 from runs o where o.site_id = $1)'

export async function endRun(
  session: Session,
  siteId: number,
  runId: number,
  end: RunEnd,
): Promise<void> {
  await session.execute(
    `update runs set state = $3, finished_at = $4, plan_hash = $5, mirror_version = $6,
       episode = coalesce($7, episode), report = $8, delivery_id = coalesce($9, delivery_id),
       applied = case when $3 = 'applied' then ${NEXT_APPLIED} end
     where site_id = $1 and run_id = $2`,
    [
      siteId,
      runId,
      end.state,
      end.finishedAt,
      end.planHash ?? null,
      end.mirrorVersion ?? null,
      end.episode ?? null,
      JSON.stringify(end.report),
      end.deliveryId ?? null,
    ],
  )
}

export interface HeldRun {
  readonly id: number
  readonly episode: number
  readonly sourceId: number
  readonly planHash: string
  readonly mirrorVersion: number
  readonly report: unknown
}

const HELD = `run_id as id, episode, source_id as "sourceId", plan_hash as "planHash",
  mirror_version as "mirrorVersion", report`

export function heldRuns(session: Session, siteId: number, sourceId: number): Promise<HeldRun[]> {
  return session.query<HeldRun>(
    `select ${HELD} from runs where site_id = $1 and source_id = $2 and state = 'held' order by run_id`,
    [siteId, sourceId],
  )
}

/** A run with the state that it is in. */
export async function runById(
  session: Session,
  siteId: number,
  runId: number,
): Promise<(HeldRun & { readonly state: string }) | undefined> {
  const [row] = await session.query<HeldRun & { readonly state: string }>(
    `select ${HELD}, state from runs where site_id = $1 and run_id = $2`,
    [siteId, runId],
  )
  return row
}

/** A newer full delivery takes the place of full ones whose plans wait; their values are let go. A delta is never skipped. */
export async function supersede(
  session: Session,
  siteId: number,
  sourceId: number,
  now: string,
): Promise<void> {
  await session.execute(
    `with gone as (
       update runs set state = 'superseded', decision = jsonb_build_object('at', $3::text, 'superseded', true)
       where site_id = $1 and source_id = $2 and state = 'held' and report->'delivery'->>'type' = 'full'
       returning run_id
     ), dropped as (
       delete from plan_blocks where site_id = $1 and run_id in (select run_id from gone)
     )
     delete from changes where site_id = $1 and run_id in (select run_id from gone)`,
    [siteId, sourceId, now],
  )
}

export async function decideRun(
  session: Session,
  siteId: number,
  runId: number,
  state: 'released' | 'rejected',
  decision: object,
  report: object,
): Promise<void> {
  await session.execute(
    `update runs set state = $3, decision = $4, report = $5, applied = case when $3 = 'released' then ${NEXT_APPLIED} end
     where site_id = $1 and run_id = $2`,
    [siteId, runId, state, JSON.stringify(decision), JSON.stringify(report)],
  )
}

/** Takes the problems of a run away, before others are found in their place. */
export async function deleteProblems(
  session: Session,
  siteId: number,
  runId: number,
): Promise<void> {
  await session.execute('delete from problems where site_id = $1 and run_id = $2', [siteId, runId])
}

export async function insertProblems(
  session: Session,
  siteId: number,
  runId: number,
  problems: readonly Problem[],
): Promise<void> {
  if (problems.length === 0) return
  await session.execute(
    `create temp table if not exists found_problems
     (seq int, code text, severity text, kind text, key text, place bigint, found text, expected text) on commit drop`,
  )
  const rows = new CopyRows()
  problems.forEach((problem, index) => {
    const { code, kind, key, place, found, expected } = problem
    rows.add(index + 1, code, severityOf(problem), kind, key, place, found, expected)
  })
  await session.copyIn('copy found_problems from stdin', rows.chunks)
  await session.execute(
    `insert into problems (site_id, run_id, seq, code, severity, kind, key, place, found, expected)
     select $1, $2, seq, code, severity, kind, key, place, found, expected from found_problems`,
    [siteId, runId],
  )
}
