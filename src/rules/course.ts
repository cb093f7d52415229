import type { ImsGroup } from '../ims/records.ts'
import { compilePattern } from './pattern.ts'
import type { CourseText, CourseTextRule } from './schema.ts'

/** Which text of a course's group is there first, or the part of it that a pattern means. */
export function courseTextReader(
  rules: readonly CourseTextRule[],
  field: 'courseTitle' | 'courseCode',
): (group: ImsGroup, key: string) => string | undefined {
  const readers = rules.map((rule) => {
    if (typeof rule === 'string') return { from: rule, part: (value: string) => value }
    return { from: rule.from, part: compilePattern(rule.pattern).part }
  })
  return (group, key) => {
    for (const { from, part } of readers) {
      const value = textOf(group, key, from, field)
      const found = value === undefined ? undefined : part(value)
      if (found !== undefined && found !== '') return found
    }
    return undefined
  }
}

function textOf(
  group: ImsGroup,
  key: string,
  from: CourseText,
  field: 'courseTitle' | 'courseCode',
): string | undefined {
  if (from === 'extension') return group[field]
  return from === 'key' ? key : group[from]
}
