import { ROLES } from '../roster/membership.ts'
import type { Session } from './connect.ts'
import type { JournalChange, JournalFilter } from './journal.ts'

/** A membership that a run changed: group and person with their numbers, and the source (0: made by hand). */
export type MembershipPlace = readonly [group: number, person: number, source: number]

/** Groups and persons of a school; undefined for all. */
export interface MembershipScope {
  readonly groups: readonly number[]
  readonly persons: readonly number[]
}

export interface Query {
  readonly text: string
  readonly values: readonly unknown[]
}

type Asked = Pick<JournalFilter, 'actions' | 'kinds'>
const PLACE = 'group_id, person_id, coalesce(source_id, 0)'
const ACTIONS: readonly JournalChange['action'][] = ['add', 'update', 'remove']

/**
 * What began in a run, as add or update, and what ended in it without beginning anew, as remove. Each of the two reads only the
 * groups of one page from its index (memberships_from, memberships_to), however many the run has.
 */
class Spells {
  readonly values: unknown[] = []
  readonly #actions: readonly JournalChange['action'][]
  readonly #bounds: string
  readonly #run: string

  constructor(
    siteId: number,
    run: number,
    { actions = ACTIONS, kinds }: Asked,
    scope?: MembershipScope,
    after?: MembershipPlace,
  ) {
    this.values.push(siteId)
    this.#run = this.value(run)
    this.#actions = kinds === undefined || kinds.includes('membership') ? actions : []
    this.#bounds = [
      ...(scope === undefined
        ? []
        : [
            `m.group_id = any(${this.value(scope.groups)}::bigint[])`,
            `m.person_id = any(${this.value(scope.persons)}::bigint[])`,
          ]),
      ...(after === undefined ? [] : this.#behind(after)),
    ]
      .map((bound) => ` and ${bound}`)
      .join('')
  }

  /**
   * The first condition is the one that the index is asked with, group by group; the second is looked at row by row, behind
   * row-level security, as a coalesce may leak for all that the database knows.
   */
  #behind(after: MembershipPlace): string[] {
    const [group, person, source] = after.map((value) => this.value(value))
    return [
      `m.group_id >= ${group}`,
      `(m.group_id, m.person_id, coalesce(m.source_id, 0)) > (${group}, ${person}, ${source})`,
    ]
  }

  value(value: unknown): string {
    this.values.push(value)
    return `$${this.values.length}`
  }

  /** The selects of which all together are what is asked for; `tail` ends each. */
  parts(tail: string): string[] {
    const has = (action: JournalChange['action']): boolean => this.#actions.includes(action)
    // Found by the person, who has few: by run and group it would read the whole group for each, which the additions keep off.
    const other = (column: string): string => `lateral (
      select o.role, o.active, o.begins, o.ends, o.detail, o.from_run from memberships o
      where o.site_id = $1 and o.person_id = m.person_id and o.group_id + 0 = m.group_id and o.${column} + 0 = ${this.#run}
        and coalesce(o.source_id, 0) = coalesce(m.source_id, 0) limit 1) o on true`
    const select = `select m.group_id, m.person_id, coalesce(m.source_id, 0) as source`
    const where = (column: string): string =>
      `where m.site_id = $1 and m.${column} = ${this.#run}${this.#bounds}`
    const began =
      has('add') || has('update')
        ? [
            `(${select}, m.from_place as place, case when o.from_run is null then 'add' else 'update' end as action,
              case when o.from_run is not null then ${spellValues('o')} end as before, ${spellValues('m')} as after
            from memberships m left join ${other('to_run')} ${where('from_run')}
              ${has('add') && has('update') ? '' : `and o.from_run is ${has('add') ? '' : 'not '}null`} ${tail})`,
          ]
        : []
    const ended = has('remove')
      ? [
          `(${select}, null::bigint as place, 'remove' as action, ${spellValues('m')} as before, null::jsonb as after
          from memberships m left join ${other('from_run')} ${where('to_run')} and o.from_run is null ${tail})`,
        ]
      : []
    return [...began, ...ended]
  }
}

/** A page of memberships that a run changed, by group, person and source. Undefined where none are asked for. */
export function membershipPage(
  siteId: number,
  run: number,
  filter: Asked & { readonly limit: number; readonly offset: number },
  {
    scope,
    after,
  }: {
    readonly scope?: MembershipScope | undefined
    readonly after?: MembershipPlace | undefined
  } = {},
): Query | undefined {
  const spells = new Spells(siteId, run, filter, scope, after)
  const limit = spells.value(filter.limit)
  const offset = spells.value(filter.offset)
  const parts = spells.parts(
    `order by ${PLACE.replaceAll(/\b(group_id|person_id|source_id)\b/g, 'm.$1')} limit ${limit}::int + ${offset}::int`,
  )
  if (parts.length === 0) return undefined
  const page = `select * from (${parts.join(' union all ')}) c order by c.group_id, c.person_id, c.source limit ${limit} offset ${offset}`
  // Names and keys are looked up for one page only: a first import has a million of these.
  return {
    values: spells.values,
    text: `select 'membership' as kind, c.action, c.group_id as id, c.person_id as "personId", c.source, g.key, p.key as "otherKey",
        c.place, c.before, c.after, p.protected, null as name
      from (${page}) c
      join groups g on g.site_id = $1 and g.group_id = c.group_id
      join persons p on p.site_id = $1 and p.person_id = c.person_id
      order by c.group_id, c.person_id, c.source`,
  }
}

const IN_ORDER = ['enable_bitmapscan', 'enable_seqscan', 'enable_sort']

/**
 * Has what `work` asks read in the order of its index, no further than the page goes, whatever the statistics say: right after a
 * first import they know of no row, and the database would rather read half a million and sort them.
 */
export async function inOrder<T>(session: Session, work: () => Promise<T>): Promise<T> {
  const set = (to: string): string =>
    IN_ORDER.map((name) => `set local ${name} to ${to}`).join('; ')
  await session.execute(set('off'))
  const found = await work()
  await session.execute(set('default'))
  return found
}

/** How many there are: all of them are read, once. */
export function membershipCount(
  siteId: number,
  run: number,
  { actions, kinds }: Asked,
  scope: MembershipScope | undefined,
): Query {
  const values: unknown[] = [siteId, run, actions ?? ACTIONS]
  const bounds =
    scope === undefined ? '' : ' and group_id = any($4::bigint[]) and person_id = any($5::bigint[])'
  if (scope !== undefined) values.push(scope.groups, scope.persons)
  const spells = (column: string): string =>
    `(select group_id, person_id, coalesce(source_id, 0) as source, from_run from memberships
      where site_id = $1 and ${column} = $2${bounds})`
  const isAsked = kinds === undefined || kinds.includes('membership')
  return {
    values,
    text: `select count(*)::int as total
      from ${spells('from_run')} now full join ${spells('to_run')} was using (group_id, person_id, source)
      where ${isAsked} and case when was.from_run is null then 'add' when now.from_run is null then 'remove' else 'update' end
        = any($3)`,
  }
}

/** What a spell of a membership says, as JSON. */
export function spellValues(alias: string): string {
  const names = ROLES.map((role) => `'${role}'`).join(', ')
  return `jsonb_strip_nulls(jsonb_build_object('role', (array[${names}])[${alias}.role + 1], 'active', ${alias}.active,
    'begin', ${alias}.begins::text, 'end', ${alias}.ends::text, 'roles', ${alias}.detail))`
}
