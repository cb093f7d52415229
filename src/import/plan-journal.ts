import { rosterKey } from '../roster/group.ts'
import { CopyRows } from '../store/copy-rows.ts'
import type { HandedOver } from './claims.ts'
import type { Collector } from './collect.ts'
import type { Comparison } from './compare.ts'
import type { GroupWrite } from './compare-groups.ts'
import type { CourseRefs, PlanSettings } from './plan.ts'
import { bottomUp, placeOf, topDown } from './plan-order.ts'

type Values = { [field: string]: unknown }

interface JournalRow {
  readonly kind: 'person' | 'group' | 'course' | 'relation'
  readonly action: 'add' | 'update' | 'remove' | 'restore' | 'archive' | 'rekey'
  readonly id: number
  readonly key?: string | null | undefined
  readonly place?: number | undefined
  readonly before?: Values
  readonly after?: Values
}

/** Rows of the journal, in the order in which a plan is applied; made as they are read. */
export function journalRows(
  collected: Collector,
  comparison: Comparison,
  courses: CourseRefs,
  settings: PlanSettings,
): Iterable<Uint8Array> {
  return {
    *[Symbol.iterator]() {
      const rows = new CopyRows()
      let seq = 0
      for (const row of changes(collected, comparison, courses, settings)) {
        const { kind, action, id, key, place, before, after } = row
        rows.add(
          ++seq,
          kind,
          action,
          id,
          key,
          place,
          before && JSON.stringify(before),
          after && JSON.stringify(after),
        )
        yield* rows.takeFull()
      }
      yield* rows.chunks
    },
  }
}

/** How many rows there are. */
export function journalLength(
  { groups, persons, relations }: Comparison,
  courses: CourseRefs,
): number {
  const shown = relations.changes.filter(isShown).length
  const coursesGone = groups.removed.filter(({ kind }) => kind === 'course').length
  return (
    groups.added.size +
    groups.writes.length +
    courses.added.size +
    courses.written.size +
    courses.left.size +
    persons.added.size +
    persons.writes.length +
    persons.handedOver.size +
    groups.handedOver.size +
    shown +
    persons.removed.length +
    coursesGone +
    groups.removed.length
  )
}

function* changes(
  { persons: read, groups: readGroups }: Collector,
  { groups, persons, relations, usernames }: Comparison,
  courses: CourseRefs,
  { archiveCourses, sourceName }: PlanSettings,
): Generator<JournalRow> {
  const courseGoes = archiveCourses ? 'archive' : 'remove'
  for (const [index, ref] of topDown(groups.added, groups.placed)) {
    const key = rosterKey(readGroups.records.get(index))
    const place = placeOf(readGroups, index)
    yield { kind: 'group', action: 'add', id: ref, key, place }
    const course = courses.added.get(index)
    if (course !== undefined) yield { kind: 'course', action: 'add', id: course, key, place }
  }
  for (const write of groups.writes) {
    const { id, key, index, action } = write
    const place = index === undefined ? undefined : readGroups.places.at(index)
    const oldKey = groups.before.get(id)?.key
    yield { kind: 'group', action, id, key, place, ...groupValues(write, oldKey, sourceName) }
    const course = courses.written.get(id)
    if (course !== undefined) yield { kind: 'course', action: 'add', id: course, key, place }
    if (courses.left.has(id)) yield { kind: 'course', action: courseGoes, id, key, place }
  }
  yield* takeovers('group', groups.handedOver, sourceName)
  for (const [index, ref] of persons.added) {
    yield {
      kind: 'person',
      action: 'add',
      id: ref,
      key: read.keyOf(index),
      place: read.places.at(index),
    }
  }
  for (const { id, index, action, changes: differences, keyBefore, adoptedBy } of persons.writes) {
    const key = read.keyOf(index)
    const rekeyed = keyBefore !== key
    const made = usernames.get(index)
    const before: Values = {
      ...differences.before,
      ...(rekeyed ? { key: keyBefore } : {}),
      ...(made === undefined ? {} : { username: null }),
    }
    const after: Values = {
      ...differences.after,
      ...(rekeyed ? { key } : {}),
      ...(made === undefined ? {} : { username: made }),
      ...(adoptedBy === undefined ? {} : { source: sourceName, adoptedBy }),
    }
    yield { kind: 'person', action, id, key, place: read.places.at(index), before, after }
  }
  yield* takeovers('person', persons.handedOver, sourceName)
  for (const change of relations.changes) {
    if (!isShown(change)) continue
    const { personId, otherId, kind, saidBefore } = change
    const values = { other: otherId, kind }
    yield saidBefore === 0
      ? { kind: 'relation', action: 'add', id: personId, key: kind, after: values }
      : { kind: 'relation', action: 'remove', id: personId, key: kind, before: values }
  }
  for (const { id, key } of persons.removed) yield { kind: 'person', action: 'remove', id, key }
  for (const { id, key, kind } of bottomUp(groups.removed)) {
    if (kind === 'course') yield { kind: 'course', action: courseGoes, id, key }
    yield { kind: 'group', action: 'remove', id, key }
  }
}

/** A record that another source takes over stays as it is; whose it is changes. */
function* takeovers(
  kind: 'person' | 'group',
  handedOver: ReadonlyMap<number, HandedOver>,
  sourceName: string,
): Generator<JournalRow> {
  for (const { id, source, key, keyBefore } of handedOver.values()) {
    const rekeyed = key !== keyBefore
    const before = { source: sourceName, ...(rekeyed ? { key: keyBefore } : {}) }
    const after = { source, ...(rekeyed ? { key } : {}) }
    yield { kind, action: 'update', id, key, before, after }
  }
}

/** Who says so is no change anyone sees; whether there is a relation is. */
function isShown({
  saidBefore,
  saidAfter,
}: {
  readonly saidBefore: number
  readonly saidAfter: number
}): boolean {
  return saidBefore === 0 || saidAfter === 0
}

function groupValues(
  { changes, moved, parentBefore, placed, key, adoptedBy }: GroupWrite,
  oldKey: string | null | undefined,
  sourceName: string,
): { readonly before: Values; readonly after: Values } {
  const { links: _before, ...before } = { ...changes?.before }
  const { links: _after, ...after } = { ...changes?.after }
  if (moved) {
    before['parent'] = parentBefore
    after['parent'] = placed.parentId
  }
  if (oldKey !== key) {
    before['key'] = oldKey
    after['key'] = key
  }
  if (adoptedBy !== undefined) {
    after['source'] = sourceName
    after['adoptedBy'] = adoptedBy
  }
  return { before, after }
}
