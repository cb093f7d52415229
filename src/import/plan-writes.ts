import { CopyRows } from '../store/copy-rows.ts'
import type { Collector } from './collect.ts'
import type { Comparison } from './compare.ts'
import type { CourseRefs, PlanSettings } from './plan.ts'
import { personUsername } from './plan-order.ts'

/** Rows of groups that change, or whose place in the tree does. */
export function writtenGroups(
  { groups }: Collector,
  { groups: comparison }: Comparison,
  courses: CourseRefs,
  settings: PlanSettings,
): CopyRows {
  const rows = new CopyRows()
  for (const { id, index, key, changes, placed, parentKey, kindBefore } of comparison.writes) {
    const record = index === undefined ? undefined : groups.records.get(index)
    const title = record === undefined ? null : (record.fields.title ?? record.key)
    rows.add(
      id,
      index === undefined ? null : groups.places.at(index),
      key,
      placed.parentId,
      placed.schoolId,
      parentKey,
      record?.kind ?? kindBefore,
      title,
      courses.written.get(id),
      record?.fields.courseTitle ?? title,
      record?.fields.courseCode,
      courses.left.has(id),
      placed.yearId,
      record && JSON.stringify(record),
      JSON.stringify(settings.clearAbsentFields ? {} : (changes?.noLongerSent ?? {})),
    )
  }
  return rows
}

/** Rows of persons who change, come back from the recycle bin or get another key. */
export function writtenPersons(
  collected: Collector,
  comparison: Comparison,
  settings: PlanSettings,
): CopyRows {
  const { persons } = collected
  const rows = new CopyRows()
  for (const write of comparison.persons.writes) {
    const { id, index, action, changes } = write
    const username = personUsername(collected, comparison, index)
    const own = settings.clearAbsentFields ? {} : changes.noLongerSent
    const isCleared = settings.clearAbsentFields && write.own['username'] === undefined
    const kept = isCleared ? null : write.usernameBefore
    const without = comparison.persons.withoutUsername.has(index)
    const name = username.value ?? (without ? undefined : kept)
    rows.add(
      id,
      persons.places.at(index),
      action,
      write.keyBefore,
      name,
      name?.toLowerCase(),
      JSON.stringify(username.made === null ? own : { ...own, username: username.made }),
      JSON.stringify(persons.records.get(index)),
    )
  }
  return rows
}
