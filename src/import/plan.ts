import { CopyRows } from '../store/copy-rows.ts'
import type { Tallies } from '../change/tally.ts'
import type { Collector, Mirror } from './collect.ts'
import type { Comparison } from './compare.ts'
import { addedPersons, membershipRows } from './plan-rows.ts'
import { nextMirror } from './next-mirror.ts'
import { depthFirst, personUsername } from './plan-order.ts'
import type { SchoolChange } from './schools.ts'
import { type CountBefore, tallyUp } from './tally-up.ts'

/**
 * Parts of a plan, each rows in COPY format that `store/apply.ts` takes as they are. Ids below zero are references
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
  'link',
  'relation',
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

export interface PlanSettings {
  readonly archiveCourses: boolean
  readonly clearAbsentFields: boolean
}

/** Puts a comparison into the order in which it is applied: additions top-down, removals last and bottom-up. */
export function makePlan(
  collected: Collector,
  mirror: Mirror,
  comparison: Comparison,
  schools: ReadonlyMap<number, SchoolChange>,
  before: readonly CountBefore[],
  settings: PlanSettings,
): Plan {
  const rows = Object.fromEntries(PLAN_PARTS.map((part) => [part, new CopyRows()])) as {
    readonly [part in PlanPart]: CopyRows
  }
  let nextRef = -2 - comparison.refs
  const courseRefs = (): number => nextRef--
  const change = journal(rows.change)

  addGroups(rows, change, collected, comparison, courseRefs)
  writeGroups(rows, change, collected, comparison, courseRefs, settings)
  journalAddedPersons(change, collected, comparison)
  writePersons(rows, change, collected, comparison, settings)
  for (const { groupId, memberKeys } of comparison.lists.links) {
    rows.link.add(groupId, JSON.stringify(memberKeys))
  }
  for (const { personId, otherId, kind, saidBefore, saidAfter } of comparison.relations.changes) {
    rows.relation.add(personId, otherId, kind, saidBefore, saidAfter)
    if (saidBefore !== 0 && saidAfter !== 0) continue
    const action = saidBefore === 0 ? 'add' : 'remove'
    change('relation', action, personId, kind, undefined, undefined, { other: otherId, kind })
  }
  for (const { id, key } of comparison.persons.removed) {
    rows.person_remove.add(id)
    change('person', 'remove', id, key)
  }
  removeGroups(rows, change, comparison, settings)

  const tallied = tallyUp(collected, mirror, comparison, schools, before)
  for (const { kind, profile, school, delta } of tallied.deltas) {
    if (delta !== 0) rows.count.add(kind, profile, school, delta)
  }
  return {
    parts: {
      ...mapParts<Iterable<Uint8Array>>((part) => rows[part].chunks),
      person_add: addedPersons(collected, comparison),
      membership: membershipRows(collected, comparison),
    },
    rows: {
      ...mapParts((part) => rows[part].count),
      person_add: comparison.persons.added.size,
      membership: comparison.lists.changes.length,
    },
    mirror: nextMirror(collected, mirror, comparison),
    refs: -2 - nextRef,
    tallies: tallied.tallies,
  }
}

function mapParts<V>(value: (part: PlanPart) => V): { readonly [part in PlanPart]: V } {
  return Object.fromEntries(PLAN_PARTS.map((part) => [part, value(part)])) as {
    readonly [part in PlanPart]: V
  }
}

type Rows = { readonly [part in PlanPart]: CopyRows }
type Journal = (
  kind: string,
  action: string,
  id: number,
  key: string | null | undefined,
  place?: number,
  before?: object,
  after?: object,
) => void

function journal(rows: CopyRows): Journal {
  return (kind, action, id, key, place, before, after) => {
    rows.add(
      rows.count + 1,
      kind,
      action,
      id,
      key,
      place,
      before && JSON.stringify(before),
      after && JSON.stringify(after),
    )
  }
}

function addGroups(
  rows: Rows,
  change: Journal,
  { groups }: Collector,
  { groups: comparison }: Comparison,
  courseRef: () => number,
): void {
  for (const [index, ref] of depthFirst(comparison.added, comparison.placed)) {
    const record = groups.records.get(index)
    const placed = comparison.placed.get(ref)
    const { title, courseTitle, courseCode } = record.fields
    const course = record.kind === 'course' ? courseRef() : null
    rows.group_add.add(
      ref,
      groups.places.at(index),
      placed?.parentId,
      placed?.schoolId,
      comparison.parentKeys.get(ref),
      record.kind,
      title ?? record.key,
      course,
      courseTitle ?? title ?? record.key,
      courseCode,
      JSON.stringify(record),
    )
    change('group', 'add', ref, record.key, groups.places.at(index))
    if (course !== null) change('course', 'add', course, record.key, groups.places.at(index))
  }
}

function writeGroups(
  rows: Rows,
  change: Journal,
  { groups }: Collector,
  { groups: comparison }: Comparison,
  courseRef: () => number,
  settings: PlanSettings,
): void {
  for (const write of comparison.writes) {
    const { id, index, changes, placed, kindBefore } = write
    const record = index === undefined ? undefined : groups.records.get(index)
    const place = index === undefined ? undefined : groups.places.at(index)
    const kind = record?.kind ?? kindBefore
    const course = kind === 'course' && kindBefore !== 'course' ? courseRef() : null
    const leavesCourse = kind !== 'course' && kindBefore === 'course'
    const title = record === undefined ? null : (record.fields.title ?? record.key)
    rows.group_write.add(
      id,
      place,
      write.key,
      placed.parentId,
      placed.schoolId,
      write.parentKey,
      kind,
      title,
      course,
      record?.fields.courseTitle ?? title,
      record?.fields.courseCode,
      leavesCourse,
      record && JSON.stringify(record),
      JSON.stringify(settings.clearAbsentFields ? {} : (changes?.noLongerSent ?? {})),
    )
    const before: { [field: string]: unknown } = { ...changes?.before }
    const after: { [field: string]: unknown } = { ...changes?.after }
    delete before['links']
    delete after['links']
    if (write.moved) {
      before['parent'] = write.parentBefore
      after['parent'] = placed.parentId
    }
    const oldKey = comparison.before.get(id)?.key
    if (oldKey !== write.key) {
      before['key'] = oldKey
      after['key'] = write.key
    }
    change('group', write.action, id, write.key, place, before, after)
    if (course !== null) change('course', 'add', course, write.key, place)
    if (leavesCourse) {
      change('course', settings.archiveCourses ? 'archive' : 'remove', id, write.key, place)
    }
  }
  for (const { id, schoolId } of comparison.schoolMoves) rows.school_move.add(id, schoolId)
}

function removeGroups(
  rows: Rows,
  change: Journal,
  { groups }: Comparison,
  settings: PlanSettings,
): void {
  const depths = new Map(groups.removed.map(({ id, parentId }) => [id, parentId]))
  const depth = (id: number | null, steps = 0): number =>
    id === null || steps > depths.size ? steps : depth(depths.get(id) ?? null, steps + 1)
  const bottomUp = groups.removed.toSorted((a, b) => depth(b.id) - depth(a.id))
  for (const { id, key, kind } of bottomUp) {
    rows.group_remove.add(id, kind === 'course')
    if (kind === 'course') {
      change('course', settings.archiveCourses ? 'archive' : 'remove', id, key)
    }
    change('group', 'remove', id, key)
  }
}

function journalAddedPersons(
  change: Journal,
  { persons }: Collector,
  comparison: Comparison,
): void {
  for (const [index, ref] of comparison.persons.added) {
    change('person', 'add', ref, persons.keyOf(index), persons.places.at(index))
  }
}

function writePersons(
  rows: Rows,
  change: Journal,
  collected: Collector,
  comparison: Comparison,
  settings: PlanSettings,
): void {
  const { persons } = collected
  for (const write of comparison.persons.writes) {
    const { id, index, action, changes } = write
    const record = persons.records.get(index)
    const username = personUsername(collected, comparison, index)
    const own = settings.clearAbsentFields ? {} : changes.noLongerSent
    const kept = write.own['username'] ?? own['username']
    rows.person_write.add(
      id,
      persons.places.at(index),
      action,
      write.keyBefore,
      write.usernameBefore,
      username.value ?? (comparison.persons.withoutUsername.has(index) ? null : (kept as string)),
      JSON.stringify(username.made === null ? own : { ...own, username: username.made }),
      JSON.stringify(record),
    )
    const before: { [field: string]: unknown } = { ...changes.before }
    const after: { [field: string]: unknown } = { ...changes.after }
    if (write.keyBefore !== record.key) {
      before['key'] = write.keyBefore
      after['key'] = record.key
    }
    change('person', action, id, record.key, persons.places.at(index), before, after)
  }
}
