import { rosterKey } from '../roster/group.ts'
import { copyField, CopyRows } from '../store/copy-rows.ts'
import type { Collector } from './collect.ts'
import type { Comparison } from './compare.ts'
import type { CourseRefs } from './plan.ts'
import { personUsername, placeOf, topDown } from './plan-order.ts'

const CHUNK_BYTES = 256 * 1024
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
