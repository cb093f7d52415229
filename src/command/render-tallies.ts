import { after, type SchoolTally, type Tallies, type Tally } from '../change/tally.ts'
import type { WaitingCount, WaitingCounts } from '../change/waiting.ts'
import { PROFILES, type Profile } from '../roster/person.ts'
import { bold } from './output.ts'
import type { SchoolNames } from '../shown/findings.ts'
import { tableLines, type Column } from './table.ts'

const COLUMNS: readonly Column[] = [
  { heading: '' },
  ...['before', 'after', 'added', 'updated', 'removed', 'unchanged', 'set aside', 'not taken'].map(
    (heading) => ({ heading, align: 'right' as const }),
  ),
]

const PROFILE_NAMES: { readonly [profile in Profile]: string } = {
  student: 'students',
  staff: 'staff',
  guardian: 'guardians',
  guest: 'guests',
  administrator: 'administrators',
  other: 'others',
}

/** Counts of every kind before and after, persons by profile too. */
export function tallyLines(tallies: Tallies): string[] {
  const rows = [row('persons', tallies.person)]
  for (const profile of PROFILES) {
    const tally = tallies.profiles[profile]
    if (tally && isOfInterest(tally)) rows.push(row(`  ${PROFILE_NAMES[profile]}`, tally, false))
  }
  rows.push(
    row('groups', tallies.group),
    row('courses', tallies.course),
    row('memberships', tallies.membership),
    row('relations', tallies.relation),
  )
  return tableLines(COLUMNS, rows, bold)
}

/** What is read is counted by kind, not by profile: a record set aside may have none that can be read. */
function row(name: string, tally: Tally, withReading = true): string[] {
  const { before, added, updated, removed, unchanged, setAside, notTaken } = tally
  const counts = [before, after(tally), added, updated, removed, unchanged]
  return [name, ...counts.map(String), ...(withReading ? [`${setAside}`, `${notTaken}`] : ['', ''])]
}

function isOfInterest({ before, added, updated, removed }: Tally): boolean {
  return before + added + updated + removed > 0
}

/** A line of its own for what the table's "updated" and "removed" hide. */
export function tallyNotes({ person, group, course, membership }: Tallies): string[] {
  const notes: string[] = []
  const extension =
    person.updatedInExtension + group.updatedInExtension + membership.updatedInExtension
  if (extension > 0) {
    notes.push(
      `${extension} of the updates change nothing but extension data; they are not judged.`,
    )
  }
  if (course.removed > 0)
    notes.push('Courses removed are those whose group left: archived or detached.')
  return notes
}

/** Counts of each school; `changedOnly` leaves out those where nothing happens. */
export function schoolLines(
  schools: readonly SchoolTally[],
  names: SchoolNames,
  changedOnly: boolean,
): string[] {
  const shown = schools.filter(
    ({ persons, groups, memberships }) =>
      !changedOnly ||
      [persons, groups, memberships].some(({ added, removed }) => added + removed > 0),
  )
  if (shown.length === 0) return []
  const columns: Column[] = [{ heading: 'school' }]
  for (const heading of ['persons', 'added', 'removed', 'groups', 'added', 'removed']) {
    columns.push({ heading, align: 'right' })
  }
  for (const heading of ['memberships', 'added', 'removed'])
    columns.push({ heading, align: 'right' })
  const named = shown.map((tally) => ({ ...tally, name: schoolName(tally.school, names) }))
  // Ids say nothing to people, and new schools have none yet.
  named.sort((a, b) => Number(a.school === 0) - Number(b.school === 0) || byName(a.name, b.name))
  const rows = named.map(({ name, persons, groups, memberships }) => [
    name,
    ...[persons, groups, memberships].flatMap((tally) => [
      beforeAfter(tally),
      `${tally.added}`,
      `${tally.removed}`,
    ]),
  ])
  return tableLines(columns, rows, bold)
}

function schoolName(school: number, names: SchoolNames): string {
  return school === 0 ? '(no school)' : (names[String(school)] ?? `school ${school}`)
}

const { compare: byName } = new Intl.Collator('en', { numeric: true })

function beforeAfter(tally: Tally): string {
  return tally.added + tally.removed === 0 ? `${tally.before}` : `${tally.before} > ${after(tally)}`
}

/** What waits, by kind; persons by profile, too. */
export function waitingCountLines({ profiles, ...kinds }: WaitingCounts): string[] {
  const line = (name: string, { updated, removed }: WaitingCount): string[] =>
    updated + removed === 0 ? [] : [`  ${name.padEnd(14)}  ${countText(updated, removed)}`]
  return [
    'Waiting, not applied (rollcall waiting)',
    ...line('persons', kinds.person),
    ...PROFILES.flatMap((profile) => {
      const count = profiles[profile]
      return count === undefined ? [] : line(`  ${PROFILE_NAMES[profile]}`, count)
    }),
    ...line('groups', kinds.group),
    ...line('courses', kinds.course),
    ...line('memberships', kinds.membership),
    ...line('relations', kinds.relation),
  ]
}

function countText(updated: number, removed: number): string {
  const parts = [
    ...(updated === 0 ? [] : [`${updated} to be updated`]),
    ...(removed === 0 ? [] : [`${removed} to be removed`]),
  ]
  return parts.join(', ')
}
