import { listRoster, type ListName, type RosterRows } from '../shown/roster.ts'
import type { RosterFilter } from '../store/roster-queries.ts'
import { pageLine } from './change-options.ts'
import { withSite } from './open.ts'
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

const TABLES: {
  readonly [N in ListName]: (rows: readonly RosterRows[N][]) => ShownTable
} = {
  persons: (rows) => personTable(rows, false),
  bin: (rows) => personTable(rows, true),
  groups: groupTable,
  courses: (rows) => courseTable(rows, false),
  archive: (rows) => courseTable(rows, true),
  memberships: membershipTable,
  relations: relationTable,
}

function tableOf<N extends ListName>(name: N, rows: readonly RosterRows[N][]): ShownTable {
  return TABLES[name](rows)
}

export async function runRoster(
  name: ListName,
  { site: siteName, json, on, ...filter }: RosterOptions,
): Promise<void> {
  const { rows, total } = await withSite(siteName, ({ database, site }) =>
    listRoster({ database, siteId: site.id, now: () => new Date() }, name, filter, on),
  )
  if (json === true) {
    printJson({ total, rows })
    return
  }
  const page = pageLine(LIST_NAMES[name], { shown: rows.length, total, offset: filter.offset })
  const table = tableOf(name, rows)
  printLines([...(rows.length === 0 ? [] : tableLines(table.columns, table.rows, bold)), page])
}
