import { rosterKey } from '../roster/group.ts'
import { type MemberRole, roleText } from '../roster/membership.ts'
import { copyField, CopyRows, type CopyValue } from '../store/copy-rows.ts'
import type { Collector } from './collect.ts'
import type { Comparison } from './compare.ts'
import { ACTIVE, ROLE_BITS } from './lists-read.ts'
import { ADD } from './membership-changes.ts'
import type { CourseRefs } from './plan.ts'
import { personUsername, placeOf, topDown } from './plan-order.ts'

const CHUNK_BYTES = 256 * 1024
/** Members in one row: about 200 kB. */
const MEMBERS_A_ROW_MAX = 10_000
const BACKSLASH = 0x5c
const NEWLINE = 0x0a

/** Rows of new persons. The packed record is JSON already: its bytes are copied, not read. */
export function addedPersons(collected: Collector, comparison: Comparison): Iterable<Uint8Array> {
  return {
    *[Symbol.iterator]() {
      const { persons } = collected
      let chunk = Buffer.allocUnsafe(CHUNK_BYTES)
      let used = 0
      for (const [index, ref] of comparison.persons.added) {
        const { value, made } = personUsername(collected, comparison, index)
        const head = `${ref}\t${persons.places.at(index)}\t${copyField(value)}\t${copyField(value?.toLowerCase())}\t${copyField(made)}\t`
        const record = persons.records.bytes(index)
        const most = head.length * 3 + record.length * 2 + 1
        if (used + most > chunk.length) {
          yield chunk.subarray(0, used)
          chunk = Buffer.allocUnsafe(Math.max(CHUNK_BYTES, most))
          used = 0
        }
        used += chunk.write(head, used)
        used = copyRecord(record, chunk, used)
        chunk[used++] = NEWLINE
      }
      yield chunk.subarray(0, used)
    },
  }
}

/** JSON has no raw tabs or line breaks; its backslashes are doubled for COPY. */
function copyRecord(record: Uint8Array, into: Buffer, at: number): number {
  if (!record.includes(BACKSLASH)) {
    into.set(record, at)
    return at + record.length
  }
  let to = at
  for (const byte of record) {
    if (byte === BACKSLASH) into[to++] = BACKSLASH
    into[to++] = byte
  }
  return to
}

/** Rows of new groups, parents before their children. */
export function addedGroups(
  { groups }: Collector,
  { groups: comparison }: Comparison,
  courses: CourseRefs,
): Iterable<Uint8Array> {
  return {
    *[Symbol.iterator]() {
      const rows = new CopyRows()
      for (const [index, ref] of topDown(comparison.added, comparison.placed)) {
        const record = groups.records.get(index)
        const placed = comparison.placed.get(ref)
        const { title, courseTitle, courseCode } = record.fields
        rows.add(
          ref,
          placeOf(groups, index),
          placed?.parentId,
          placed?.schoolId,
          comparison.parentKeys.get(ref),
          record.kind,
          title ?? record.key,
          courses.added.get(index),
          courseTitle ?? title ?? record.key,
          courseCode,
          rosterKey(record),
          placed?.yearId,
          JSON.stringify(record),
        )
        yield* rows.takeFull()
      }
      yield* rows.chunks
    },
  }
}

/** Rows of the memberships that end or become another. */
export function membershipRows(collected: Collector, comparison: Comparison): CopyRows {
  const { changes } = comparison.lists
  const detailsAt = (row: number): readonly CopyValue[] =>
    detailOf(collected.lists.details[changes.details.at(row)] ?? '')
  const rows = new CopyRows()
  for (let row = 0; row < changes.length; row++) {
    const action = changes.actions.at(row)
    if (action === ADD) continue
    const code = changes.codes.at(row)
    const place = changes.places.at(row)
    rows.add(
      action,
      changes.groups.at(row),
      changes.persons.at(row),
      code & ROLE_BITS,
      (code & ACTIVE) !== 0,
      ...detailsAt(row),
      place < 0 ? null : place,
      changes.codesBefore.at(row),
    )
  }
  return rows
}

/**
 * Rows of new memberships, one for those of a group that stand side by side and differ in nothing but the person: the database
 * takes a million of them in half the time that a row for each takes.
 */
export function addedMemberships(
  collected: Collector,
  comparison: Comparison,
): Iterable<Uint8Array> {
  return {
    *[Symbol.iterator]() {
      const { changes } = comparison.lists
      const rows = new CopyRows()
      let first = -1
      let persons = ''
      let places = ''
      let members = 0
      const finish = (): void => {
        if (first < 0) return
        const code = changes.codes.at(first)
        const detail = detailOf(collected.lists.details[changes.details.at(first)] ?? '')
        const active = (code & ACTIVE) !== 0
        const group = changes.groups.at(first)
        rows.add(group, code & ROLE_BITS, active, ...detail, `{${persons}}`, `{${places}}`)
        first = -1
      }
      for (let row = 0; row < changes.length; row++) {
        if (changes.actions.at(row) !== ADD) continue
        const goesOn =
          first >= 0 &&
          members < MEMBERS_A_ROW_MAX &&
          changes.groups.at(row) === changes.groups.at(first) &&
          changes.codes.at(row) === changes.codes.at(first) &&
          changes.details.at(row) === changes.details.at(first)
        const place = changes.places.at(row)
        if (goesOn) {
          persons += ','
          places += ','
        } else {
          finish()
          yield* rows.takeFull()
          first = row
          persons = ''
          places = ''
          members = 0
        }
        persons += changes.persons.at(row)
        places += place < 0 ? 'NULL' : place
        members++
      }
      finish()
      yield* rows.chunks
    },
  }
}

/** Begin, end and detail; dates are those of the strongest role. No detail where the columns say all of it. */
function detailOf(detail: string): readonly CopyValue[] {
  if (detail === '') return [null, null, null]
  const [strongest] = JSON.parse(detail) as MemberRole[]
  if (strongest === undefined) return [null, null, detail]
  const { role, active, begin = null, end = null } = strongest
  return [begin, end, roleText(role, active, begin, end) === detail ? null : detail]
}
