import type { Tallies } from '../change/tally.ts'
import { CopyRows, type CopyValue } from '../store/copy-rows.ts'
import type { Collector, Mirror } from './collect.ts'
import type { Comparison } from './compare.ts'
import { journalLength, journalRows } from './plan-journal.ts'
import { addedMemberships, membershipRows } from './plan-memberships.ts'
import { addedGroups, addedPersons } from './plan-rows.ts'
import { writtenGroups, writtenPersons } from './plan-writes.ts'
import { tieRows } from './plan-ties.ts'
import type { SchoolChange } from './schools.ts'
import { type CountBefore, tallyUp } from './tally-up.ts'

/**
 * Parts of a plan, each rows in COPY format that `store/apply.ts` takes as they are. Ids below -1 are references
 * to what the plan adds; they become ids when it is applied.
 */
export const PLAN_PARTS = [
  'group_add',
  'group_write',
  'group_remove',
  'school_move',
  'person_add',
  'person_write',
  'person_remove',
  'membership',
  'membership_add',
  'link',
  'relation',
  'claim',
  'takeover',
  'alias',
  'other_membership',
  'look_again',
  'adoption',
  'count',
  'change',
] as const
export type PlanPart = (typeof PLAN_PARTS)[number]

/** The mirror after the plan, packed. */
export const MIRROR_PARTS = ['persons', 'groups', 'lists', 'states'] as const
export type MirrorPart = (typeof MIRROR_PARTS)[number]

/** All changes of one run, with every value they need: applying it never reads the delivery again. */
export interface Plan {
  /** Rows are made as they are read: a first import's million memberships are never in memory as text. */
  readonly parts: { readonly [part in PlanPart]: Iterable<Uint8Array> }
  readonly rows: { readonly [part in PlanPart]: number }
  readonly mirror: { readonly [part in MirrorPart]: Uint8Array }
  /** How many new ids it needs. */
  readonly refs: number
  readonly tallies: Tallies
}

/** A plan but for the mirror that it leaves. */
export type PlanContents = Omit<Plan, 'mirror'>

export interface PlanSettings {
  readonly archiveCourses: boolean
  readonly clearAbsentFields: boolean
  readonly sourceName: string
}

/** References of new courses: of groups that are added (by number of the record) and of groups that become courses. */
export interface CourseRefs {
  readonly added: ReadonlyMap<number, number>
  readonly written: ReadonlyMap<number, number>
  /** Groups that cease to be courses. */
  readonly left: ReadonlySet<number>
}

/** Puts a comparison into the order in which it is applied: additions top-down, removals last and bottom-up. */
export function planContents(
  collected: Collector,
  mirror: Mirror,
  comparison: Comparison,
  schools: ReadonlyMap<number, SchoolChange>,
  before: readonly CountBefore[],
  settings: PlanSettings,
): PlanContents {
  const { groups, persons, lists, relations } = comparison
  const courses = courseRefs(collected, comparison)
  const tallied = tallyUp(collected, mirror, comparison, schools, before)
  const rows = {
    group_write: writtenGroups(collected, comparison, courses, settings),
    group_remove: rowsOf(groups.removed.map(({ id, kind }) => [id, kind === 'course'])),
    school_move: rowsOf(groups.schoolMoves.map((move) => [move.id, move.schoolId, move.yearId])),
    person_write: writtenPersons(collected, comparison, settings),
    membership: membershipRows(collected, comparison),
    person_remove: rowsOf(persons.removed.map(({ id }) => [id])),
    link: rowsOf(
      lists.links.map(({ groupId, memberKeys }) => [groupId, JSON.stringify(memberKeys)]),
    ),
    relation: rowsOf(
      relations.changes.map((r) => [r.personId, r.otherId, r.kind, r.saidBefore, r.saidAfter]),
    ),
    ...tieRows(collected, comparison),
    count: rowsOf(tallied.deltas.map((d) => [d.kind, d.profile, d.school, d.delta])),
  }
  const parts = mapParts<Iterable<Uint8Array>>((part) =>
    part in rows ? rows[part as keyof typeof rows].chunks : [],
  )
  const lengths = mapParts((part) => (part in rows ? rows[part as keyof typeof rows].count : 0))
  return {
    parts: {
      ...parts,
      group_add: addedGroups(collected, comparison, courses),
      person_add: addedPersons(collected, comparison),
      membership_add: addedMemberships(collected, comparison),
      change: journalRows(collected, comparison, courses, settings),
    },
    rows: {
      ...lengths,
      group_add: groups.added.size,
      person_add: persons.added.size,
      membership_add: lists.changes.added,
      change: journalLength(comparison, courses),
    },
    refs: comparison.refs + courses.added.size + courses.written.size,
    tallies: tallied.tallies,
  }
}

function courseRefs({ groups: read }: Collector, { groups, refs }: Comparison): CourseRefs {
  let next = -2 - refs
  const added = new Map<number, number>()
  for (const index of groups.added.keys()) {
    if (read.records.get(index).kind === 'course') added.set(index, next--)
  }
  const written = new Map<number, number>()
  const left = new Set<number>()
  for (const { id, index, kindBefore } of groups.writes) {
    const kind = index === undefined ? kindBefore : read.records.get(index).kind
    if (kind === 'course' && kindBefore !== 'course') written.set(id, next--)
    if (kind !== 'course' && kindBefore === 'course') left.add(id)
  }
  return { added, written, left }
}

function rowsOf(values: readonly (readonly CopyValue[])[]): CopyRows {
  const rows = new CopyRows()
  for (const each of values) rows.add(...each)
  return rows
}

function mapParts<V>(value: (part: PlanPart) => V): { readonly [part in PlanPart]: V } {
  return Object.fromEntries(PLAN_PARTS.map((part) => [part, value(part)])) as {
    readonly [part in PlanPart]: V
  }
}
