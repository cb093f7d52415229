import { compileSourceRules } from '../import/source-rules.ts'
import { dayIn } from '../rules/dates.ts'
import type { Session } from '../store/connect.ts'
import { listMemberships, listRelations, type ActiveOn } from '../store/membership-queries.ts'
import {
  listCourses,
  listGroups,
  listPersons,
  type Page,
  type RosterFilter,
} from '../store/roster-queries.ts'
import { listSources } from '../store/sites.ts'
import { pageLine } from './change-options.ts'
import type { ListName } from './declare-roster.ts'
import { withSite, type Opened } from './open.ts'
import { bold, printJson, printLines } from './output.ts'
import {
  courseTable,
  groupTable,
  membershipTable,
  personTable,
  relationTable,
  type ShownTable,
} from './render-roster.ts'
import { tableLines } from './table.ts'

export interface RosterOptions extends RosterFilter {
  readonly on?: string
  readonly site: string
  readonly json?: boolean
}

const LIST_NAMES: { readonly [name in ListName]: string } = {
  persons: 'persons',
  groups: 'groups',
  courses: 'courses',
  memberships: 'memberships',
  relations: 'relations',
  bin: 'persons in the recycle bin',
  archive: 'archived courses',
}

interface Listed {
  readonly total: number
  readonly table: ShownTable
}

export async function runRoster(
  name: ListName,
  { site: siteName, json, on, ...filter }: RosterOptions,
): Promise<void> {
  const { total, table } = await withSite(siteName, async ({ database, site }) => {
    const days = on === undefined ? undefined : await activeOn(database, site.id, on)
    return database.site(site.id, (session) => LISTERS[name](session, site.id, filter, days))
  })
  if (json === true) {
    printJson({ total, rows: table.json })
    return
  }
  const page = pageLine(LIST_NAMES[name], {
    shown: table.json.length,
    total,
    offset: filter.offset,
  })
  const lines = table.rows.length === 0 ? [] : tableLines(table.columns, table.rows, bold)
  printLines([...lines, page])
}

type Lister = (
  session: Session,
  siteId: number,
  filter: RosterFilter,
  days: ActiveOn | undefined,
) => Promise<Listed>

const LISTERS: { readonly [name in ListName]: Lister } = {
  persons: async (session, siteId, filter) =>
    listed(await listPersons(session, siteId, filter), (rows) => personTable(rows, false)),
  bin: async (session, siteId, filter) =>
    listed(await listPersons(session, siteId, filter, 'binned'), (rows) => personTable(rows, true)),
  groups: async (session, siteId, filter) =>
    listed(await listGroups(session, siteId, filter), groupTable),
  courses: async (session, siteId, filter) =>
    listed(await listCourses(session, siteId, filter), (rows) => courseTable(rows, false)),
  archive: async (session, siteId, filter) =>
    listed(await listCourses(session, siteId, filter, 'archived'), (rows) =>
      courseTable(rows, true),
    ),
  memberships: async (session, siteId, filter, days) =>
    listed(await listMemberships(session, siteId, filter, days), membershipTable),
  relations: async (session, siteId, filter) =>
    listed(await listRelations(session, siteId, filter), relationTable),
}

function listed<R>({ rows, total }: Page<R>, table: (rows: readonly R[]) => ShownTable): Listed {
  return { total, table: table(rows) }
}

/** Which day is asked for: today is another one in another source's time zone. */
async function activeOn(
  database: Opened['database'],
  siteId: number,
  on: string,
): Promise<ActiveOn> {
  if (on !== 'today') return { days: {}, otherwise: on }
  const now = new Date()
  const sources = await listSources(database, siteId)
  const days = sources.map(
    ({ id, rules }) => [`${id}`, dayIn(compileSourceRules(rules).timeZone, now)] as const,
  )
  return { days: Object.fromEntries(days), otherwise: days[0]?.[1] ?? dayIn('UTC', now) }
}
