import type { Announced } from './announced.ts'
import { type Finding, permilleOf } from './findings.ts'
import { limitOf, type LimitSettings } from './limits.ts'
import type { Tallies } from './tally.ts'

/** How long removals are added up: seven days of 24 hours. */
export const WEEK_MS = 7 * 24 * 60 * 60 * 1000

export const WEEK_KINDS = ['person', 'group', 'membership'] as const
export type WeekKind = (typeof WEEK_KINDS)[number]

/** What earlier runs of the last seven days removed and nothing has brought back. */
export interface Week {
  /** When it begins: seven days ago, or with the last release. */
  readonly since: string
  readonly kinds: {
    readonly [kind in WeekKind]: {
      readonly removed: number
      /** Active records when it began. */
      readonly before: number
    }
  }
}

const LIMIT_OF = {
  person: 'persons.removed.week',
  group: 'groups.removed.week',
  membership: 'memberships.removed.week',
} as const

/**
 * Removals that each stay below the limit of a night and together do not stay below that of a week. Courses count as
 * groups here. A night that alone is too much is no slow drain, and is found as what it is.
 */
export function drainFindings(
  week: Week,
  tallies: Tallies,
  announced: Announced,
  settings: LimitSettings,
  found: readonly Finding[],
): Finding[] {
  const findings: Finding[] = []
  for (const kind of WEEK_KINDS) {
    const { removed: earlier, before } = week.kinds[kind]
    const limit = LIMIT_OF[kind]
    const { percent, floor } = limitOf(limit, settings)
    const isOver = (now: number): boolean => {
      const count = earlier + now
      return now > 0 && count > floor && count * 100 > percent * before
    }
    if (!isOver(tallies[kind].removed)) continue
    const now = notAnnounced(kind, tallies, announced)
    if (!isOver(now)) continue
    const count = earlier + now
    const what = `${kind}s`
    const isFound = found.some(
      (each) => each.holds && each.what === what && each.school === undefined,
    )
    if (isFound) continue
    findings.push({
      code: 'SLOW_DRAIN',
      holds: true,
      what,
      count,
      of: before,
      ...permilleOf(count, before),
      limit,
      limitPercent: percent,
      floor,
      earlier,
      since: week.since,
    })
  }
  return findings
}

/** What a plan removes beside what was announced. */
function notAnnounced(kind: WeekKind, tallies: Tallies, announced: Announced): number {
  const { removed } = tallies[kind]
  if (kind === 'person') return announced.rest('persons.removed', removed).rest
  if (kind === 'membership') return announced.rest('memberships.removed', removed).rest
  const { course, coursesUnmade = 0 } = tallies
  const courses = course.removed - coursesUnmade
  return (
    announced.rest('groups.removed', removed - courses).rest +
    announced.rest('courses.archived', courses).rest
  )
}
