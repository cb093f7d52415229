import type { RecordKind } from '../roster/record.ts'
import { RECORD_KINDS } from '../roster/record.ts'
import { limitOf, type LimitName, type LimitSettings } from './limits.ts'
import { after, type SchoolTally, type Tallies, type Tally } from './tally.ts'

/** Why a plan is held, or what else deserves a look. Each code is explained in docs/safety-filter.md. */
export const FINDING_CODES = [
  'TOO_MANY_REMOVED',
  'TOO_MANY_UPDATED',
  'TOO_MANY_ADDED',
  'TOO_MANY_ARCHIVED',
  'KIND_EMPTIED',
  'SCHOOL_EMPTIED',
  'KIND_MISSING',
  'PARENT_RELATION_CHANGED',
  'ENCODING_CHANGED',
  'FIRST_DELIVERY',
  'REMOVALS_LEFT_OUT',
  'REPEATS_UNDONE',
] as const
export type FindingCode = (typeof FINDING_CODES)[number]

export interface Finding {
  readonly code: FindingCode
  readonly holds: boolean
  /** What is counted: `persons`, `students`, `groups`, `courses`, `memberships`, or a record kind. */
  readonly what: string
  /** Roster id of the school, 0 for persons without one; absent where the whole delivery is meant. */
  readonly school?: number
  readonly count?: number
  readonly of?: number
  /** count of of, in tenths of a percent. */
  readonly permille?: number
  readonly limit?: LimitName
  readonly limitPercent?: number
  readonly floor?: number
  readonly found?: string
  readonly expected?: string
}

export interface Verdict {
  readonly decision: 'pass' | 'hold'
  readonly findings: readonly Finding[]
}

/** What is known about a delivery as a whole. */
export interface WholeDelivery {
  /** On an empty site the first delivery passes; there is nothing that it could harm. */
  readonly firstOnEmptySite: boolean
  /** Nothing of the source was ever accepted, or its next delivery is to be reviewed: held whatever it says. */
  readonly firstDelivery?: 'holds'
  /** Kinds that a full delivery should carry, had records of, and does not hold. */
  readonly missingKinds: readonly RecordKind[]
  /** Kinds whose removals were left out, because a record had no readable key. */
  readonly removalsLeftOut: readonly RecordKind[]
  readonly parentRelation?: { readonly before: string; readonly now: string }
  readonly encoding?: { readonly before: string; readonly now: string }
  /** Changes that were made before and undone: how many, and the run that made them. */
  readonly repeats?: { readonly count: number; readonly run: number }
}

/** Judges a whole plan before any of it is applied. Same tallies, same verdict. */
export function judge(tallies: Tallies, whole: WholeDelivery, settings: LimitSettings): Verdict {
  const findings: Finding[] = [...wholeFindings(whole)]
  if (!whole.firstOnEmptySite) {
    const check = checker(settings, findings)
    check('TOO_MANY_REMOVED', 'persons', 'persons.removed', tallies.person.removed, tallies.person)
    for (const [profile, what] of JUDGED_PROFILES) {
      const tally = tallies.profiles[profile]
      if (tally) check('TOO_MANY_REMOVED', what, 'persons.removed', tally.removed, tally)
    }
    check('TOO_MANY_UPDATED', 'persons', 'persons.updated', judged(tallies.person), tallies.person)
    check('TOO_MANY_ADDED', 'persons', 'persons.added', tallies.person.added, tallies.person)
    // Courses that leave are a kind of their own: archived courses.
    const plain = withoutCourses(tallies)
    check('TOO_MANY_REMOVED', 'groups', 'groups.removed', plain.removed, plain)
    check('TOO_MANY_UPDATED', 'groups', 'groups.updated', judged(tallies.group), tallies.group)
    check(
      'TOO_MANY_ARCHIVED',
      'courses',
      'courses.archived',
      tallies.course.removed,
      tallies.course,
    )
    const members = tallies.membership
    check('TOO_MANY_REMOVED', 'memberships', 'memberships.removed', members.removed, members)
    check('TOO_MANY_UPDATED', 'memberships', 'memberships.updated', judged(members), members)
    for (const school of tallies.schools) schoolChecks(school, check)
    findings.push(...emptied(tallies))
  }
  return { decision: findings.some(({ holds }) => holds) ? 'hold' : 'pass', findings }
}

const JUDGED_PROFILES = [
  ['student', 'students'],
  ['staff', 'staff'],
  ['guardian', 'guardians'],
] as const

function withoutCourses({ group, course, coursesUnmade = 0 }: Tallies): Tally {
  return {
    ...group,
    before: group.before - course.before,
    removed: group.removed - (course.removed - coursesUnmade),
  }
}

function judged(tally: Tally): number {
  return tally.updated - tally.updatedInExtension
}

type Check = (
  code: FindingCode,
  what: string,
  limit: LimitName,
  count: number,
  tally: Tally,
  school?: number,
) => void

function checker(settings: LimitSettings, findings: Finding[]): Check {
  return (code, what, limit, count, { before }, school) => {
    const { percent, floor } = limitOf(limit, settings)
    if (count <= floor || count * 100 <= percent * before) return
    findings.push({
      code,
      holds: true,
      what,
      ...(school === undefined ? {} : { school }),
      count,
      of: before,
      ...(before === 0 ? {} : { permille: Math.round((count * 1000) / before) }),
      limit,
      limitPercent: percent,
      floor,
    })
  }
}

function schoolChecks({ school, persons, memberships }: SchoolTally, check: Check): void {
  check('TOO_MANY_REMOVED', 'persons', 'persons.removed.school', persons.removed, persons, school)
  check('TOO_MANY_ADDED', 'persons', 'persons.added.school', persons.added, persons, school)
  const { removed } = memberships
  check(
    'TOO_MANY_REMOVED',
    'memberships',
    'memberships.removed.school',
    removed,
    memberships,
    school,
  )
}

/** A kind, a school or a kind at a school that had records and would have none. */
function emptied(tallies: Tallies): Finding[] {
  const findings: Finding[] = []
  for (const kind of RECORD_KINDS) {
    const tally = tallies[kind]
    if (isEmptied(tally)) findings.push(emptiedFinding('KIND_EMPTIED', `${kind}s`, tally))
  }
  for (const { school, persons, groups, memberships } of tallies.schools) {
    if (school === 0) continue
    const kinds = [
      ['persons', persons],
      ['groups', groups],
      ['memberships', memberships],
    ] as const
    for (const [what, tally] of kinds) {
      if (isEmptied(tally))
        findings.push({ ...emptiedFinding('SCHOOL_EMPTIED', what, tally), school })
    }
  }
  return findings
}

function isEmptied(tally: Tally): boolean {
  return tally.before > 0 && after(tally) <= 0
}

function emptiedFinding(code: FindingCode, what: string, { before }: Tally): Finding {
  return { code, holds: true, what, count: before, of: before, permille: 1000 }
}

function wholeFindings(whole: WholeDelivery): Finding[] {
  const findings: Finding[] = whole.missingKinds.map((kind) => ({
    code: 'KIND_MISSING',
    holds: true,
    what: `${kind}s`,
  }))
  if (whole.firstDelivery === 'holds') {
    findings.push({ code: 'FIRST_DELIVERY', holds: true, what: 'delivery' })
  }
  for (const kind of whole.removalsLeftOut) {
    findings.push({ code: 'REMOVALS_LEFT_OUT', holds: false, what: `${kind}s` })
  }
  if (whole.parentRelation) {
    const { before, now } = whole.parentRelation
    findings.push({
      code: 'PARENT_RELATION_CHANGED',
      holds: true,
      what: 'groups',
      found: now,
      expected: before,
    })
  }
  if (whole.encoding) {
    const { before, now } = whole.encoding
    findings.push({
      code: 'ENCODING_CHANGED',
      holds: true,
      what: 'file',
      found: now,
      expected: before,
    })
  }
  if (whole.repeats) {
    const { count, run } = whole.repeats
    findings.push({
      code: 'REPEATS_UNDONE',
      holds: true,
      what: 'changes',
      count,
      found: `run ${run}`,
    })
  }
  return findings
}
