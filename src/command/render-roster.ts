import type { ShownMembership, ShownPerson } from '../shown/roster.ts'
import type { RelationRow } from '../store/membership-queries.ts'
import type { CourseRow, GroupRow } from '../store/roster-queries.ts'
import type { Column } from './table.ts'
import { timeText } from '../shown/time.ts'

/** A list of the roster for people. */
export interface ShownTable {
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly string[])[]
}

const right = (heading: string): Column => ({ heading, align: 'right' })
const left = (heading: string): Column => ({ heading })

/** Persons, or with `binned` the recycle bin. */
export function personTable(persons: readonly ShownPerson[], binned: boolean): ShownTable {
  const columns = ['key', 'name', 'profile', 'username', 'schools', 'source']
  if (binned) columns.push('removed')
  const rows = persons.map(({ key, name, profile, username, schools, source, ...bin }) => [
    key ?? '(manual)',
    name,
    profile,
    username ?? '',
    schools.join(', '),
    source ?? '',
    ...(binned
      ? [
          `${bin.binnedAt === null ? '' : timeText(bin.binnedAt)} run ${bin.binnedRun ?? '?'}`.trim(),
        ]
      : []),
  ])
  return { columns: columns.map(left), rows }
}

export function groupTable(groups: readonly GroupRow[]): ShownTable {
  return {
    columns: [
      left('key'),
      left('title'),
      left('kind'),
      left('school'),
      left('parent'),
      right('members'),
      left('source'),
    ],
    rows: groups.map(({ key, title, kind, school, parentKey, parentTitle, members, source }) => [
      key ?? '(manual)',
      title,
      kind,
      school ?? '',
      parentTitle ?? parentKey ?? '',
      `${members}`,
      source ?? '',
    ]),
  }
}

/** Open courses, or with `archived` those whose group has left. */
export function courseTable(courses: readonly CourseRow[], archived: boolean): ShownTable {
  const last = archived ? left('archived') : left('school')
  return {
    columns: [left('key'), left('title'), left('code'), right('members'), last],
    rows: courses.map(({ key, title, code, members, school, archivedAt, archivedRun }) => [
      key ?? '(manual)',
      title,
      code ?? '',
      `${members}`,
      archived
        ? `${archivedAt === null ? '' : timeText(archivedAt)} run ${archivedRun ?? '?'}`.trim()
        : (school ?? ''),
    ]),
  }
}

export function membershipTable(memberships: readonly ShownMembership[]): ShownTable {
  return {
    columns: ['group', 'title', 'member', 'name', 'role', 'status', 'from', 'until', 'source'].map(
      left,
    ),
    rows: memberships.map((row) => [
      row.groupKey ?? '(not shown)',
      row.group ?? '(not shown)',
      row.personKey ?? '(manual)',
      row.name ?? '',
      row.memberKind === 'group' ? `${row.role} (group)` : row.role,
      row.active ? 'active' : 'inactive',
      row.begins ?? '',
      row.ends ?? '',
      row.sources.map((source) => source ?? '(manual)').join(', '),
    ]),
  }
}

const KIND_TEXT = { guardian: 'guardian', nextOfKin: 'next of kin', mentor: 'mentor' } as const

/** Read a row as "`other` is `person`'s guardian". */
export function relationTable(relations: readonly RelationRow[]): ShownTable {
  return {
    columns: ['person', 'name', 'relation', 'other', 'name', 'said by'].map(left),
    rows: relations.map(({ person, kind, other, saidBy }) => [
      person.key ?? '(manual)',
      person.name ?? '',
      KIND_TEXT[kind],
      other.key ?? '(manual)',
      other.name ?? '',
      saidBy,
    ]),
  }
}
