import { compileSourceRules } from '../import/source-rules.ts'
import { protectedName, shownPerson } from '../roster/display.ts'
import { dayIn } from '../rules/dates.ts'
import type { Database, Session } from '../store/connect.ts'
import {
  type ActiveOn,
  listMemberships,
  listRelations,
  type MembershipRow,
  type RelatedPerson,
  type RelationRow,
} from '../store/membership-queries.ts'
import {
  type CourseRow,
  type GroupRow,
  listCourses,
  listGroups,
  listPersons,
  type Page,
  type PersonRow,
  type RosterFilter,
} from '../store/roster-queries.ts'
import { listSources } from '../store/sites.ts'

/** A person as he is listed, without what must not be shown. */
export type ShownPerson = Pick<
  PersonRow,
  'id' | 'key' | 'profile' | 'username' | 'schools' | 'source' | 'binnedRun' | 'binnedAt'
> & { readonly name: string; readonly protected: boolean; readonly fields: PersonRow['fields'] }

export type ShownMembership = Omit<MembershipRow, 'groupId' | 'groupKey' | 'group'> & {
  readonly groupId: number | null
  readonly groupKey: string | null
  readonly group: string | null
}

/** What each list of the roster holds. */
export interface RosterRows {
  readonly persons: ShownPerson
  readonly groups: GroupRow
  readonly courses: CourseRow
  readonly memberships: ShownMembership
  readonly relations: RelationRow
  /** Persons in the recycle bin. */
  readonly bin: ShownPerson
  /** Archived courses. */
  readonly archive: CourseRow
}
export type ListName = keyof RosterRows

/**
 * A page of a list. Memberships may be narrowed to those active on a day, `YYYY-MM-DD` or `today`: the day in each source's
 * own time zone.
 */
export async function listRoster<N extends ListName>(
  { database, siteId, now }: { database: Database; siteId: number; now: () => Date },
  name: N,
  filter: RosterFilter,
  on?: string,
): Promise<Page<RosterRows[N]>> {
  const days = on === undefined ? undefined : await activeOn(database, siteId, on, now())
  return database.site(siteId, (session) => LISTS[name](session, siteId, filter, days))
}

type Lister<R> = (
  session: Session,
  siteId: number,
  filter: RosterFilter,
  days: ActiveOn | undefined,
) => Promise<Page<R>>

const LISTS: { readonly [N in ListName]: Lister<RosterRows[N]> } = {
  persons: async (session, siteId, filter) =>
    each(await listPersons(session, siteId, filter), (row) => personShown(row, false)),
  bin: async (session, siteId, filter) =>
    each(await listPersons(session, siteId, filter, 'binned'), (row) => personShown(row, true)),
  groups: listGroups,
  courses: (session, siteId, filter) => listCourses(session, siteId, filter),
  archive: (session, siteId, filter) => listCourses(session, siteId, filter, 'archived'),
  memberships: async (session, siteId, filter, days) =>
    each(await listMemberships(session, siteId, filter, days), shownMembership),
  relations: async (session, siteId, filter) =>
    each(await listRelations(session, siteId, filter), shownRelation),
}

function each<R, S>({ rows, ...rest }: Page<R>, shown: (row: R) => S): Page<S> {
  return { ...rest, rows: rows.map(shown) }
}

/** Which day is asked for: today is another one in another source's time zone. */
async function activeOn(
  database: Database,
  siteId: number,
  on: string,
  now: Date,
): Promise<ActiveOn> {
  if (on !== 'today') return { days: {}, otherwise: on }
  const sources = await listSources(database, siteId)
  const days = sources.map(
    ({ id, rules }) => [`${id}`, dayIn(compileSourceRules(rules).timeZone, now)] as const,
  )
  return { days: Object.fromEntries(days), otherwise: days[0]?.[1] ?? dayIn('UTC', now) }
}

/** A person of a list, or with `binned` of the recycle bin. */
export function personShown(person: PersonRow, binned: boolean): ShownPerson {
  const { id, key, profile } = person
  const shown = shownPerson(person)
  const hidden = shown.protected
  return {
    id,
    key,
    name: shown.name,
    profile,
    protected: hidden,
    username: hidden ? null : person.username,
    schools: hidden ? [] : person.schools,
    // Where each school has a source of its own, it would tell the school.
    source: hidden ? null : person.source,
    fields: shown.fields,
    binnedRun: binned ? person.binnedRun : null,
    binnedAt: binned ? person.binnedAt : null,
  }
}

/** Of a protected person neither name, group nor source is shown: they would tell the school. */
export function shownMembership(row: MembershipRow): ShownMembership {
  if (!row.protected) return row
  return {
    ...row,
    groupId: null,
    groupKey: null,
    group: null,
    school: null,
    name: protectedName(row.personId ?? undefined),
    sources: [],
  }
}

/** Read a row as "`other` is `person`'s guardian". */
export function shownRelation(row: RelationRow): RelationRow {
  return { ...row, person: related(row.person), other: related(row.other) }
}

function related(person: RelatedPerson): RelatedPerson {
  return person.protected ? { ...person, name: protectedName(person.id) } : person
}
