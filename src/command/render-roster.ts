import { protectedName, shownPerson } from '../roster/display.ts'
import type { MembershipRow, RelatedPerson, RelationRow } from '../store/membership-queries.ts'
import type { CourseRow, GroupRow, PersonRow } from '../store/roster-queries.ts'
import type { Column } from './table.ts'
import { timeText } from './time.ts'

/** A list of the roster for people and for programs; neither holds what must not be shown. */
export interface ShownTable {
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly string[])[]
  readonly json: readonly { readonly [key: string]: unknown }[]
}

const right = (heading: string): Column => ({ heading, align: 'right' })
const left = (heading: string): Column => ({ heading })

/** Persons, or with `binned` the recycle bin. */
export function personTable(persons: readonly PersonRow[], binned: boolean): ShownTable {
  const json = persons.map((person) => personJson(person, binned))
  const columns = ['key', 'name', 'profile', 'username', 'schools', 'source']
  if (binned) columns.push('removed')
  const rows = json.map(({ key, name, profile, username, schools, source, ...bin }) => [
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
  return { columns: columns.map(left), rows, json }
}

type PersonJson = Pick<
  PersonRow,
  'id' | 'key' | 'profile' | 'username' | 'schools' | 'source' | 'binnedRun' | 'binnedAt'
> & { readonly name: string; readonly protected: boolean; readonly fields: PersonRow['fields'] }

function personJson(person: PersonRow, binned: boolean): PersonJson {
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
    json: groups as unknown as ShownTable['json'],
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
    json: courses as unknown as ShownTable['json'],
  }
}

/** Of a protected person neither name, group nor source is shown: they would tell the school. */
export function membershipTable(memberships: readonly MembershipRow[]): ShownTable {
  const shown = memberships.map((row) =>
    row.protected
      ? {
          ...row,
          groupId: null,
          groupKey: null,
          group: null,
          school: null,
          name: protectedName(row.personId ?? undefined),
          sources: [],
        }
      : row,
  )
  return {
    columns: ['group', 'title', 'member', 'name', 'role', 'status', 'from', 'until', 'source'].map(
      left,
    ),
    rows: shown.map((row) => [
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
    json: shown as unknown as ShownTable['json'],
  }
}

const KIND_TEXT = { guardian: 'guardian', nextOfKin: 'next of kin', mentor: 'mentor' } as const

/** Read a row as "`other` is `person`'s guardian". */
export function relationTable(relations: readonly RelationRow[]): ShownTable {
  const json = relations.map((row) => ({
    ...row,
    person: related(row.person),
    other: related(row.other),
  }))
  return {
    columns: ['person', 'name', 'relation', 'other', 'name', 'said by'].map(left),
    rows: json.map(({ person, kind, other, saidBy }) => [
      person.key ?? '(manual)',
      person.name ?? '',
      KIND_TEXT[kind],
      other.key ?? '(manual)',
      other.name ?? '',
      saidBy,
    ]),
    json,
  }
}

function related(person: RelatedPerson): RelatedPerson {
  return person.protected ? { ...person, name: protectedName(person.id) } : person
}
