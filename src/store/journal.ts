import { RollcallError } from '../errors.ts'
import type { RosterKind } from '../roster/record.ts'
import { Conditions } from './conditions.ts'
import type { Session } from './connect.ts'
import {
  inOrder,
  membershipCount,
  membershipPage,
  type MembershipPlace,
  type MembershipScope,
  type Query,
} from './membership-journal.ts'
import type { Cursor } from './roster-queries.ts'

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
  /** Lists what comes behind this place. */
  readonly after?: Cursor
}

/** The two parts of a run's changes, as places name them. */
const RECORDS = 0
const MEMBERS = 1

/** A page of the changes of a run. */
export interface ChangesPage<R> {
  readonly rows: readonly R[]
  /** How many there are; undefined behind a place, where they are not counted again. */
  readonly total: number | undefined
  /** Where the next page begins; undefined on the last one. */
  readonly next?: Cursor
}

/**
 * A page of the changes of a run: those that have rows of their own in the order of the plan, then memberships. Behind a place
 * only the rows of the page are read, however many there are.
 * @throws RollcallError ERR_USAGE for a place that is of no such list
 */
export async function changesOfRun(
  session: Session,
  siteId: number,
  run: number,
  filter: JournalFilter,
): Promise<ChangesPage<JournalChange>> {
  const { school, after = [], limit } = filter
  const place = placeOf(after)
  const scope = school === undefined ? undefined : await schoolScope(session, siteId, run, school)
  const counted =
    after.length > 0 ? undefined : await countedIn(session, siteId, run, filter, scope)
  const rows =
    'members' in place
      ? []
      : await recordPage(session, recordChanges(siteId, run, filter, scope), filter, place.record)
  if (rows.length < limit) {
    const page = {
      ...filter,
      limit: limit - rows.length,
      offset: Math.max(0, filter.offset - (counted?.records ?? 0)),
    }
    const of = { scope, after: 'members' in place ? place.members : undefined }
    rows.push(...(await memberPage(session, membershipPage(siteId, run, page, of))))
  }
  const last = rows.at(-1)
  return {
    rows: rows.map(({ placed: _, ...row }) => journalChange(row)),
    total: counted && counted.records + counted.members,
    ...(last !== undefined && rows.length === limit ? { next: last.placed } : {}),
  }
}

async function countedIn(
  session: Session,
  siteId: number,
  run: number,
  filter: JournalFilter,
  scope: MembershipScope | undefined,
): Promise<{ readonly records: number; readonly members: number }> {
  const conditions = recordChanges(siteId, run, filter, scope)
  const records = await countRecords(session, conditions, scope !== undefined)
  const { text, values } = membershipCount(siteId, run, filter, scope)
  const [row] = await session.query<{ total: number }>(text, values)
  return { records, members: row?.total ?? 0 }
}

function placeOf(
  after: Cursor,
): { readonly record: number | undefined } | { readonly members: MembershipPlace } {
  if (after.length === 0) return { record: undefined }
  const [part, first, second, third] = after
  if (part === RECORDS && typeof first === 'number') return { record: first }
  if (part === MEMBERS && [first, second, third].every((each) => typeof each === 'number')) {
    return { members: [first, second, third] as unknown as MembershipPlace }
  }
  throw noSuchPlace()
}

/** A place of another list, or of a plan that has been decided since. */
export function noSuchPlace(): RollcallError {
  return new RollcallError('ERR_USAGE', 'This is no place in the list of changes', {
    hint: 'If the plan has been decided since, begin anew without it.',
  })
}

/**
 * What belongs to a school: its groups, and who was a member in them when a run had ended or before it began, without protected
 * persons: to be found by school would tell theirs. Looked up beforehand: as part of a larger query it takes minutes while the planner knows
 * nothing of new tables.
 */
async function schoolScope(
  session: Session,
  siteId: number,
  run: number,
  key: string,
): Promise<MembershipScope> {
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

function recordChanges(
  siteId: number,
  run: number,
  filter: JournalFilter,
  scope: MembershipScope | undefined,
): Conditions {
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
  return conditions
}

async function countRecords(
  session: Session,
  { where, values }: Conditions,
  isNarrow: boolean,
): Promise<number> {
  // Who is protected is asked of other tables only where a school is.
  const from = isNarrow ? JOURNAL_TABLES : 'changes c'
  const [row] = await session.query<{ total: number }>(
    `select count(*)::int as total from ${from} where ${where}`,
    values,
  )
  return row?.total ?? 0
}

/** A row of a page, with its place in the list. */
type Placed = JournalRow & { readonly placed: Cursor }

async function recordPage(
  session: Session,
  conditions: Conditions,
  { limit, offset }: JournalFilter,
  after: number | undefined,
): Promise<Placed[]> {
  if (after !== undefined) conditions.add((seq) => `c.seq > ${seq}`, after)
  const [rows, skipped] = [conditions.value(limit), conditions.value(offset)]
  const found = await session.query<JournalRow & { seq: number }>(
    `select ${JOURNAL_COLUMNS}, c.seq from ${JOURNAL_TABLES} where ${conditions.where} order by c.seq
     limit ${rows} offset ${skipped}`,
    conditions.values,
  )
  return found.map(({ seq, ...row }) => ({ ...row, placed: [RECORDS, seq] }))
}

async function memberPage(session: Session, query: Query | undefined): Promise<Placed[]> {
  if (query === undefined) return []
  const { text, values } = query
  const found = await inOrder(session, () =>
    session.query<JournalRow & { personId: number; source: number }>(text, values),
  )
  return found.map(({ personId, source, ...row }) => ({
    ...row,
    placed: [MEMBERS, row.id, personId, source],
  }))
}
