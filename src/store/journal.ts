import { ROLES } from '../roster/membership.ts'
import type { RosterKind } from '../roster/record.ts'
import { Conditions } from './conditions.ts'
import type { Session } from './connect.ts'
import type { Page } from './roster-queries.ts'

type Values = { readonly [field: string]: unknown }

/** A change as the journal has it. */
export interface JournalChange {
  readonly kind: RosterKind
  readonly action: 'add' | 'update' | 'remove' | 'restore' | 'archive' | 'rekey' | 'erase'
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
export const JOURNAL_COLUMNS = `c.kind, c.action, c.id, c.place, case when c.kind = 'relation' then c.before - 'other' else c.before end as before,
  case when c.kind = 'relation' then p.key else c.key end as key, o.key as "otherKey",
  case when c.kind = 'relation' then c.after - 'other' else c.after end as after,
  coalesce(p.protected, false) or coalesce(o.protected, false) as protected,
  case when p.protected then null
    else coalesce(p.edited ->> 'name', p.sent #>> '{fields,name}', p.own ->> 'name', g.title, k.title) end as name`
export const JOURNAL_TABLES = `changes c
  left join persons p on p.site_id = c.site_id and p.person_id = c.id and c.kind in ('person', 'relation')
  left join persons o on o.site_id = c.site_id and c.kind = 'relation' and o.person_id = (coalesce(c.after, c.before) ->> 'other')::bigint
  left join groups g on g.site_id = c.site_id and g.group_id = c.id and c.kind = 'group'
  left join courses k on k.site_id = c.site_id and k.key = c.key and k.archived_run = c.run_id and c.kind = 'course'
    and c.action <> 'add'`

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
  const { school } = filter
  const scope = school === undefined ? undefined : await schoolScope(session, siteId, run, school)
  const records = recordChanges(siteId, run, filter, scope)
  const members = membershipChanges(siteId, run, filter, scope)
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

/** What belongs to a school: its groups, and who was a member in them when a run had ended or before it began. */
interface SchoolScope {
  readonly groups: readonly number[]
  /** Without protected persons: to be found by school would tell theirs. */
  readonly persons: readonly number[]
}

/** Looked up beforehand: as part of a larger query it takes minutes while the planner knows nothing of new tables. */
async function schoolScope(
  session: Session,
  siteId: number,
  run: number,
  key: string,
): Promise<SchoolScope> {
  const schools = await idsOf(
    session,
    'select group_id as id from groups where site_id = $1 and key = $2',
    [siteId, key],
  )
  const groups = await idsOf(
    session,
    'select group_id as id from groups where site_id = $1 and school_id = any($2)',
    [siteId, schools],
  )
  const persons = await idsOf(
    session,
    `select distinct person_id as id from memberships where site_id = $1 and group_id = any($2)
       and from_run <= $3 and coalesce(to_run >= $3, true)`,
    [siteId, groups, run],
  )
  const hidden = new Set(
    await idsOf(session, 'select person_id as id from persons where site_id = $1 and protected', [
      siteId,
    ]),
  )
  return { groups, persons: persons.filter((id) => !hidden.has(id)) }
}

async function idsOf(
  session: Session,
  text: string,
  values: readonly unknown[],
): Promise<number[]> {
  return (await session.query<{ id: number }>(text, values)).map(({ id }) => id)
}

interface Part {
  readonly from: string
  readonly order: string
  readonly conditions: Conditions
  /** Makes rows of the journal of one page; gets the page as a query. */
  readonly select: string
  readonly wrap?: (page: string) => string
}

function recordChanges(
  siteId: number,
  run: number,
  filter: JournalFilter,
  scope: SchoolScope | undefined,
): Part {
  const conditions = new Conditions(siteId, 'c')
  conditions.add((value) => `c.run_id = ${value}`, run)
  if (filter.kinds) conditions.add((kinds) => `c.kind = any(${kinds})`, filter.kinds)
  if (filter.actions) conditions.add((actions) => `c.action = any(${actions})`, filter.actions)
  if (scope !== undefined) {
    const groups = conditions.value(scope.groups)
    const persons = conditions.value(scope.persons)
    conditions.always(`c.kind in ('group', 'course') and c.id = any(${groups}::bigint[])
      or c.kind in ('person', 'relation') and c.id = any(${persons}::bigint[]) and not coalesce(o.protected, false)`)
  }
  return { select: JOURNAL_COLUMNS, from: JOURNAL_TABLES, order: 'c.seq', conditions }
}

/**
 * A membership that ended in the run and one that began in it are, for the same group and person, one update. Names
 * and keys are looked up for one page only: a first import has a million of these.
 */
function membershipChanges(
  siteId: number,
  run: number,
  filter: JournalFilter,
  scope: SchoolScope | undefined,
): Part {
  const conditions = new Conditions(siteId, 'c')
  const runValue = conditions.value(run)
  if (filter.kinds && !filter.kinds.includes('membership')) conditions.always('false')
  if (filter.actions) conditions.add((actions) => `c.action = any(${actions})`, filter.actions)
  if (scope !== undefined) {
    conditions.add((ids) => `c.group_id = any(${ids}::bigint[])`, scope.groups)
    conditions.add((ids) => `c.person_id = any(${ids}::bigint[])`, scope.persons)
  }
  const spells = (column: string): string =>
    `(select *, coalesce(source_id, 0) as source from memberships where site_id = $1 and ${column} = ${runValue})`
  const from = `(select $1::int as site_id, group_id, person_id, source, now.from_place as place,
      case when was.from_run is null then 'add' when now.from_run is null then 'remove' else 'update' end as action,
      ${spellOrNull('was')} as before, ${spellOrNull('now')} as after
    from ${spells('from_run')} now full join ${spells('to_run')} was using (group_id, person_id, source)) c`
  return {
    from,
    order: 'c.group_id, c.person_id, c.source',
    conditions,
    select: 'c.*',
    wrap: (
      page,
    ) => `select 'membership' as kind, c.action, c.group_id as id, g.key, p.key as "otherKey",
        c.place, c.before, c.after, p.protected, null as name
      from (${page}) c
      join groups g on g.site_id = $1 and g.group_id = c.group_id
      join persons p on p.site_id = $1 and p.person_id = c.person_id
      order by c.group_id, c.person_id, c.source`,
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
