import type { Finding } from './findings.ts'
import type { LimitName } from './limits.ts'
import type { SchoolTally, Tallies } from './tally.ts'

/** What can be announced for a whole delivery. */
export const ANNOUNCED_LIMITS = [
  'persons.removed',
  'persons.updated',
  'persons.added',
  'groups.removed',
  'groups.updated',
  'courses.archived',
  'memberships.removed',
  'memberships.updated',
] as const satisfies readonly LimitName[]
export type AnnouncedLimit = (typeof ANNOUNCED_LIMITS)[number]

/** Of these, what is counted by school. */
export const ANNOUNCED_AT_SCHOOLS = [
  'persons.removed',
  'persons.added',
  'groups.removed',
  'courses.archived',
  'memberships.removed',
] as const satisfies readonly AnnouncedLimit[]

/** How far ahead a change may be announced. */
export const ANNOUNCED_AHEAD_MAX_DAYS = 7

/** A change made known beforehand: at most so many, at these schools or in the whole delivery. */
export interface Announcement {
  readonly id: number
  readonly schools: readonly number[] | null
  readonly ceilings: { readonly [limit in AnnouncedLimit]?: number }
}

/** What is left to be judged of a count. */
interface Rest {
  readonly rest: number
  /** What was announced at most, where there is more. */
  readonly ceiling?: number
}

/** One ceiling of an announcement against what a plan does. */
interface Counted {
  readonly announcement: Announcement
  readonly limit: AnnouncedLimit
  readonly ceiling: number
  readonly count: number
  mattered: boolean
}

/**
 * Announced changes against a plan: what stays under a ceiling is not judged, what is above one is judged as if
 * nothing had been announced. Remembers which of them made a difference.
 */
export class Announced {
  readonly #counted: readonly Counted[]

  constructor(announcements: readonly Announcement[], tallies: Tallies) {
    this.#counted = announcements.flatMap((announcement) =>
      Object.entries(announcement.ceilings).map(([name, ceiling]) => {
        const limit = name as AnnouncedLimit
        const count = countOf(announcement, limit, tallies)
        return { announcement, limit, ceiling, count, mattered: false }
      }),
    )
  }

  /** What is left of a count that is above its limit. */
  rest(limit: LimitName, count: number, school?: number): Rest {
    const about = this.#about(limit, school)
    const exceeded = about.find((each) => each.count > each.ceiling)
    let rest = count
    for (const each of about) {
      each.mattered = true
      if (each.count > each.ceiling) continue
      const isAll = each.announcement.schools === null || school !== undefined
      rest = isAll ? 0 : Math.max(0, rest - each.count)
    }
    return exceeded === undefined ? { rest } : { rest, ceiling: exceeded.ceiling }
  }

  /**
   * The same for a part of the records, such as students: which of those announced for a school are among them is not
   * known, so no more is taken off than leaves all that is left of the whole.
   */
  restOfPart(limit: LimitName, count: number, whole: number): Rest {
    const { rest, ...exceeded } = this.rest(limit, whole)
    return { rest: rest === whole ? count : Math.min(count, rest), ...exceeded }
  }

  /** Whether a school may lose all that it has of a kind: only where it is named. */
  mayEmpty(what: string, { school, groups, coursesArchived = 0 }: SchoolTally): boolean {
    const parts: readonly (readonly [AnnouncedLimit, number])[] =
      what === 'persons'
        ? [['persons.removed', 1]]
        : what === 'memberships'
          ? [['memberships.removed', 1]]
          : [
              ['groups.removed', groups.removed - coursesArchived],
              ['courses.archived', coursesArchived],
            ]
    const needed = parts.filter(([, count]) => count > 0)
    const covering = needed.map(([limit]) =>
      this.#about(limit, school).find(
        ({ announcement, count, ceiling }) => announcement.schools !== null && count <= ceiling,
      ),
    )
    for (const each of covering) if (each !== undefined) each.mattered = true
    return covering.length > 0 && covering.every((each) => each !== undefined)
  }

  /** What was let through, and what was more than announced. */
  findings(): Finding[] {
    return this.#counted
      .filter(({ mattered }) => mattered)
      .map(({ announcement, limit, ceiling, count }) => ({
        code: 'ANNOUNCED',
        holds: false,
        what: limit.split('.')[0] as string,
        ...(announcement.schools?.[0] === undefined ? {} : { school: announcement.schools[0] }),
        count,
        ceiling,
        limit,
        announcement: announcement.id,
      }))
  }

  #about(limit: LimitName, school: number | undefined): Counted[] {
    const base = limit.replace(/\.(school|week)$/, '')
    return this.#counted.filter(
      ({ announcement: { schools }, limit: announced }) =>
        announced === base &&
        (school === undefined || schools === null || schools.includes(school)),
    )
  }
}

function countOf({ schools }: Announcement, limit: AnnouncedLimit, tallies: Tallies): number {
  if (schools === null) return WHOLE_COUNT[limit](tallies)
  return tallies.schools
    .filter(({ school }) => schools.includes(school))
    .reduce((sum, school) => sum + schoolCount(limit, school), 0)
}

const WHOLE_COUNT: { readonly [limit in AnnouncedLimit]: (tallies: Tallies) => number } = {
  'persons.removed': ({ person }) => person.removed,
  'persons.added': ({ person }) => person.added,
  'persons.updated': ({ person }) => person.updated - person.updatedInExtension,
  'groups.removed': ({ group, course, coursesUnmade = 0 }) =>
    group.removed - (course.removed - coursesUnmade),
  'groups.updated': ({ group }) => group.updated - group.updatedInExtension,
  'courses.archived': ({ course }) => course.removed,
  'memberships.removed': ({ membership }) => membership.removed,
  'memberships.updated': ({ membership }) => membership.updated - membership.updatedInExtension,
}

function schoolCount(
  limit: AnnouncedLimit,
  { persons, groups, memberships, coursesArchived = 0 }: SchoolTally,
): number {
  if (limit === 'persons.removed') return persons.removed
  if (limit === 'persons.added') return persons.added
  if (limit === 'groups.removed') return groups.removed - coursesArchived
  if (limit === 'courses.archived') return coursesArchived
  return memberships.removed
}

/** Announcements that a verdict's findings say were kept to. */
export function announcementsKept(findings: readonly Finding[]): number[] {
  const kept = findings.flatMap(({ code, announcement, count = 0, ceiling = 0 }) =>
    code === 'ANNOUNCED' && announcement !== undefined && count <= ceiling ? [announcement] : [],
  )
  return [...new Set(kept)]
}
