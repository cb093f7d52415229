import type { ImsGroup, ImsGroupType } from '../ims/records.ts'
import { compilePattern } from './pattern.ts'
import type { GroupKindRule, GroupMatcherRule } from './schema.ts'

const UNTYPED: ImsGroupType = { scheme: '', level: '', value: '' }

/** The type of the group that a matcher fits (one without type counts as all empty), or undefined. */
export type GroupMatcher = (group: ImsGroup, key: string) => ImsGroupType | undefined

/** Compiles one matcher: scheme, level and value must fit the same type of the group, and the key its key. */
export function groupMatcher(rule: GroupMatcherRule): GroupMatcher {
  const scheme = matches(rule.scheme)
  const value = matches(rule.value)
  const key = matches(rule.key)
  const level = rule.level === undefined ? undefined : levelText(String(rule.level))
  const fits = (type: ImsGroupType): boolean =>
    scheme(type.scheme) &&
    value(type.value) &&
    (level === undefined || levelText(type.level) === level)

  return (group, groupKey) => {
    if (!key(groupKey)) return undefined
    if (group.types.length === 0) return fits(UNTYPED) ? UNTYPED : undefined
    return group.types.find(fits)
  }
}

export interface GroupKindReading {
  readonly kind: GroupKindRule['kind']
  /** The type that decided, or the first; undefined where the group has none. */
  readonly type: ImsGroupType | undefined
}

/** What a group is: the first rule that fits; a group that none fits is an ordinary one. */
export function groupKindReader(
  rules: readonly GroupKindRule[],
): (group: ImsGroup, key: string) => GroupKindReading {
  const matchers = rules.map((rule) => ({ kind: rule.kind, match: groupMatcher(rule) }))
  return (group, key) => {
    for (const { kind, match } of matchers) {
      const type = match(group, key)
      if (type !== undefined) return { kind, type: type === UNTYPED ? undefined : type }
    }
    return { kind: 'group', type: group.types[0] }
  }
}

function matches(pattern: string | undefined): (value: string) => boolean {
  return pattern === undefined ? () => true : compilePattern(pattern).matches
}

/** Levels are numbers to some senders and text to others: 1 and 01 are the same. */
function levelText(level: string): string {
  return level.replace(/^0+(?=[0-9])/, '')
}
