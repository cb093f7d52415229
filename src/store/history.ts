import type { Problem, ProblemCode, Severity } from '../roster/problem.ts'
import type { RecordKind } from '../roster/record.ts'
import { type ShownApproval, STANDING_APPROVALS } from './approvals.ts'
import { Conditions } from './conditions.ts'
import type { Session } from './connect.ts'
import { type ChangesPage, noSuchPlace } from './journal.ts'
import type { Cursor, Page } from './roster-queries.ts'

export interface RunRow {
  readonly run: number
  readonly kind: string
  /** None for a run by hand. */
  readonly source: string | null
  readonly state: string
  readonly startedAt: string
  readonly finishedAt: string | null
  readonly fileName: string | null
  readonly planHash: string | null
  readonly decision: { readonly [detail: string]: unknown } | null
  /** Accounts that would release the plan, where the site wants two; the first one first. */
  readonly approvals: readonly ShownApproval[]
}

/** A run with its report and where its delivery lies. */
export interface RunDetail extends RunRow {
  readonly report: unknown
  /** Below the deliveries folder; null once the bytes were deleted. */
  readonly path: string | null
}

const RUN_COLUMNS = `r.run_id as run, r.kind, s.name as source, r.state, r.started_at as "startedAt",
  r.finished_at as "finishedAt", d.file_name as "fileName", r.plan_hash as "planHash", r.decision, ${STANDING_APPROVALS} as approvals`
const RUN_TABLES = `runs r
  left join sources s on s.site_id = r.site_id and s.source_id = r.source_id
  left join deliveries d on d.site_id = r.site_id and d.delivery_id = r.delivery_id`

/** Runs, the latest first. */
export async function listRuns(
  session: Session,
  siteId: number,
  filter: {
    readonly source?: string
    readonly limit: number
    readonly offset: number
    /** Only runs before this one. */
    readonly before?: number
  },
): Promise<Page<RunRow>> {
  const conditions = new Conditions(siteId, 'r')
  if (filter.source !== undefined) conditions.add((name) => `s.name = ${name}`, filter.source)
  const { values } = conditions
  const [counted] = await session.query<{ total: number }>(
    `select count(*)::int as total from ${RUN_TABLES} where ${conditions.where}`,
    values,
  )
  if (filter.before !== undefined) conditions.add((run) => `r.run_id < ${run}`, filter.before)
  const rows = await session.query<RunRow>(
    `select ${RUN_COLUMNS} from ${RUN_TABLES} where ${conditions.where} order by r.run_id desc
     limit $${values.length + 1} offset $${values.length + 2}`,
    [...values, filter.limit, filter.offset],
  )
  return { rows, total: counted?.total ?? 0 }
}

export async function findRun(
  session: Session,
  siteId: number,
  run: number,
): Promise<RunDetail | undefined> {
  const [row] = await session.query<RunDetail>(
    `select ${RUN_COLUMNS}, r.report, d.path from ${RUN_TABLES} where r.site_id = $1 and r.run_id = $2`,
    [siteId, run],
  )
  return row
}

/** Numbers of the runs that a plan's name means: a run's number, or the beginning of a held plan's hash. */
export async function runsNamed(session: Session, siteId: number, name: string): Promise<number[]> {
  const rows = await session.query<{ run: number; exact: boolean }>(
    `select run_id as run, run_id::text = $2 as exact from runs
     where site_id = $1 and (run_id::text = $2
       or (length($2) >= 8 and state = 'held' and starts_with(plan_hash, $2)))
     order by run_id`,
    [siteId, name],
  )
  const exact = rows.filter((row) => row.exact)
  return (exact.length > 0 ? exact : rows).map(({ run }) => run)
}

export interface StoredProblem extends Problem {
  /** Its person's identity is protected: what was found is not shown. */
  readonly protected: boolean
}

/** Problems of a run in the order of the file. */
export async function problemsOfRun(
  session: Session,
  siteId: number,
  run: number,
  filter: {
    readonly severities: readonly Severity[]
    readonly limit: number
    readonly offset: number
    /** Lists what comes behind this place. */
    readonly after?: Cursor
  },
): Promise<ChangesPage<StoredProblem>> {
  const { severities, limit, offset, after = [] } = filter
  const conditions = new Conditions(siteId, 'q')
  conditions.add((value) => `q.run_id = ${value}`, run)
  conditions.add((value) => `q.severity = any(${value})`, severities)
  const [counted] =
    after.length > 0
      ? []
      : await session.query<{ total: number }>(
          `select count(*)::int as total from problems q where ${conditions.where}`,
          conditions.values,
        )
  if (
    after.length > 0 &&
    !(after.length === 2 && after.every((each) => typeof each === 'number'))
  ) {
    throw noSuchPlace()
  }
  conditions.after(['q.place', 'q.seq'], after)
  const page = `limit ${conditions.value(limit)} offset ${conditions.value(offset)}`
  const rows = await session.query<{
    code: ProblemCode
    kind: RecordKind | null
    key: string | null
    place: number
    found: string | null
    expected: string | null
    protected: boolean
    seq: number
  }>(
    `select q.code, q.kind, q.key, q.place, q.found, q.expected, q.seq, exists (select from persons p
       where p.site_id = q.site_id and p.key = q.key and p.protected) as protected
     from problems q where ${conditions.where} order by q.place, q.seq ${page}`,
    conditions.values,
  )
  const problems = rows.map(
    ({ code, place, protected: isProtected, kind, key, found, expected }) => ({
      code,
      place,
      protected: isProtected,
      ...(kind === null ? {} : { kind }),
      ...(key === null ? {} : { key }),
      ...(found === null ? {} : { found }),
      ...(expected === null ? {} : { expected }),
    }),
  )
  const last = rows.at(-1)
  return {
    rows: problems,
    total: counted?.total,
    ...(last !== undefined && rows.length === limit ? { next: [last.place, last.seq] } : {}),
  }
}
