import { ROLES } from '../roster/membership.ts'
import type { Problem, ProblemCode, Severity } from '../roster/problem.ts'
import type { RecordKind, RosterKind } from '../roster/record.ts'
import { Conditions } from './conditions.ts'
import type { Session } from './connect.ts'
import type { Page } from './roster-queries.ts'

export interface RunRow {
  readonly run: number
  readonly source: string
  readonly state: string
  readonly startedAt: string
  readonly finishedAt: string | null
  readonly fileName: string | null
  readonly planHash: string | null
  readonly decision: { readonly [detail: string]: unknown } | null
}

/** A run with its report and where its delivery lies. */
export interface RunDetail extends RunRow {
  readonly report: unknown
  /** Below the deliveries folder; null once the bytes were deleted. */
  readonly path: string | null
}

const RUN_COLUMNS = `r.run_id as run, s.name as source, r.state, r.started_at as "startedAt",
  r.finished_at as "finishedAt", d.file_name as "fileName", r.plan_hash as "planHash", r.decision`
const RUN_TABLES = `runs r
  join sources s on s.site_id = r.site_id and s.source_id = r.source_id
  left join deliveries d on d.site_id = r.site_id and d.delivery_id = r.delivery_id`

/** Runs, the latest first. */
export async function listRuns(
  session: Session,
  siteId: number,
  filter: { readonly source?: string; readonly limit: number; readonly offset: number },
): Promise<Page<RunRow>> {
  const conditions = new Conditions(siteId, 'r')
  if (filter.source !== undefined) conditions.add((name) => `s.name = ${name}`, filter.source)
  const { values, where } = conditions
  const [counted] = await session.query<{ total: number }>(
    `select count(*)::int as total from ${RUN_TABLES} where ${where}`,
    values,
  )
  const rows = await session.query<RunRow>(
    `select ${RUN_COLUMNS} from ${RUN_TABLES} where ${where} order by r.run_id desc
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
  },
): Promise<Page<StoredProblem>> {
  const values = [siteId, run, filter.severities]
  const where = 'q.site_id = $1 and q.run_id = $2 and q.severity = any($3)'
  const [counted] = await session.query<{ total: number }>(
    `select count(*)::int as total from problems q where ${where}`,
    values,
  )
  const rows = await session.query<{
    code: ProblemCode
    kind: RecordKind | null
    key: string | null
    place: number
    found: string | null
    expected: string | null
    protected: boolean
  }>(
    `select q.code, q.kind, q.key, q.place, q.found, q.expected, exists (select from persons p
       where p.site_id = q.site_id and p.key = q.key and p.protected) as protected
     from problems q where ${where} order by q.place, q.seq limit $4 offset $5`,
    [...values, filter.limit, filter.offset],
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
  return { rows: problems, total: counted?.total ?? 0 }
}

type Values = { readonly [field: string]: unknown }

/** A change as the journal has it. */
export interface JournalChange {
  readonly kind: RosterKind
  readonly action: 'add' | 'update' | 'remove' | 'restore' | 'archive' | 'rekey'
  readonly id: number
  readonly key?: string
  readonly otherKey?: string
  readonly place?: number
  readonly protected?: boolean
  readonly before?: Values
  readonly after?: Values
  /** Name or title that the record has now: the journal keeps no values of what was added. */
  readonly name?: string
}

export interface JournalRow {
  readonly kind: RosterKind
  readonly action: JournalChange['action']
  readonly id: number
  readonly key: string | null
  readonly otherKey: string | null
  readonly place: number | null
  readonly protected: boolean | null
  readonly before: Values | null
  readonly after: Values | null
  readonly name: string | null
}

export function journalChange(row: JournalRow): JournalChange {
  const { kind, action, id, ...optional } = row
  const present = Object.entries(optional).filter(([, value]) => value !== null && value !== false)
  return { kind, action, id, ...Object.fromEntries(present) }
}

/** Of a relation the journal keeps the other person's id and what he is; of a course the id of its group. */
export const JOURNAL_COLUMNS = `c.kind, c.action, c.id, c.place, c.before,
  case when c.kind = 'relation' then p.key else c.key end as key, o.key as "otherKey",
  case when c.kind = 'relation' then jsonb_build_object('kind', c.after ->> 'kind') else c.after end as after,
  coalesce(p.protected, false) or coalesce(o.protected, false) as protected,
  case when p.protected then null
    else coalesce(p.sent #>> '{fields,name}', p.own ->> 'name', g.title, k.title) end as name`
export const JOURNAL_TABLES = `changes c
  left join persons p on p.site_id = c.site_id and p.person_id = c.id and c.kind in ('person', 'relation')
  left join persons o on o.site_id = c.site_id and c.kind = 'relation' and o.person_id = (c.after ->> 'other')::bigint
  left join groups g on g.site_id = c.site_id and g.group_id = c.id and c.kind = 'group'
  left join courses k on k.site_id = c.site_id and k.key = c.key and k.archived_run = c.run_id and c.kind = 'course'`

export interface JournalFilter {
  readonly actions?: readonly JournalChange['action'][]
  readonly kinds?: readonly RosterKind[]
  readonly school?: string
  readonly limit: number
  readonly offset: number
}

/** A page of the changes of a run: those that have rows of their own in the order of the plan, then memberships. */
export async function changesOfRun(
  session: Session,
  siteId: number,
  run: number,
  filter: JournalFilter,
): Promise<Page<JournalChange>> {
  const records = recordChanges(siteId, run, filter)
  const members = membershipChanges(siteId, run, filter)
  const [recordsTotal, membersTotal] = [
    await count(session, records),
    await count(session, members),
  ]
  const rows = await pageOf(session, records, filter.limit, filter.offset)
  const room = filter.limit - rows.length
  if (room > 0) {
    rows.push(...(await pageOf(session, members, room, Math.max(0, filter.offset - recordsTotal))))
  }
  return { rows: rows.map(journalChange), total: recordsTotal + membersTotal }
}

interface Part {
  readonly from: string
  readonly order: string
  readonly conditions: Conditions
  /** Makes rows of the journal of one page; gets the page as a query. */
  readonly select: string
  readonly wrap?: (page: string) => string
}

function recordChanges(siteId: number, run: number, filter: JournalFilter): Part {
  const conditions = new Conditions(siteId, 'c')
  const runValue = conditions.value(run)
  conditions.always(`c.run_id = ${runValue}`)
  if (filter.kinds) conditions.add((kinds) => `c.kind = any(${kinds})`, filter.kinds)
  if (filter.actions) conditions.add((actions) => `c.action = any(${actions})`, filter.actions)
  if (filter.school !== undefined) {
    // Subqueries that depend on nothing outside are run once, whatever the planner knows of a table just filled.
    conditions.add((key) => {
      const groups = `select x.group_id from groups x join groups s on s.site_id = x.site_id
        and s.group_id = x.school_id where x.site_id = $1 and s.key = ${key}`
      return `c.kind in ('group', 'course') and c.id in (${groups})
        or c.kind in ('person', 'relation') and not coalesce(p.protected, false) and not coalesce(o.protected, false)
          and c.id in (select m.person_id from memberships m where m.site_id = $1 and m.group_id in (${groups})
            and m.from_run <= ${runValue} and coalesce(m.to_run >= ${runValue}, true))`
    }, filter.school)
  }
  return { select: JOURNAL_COLUMNS, from: JOURNAL_TABLES, order: 'c.seq', conditions }
}

/**
 * A membership that ended in the run and one that began in it are, for the same group and person, one update. Names
 * and keys are looked up for one page only: a first import has a million of these.
 */
function membershipChanges(siteId: number, run: number, filter: JournalFilter): Part {
  const conditions = new Conditions(siteId, 'c')
  const runValue = conditions.value(run)
  if (filter.kinds && !filter.kinds.includes('membership')) conditions.always('false')
  if (filter.actions) conditions.add((actions) => `c.action = any(${actions})`, filter.actions)
  if (filter.school !== undefined) {
    conditions.add(
      (key) => `c.group_id in (select g.group_id from groups g
          join groups s on s.site_id = g.site_id and s.group_id = g.school_id
          where g.site_id = $1 and s.key = ${key})
        and c.person_id not in (select person_id from persons where site_id = $1 and protected)`,
      filter.school,
    )
  }
  const spells = (column: string): string =>
    `(select * from memberships where site_id = $1 and ${column} = ${runValue})`
  const from = `(select $1::int as site_id, group_id, person_id, now.from_place as place,
      case when was.from_run is null then 'add' when now.from_run is null then 'remove' else 'update' end as action,
      ${spellOrNull('was')} as before, ${spellOrNull('now')} as after
    from ${spells('from_run')} now full join ${spells('to_run')} was using (group_id, person_id)) c`
  return {
    from,
    order: 'c.group_id, c.person_id',
    conditions,
    select: 'c.*',
    wrap: (
      page,
    ) => `select 'membership' as kind, c.action, c.group_id as id, g.key, p.key as "otherKey",
        c.place, c.before, c.after, p.protected, null as name
      from (${page}) c
      join groups g on g.site_id = $1 and g.group_id = c.group_id
      join persons p on p.site_id = $1 and p.person_id = c.person_id
      order by c.group_id, c.person_id`,
  }
}

function spellOrNull(alias: string): string {
  return `case when ${alias}.from_run is not null then ${spellValues(alias)} end`
}

/** What a spell of a membership says, as JSON. */
export function spellValues(alias: string): string {
  const names = ROLES.map((role) => `'${role}'`).join(', ')
  return `jsonb_strip_nulls(jsonb_build_object('role', (array[${names}])[${alias}.role + 1], 'active', ${alias}.active,
    'begin', ${alias}.begins::text, 'end', ${alias}.ends::text, 'roles', ${alias}.detail))`
}

async function count(session: Session, { from, conditions }: Part): Promise<number> {
  const [row] = await session.query<{ total: number }>(
    `select count(*)::int as total from ${from} where ${conditions.where}`,
    conditions.values,
  )
  return row?.total ?? 0
}

function pageOf(
  session: Session,
  { select, from, order, conditions, wrap = (page) => page }: Part,
  limit: number,
  offset: number,
): Promise<JournalRow[]> {
  const { values, where } = conditions
  const page = `select ${select} from ${from} where ${where} order by ${order}
     limit $${values.length + 1} offset $${values.length + 2}`
  return session.query<JournalRow>(wrap(page), [...values, limit, offset])
}
