import type { RecordKind } from '../roster/record.ts'
import { RECORD_KINDS } from '../roster/record.ts'
import { Announced, type Announcement } from './announced.ts'
import { type Finding, type FindingCode, permilleOf, type Verdict } from './findings.ts'
import { churnFindings, type KeyChurn } from './key-churn.ts'
import { limitOf, type LimitName, type LimitSettings } from './limits.ts'
import { after, type SchoolTally, type Tallies, type Tally } from './tally.ts'
import { drainFindings, type Week } from './week.ts'

export { FINDING_CODES, type Finding, type FindingCode, type Verdict } from './findings.ts'

/** What is known about a delivery as a whole. */
export interface WholeDelivery {
  /** The source has had no delivery yet. Nothing of it is here to be counted against; whether it holds was decided. */
  readonly firstDelivery?: 'passes' | 'holds'
  /** The source's next delivery is to be reviewed, whatever it says. */
  readonly review?: boolean
  /** Kinds that a full delivery should carry, had records of, and does not hold. */
  readonly missingKinds: readonly RecordKind[]
  /** Kinds whose removals were left out, because a record had no readable key. */
  readonly removalsLeftOut: readonly RecordKind[]
  readonly parentRelation?: { readonly before: string; readonly now: string }
  readonly encoding?: { readonly before: string; readonly now: string }
  /** Changes that were made before and undone: how many, and the run that made them. */
  readonly repeats?: { readonly count: number; readonly run: number }
  /** Suspected new keys. */
  readonly keyChurn?: KeyChurn
  /** What the plan comes to without the pairs that are sure enough, where there are so many that it is held for them. */
  readonly withoutPairs?: Tallies
  /** What earlier runs removed, where this plan removes something. */
  readonly week?: Week
  /** Groups that are known by a school year from now on, or no longer. */
  readonly yearsLearned: number
}

/**
 * Judges a whole plan before any of it is applied. Same tallies, same verdict. A plan that is held for suspected new
 * keys is judged without them for the rest: what they explain is one finding.
 */
export function judge(
  gross: Tallies,
  whole: WholeDelivery,
  settings: LimitSettings,
  announcements: readonly Announcement[] = [],
): Verdict {
  const findings: Finding[] = [...wholeFindings(whole)]
  if (whole.keyChurn) findings.push(...churnFindings(whole.keyChurn, gross))
  if (whole.yearsLearned > 0) findings.push(yearsFinding(whole.yearsLearned, gross.group))
  if (whole.firstDelivery === undefined) {
    const tallies = whole.withoutPairs ?? gross
    const announced = new Announced(announcements, tallies)
    const check = checker(settings, findings, announced)
    check('TOO_MANY_REMOVED', 'persons', 'persons.removed', tallies.person.removed, tallies.person)
    for (const [profile, what] of JUDGED_PROFILES) {
      const tally = tallies.profiles[profile]
      if (!tally) continue
      const part = { whole: tallies.person.removed }
      check('TOO_MANY_REMOVED', what, 'persons.removed', tally.removed, tally, part)
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
    findings.push(...emptied(tallies, announced))
    if (whole.week) {
      findings.push(...drainFindings(whole.week, tallies, announced, settings, findings))
    }
    findings.push(...announced.findings())
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
  of?: { readonly school?: number; readonly whole?: number },
) => void

function checker(settings: LimitSettings, findings: Finding[], announced: Announced): Check {
  return (code, what, limit, gross, { before }, of = {}) => {
    const { percent, floor } = limitOf(limit, settings)
    const isOver = (n: number): boolean => n > floor && n * 100 > percent * before
    if (!isOver(gross)) return
    const { rest: count, ceiling } =
      of.whole === undefined
        ? announced.rest(limit, gross, of.school)
        : announced.restOfPart(limit, gross, of.whole)
    if (!isOver(count)) return
    findings.push({
      code,
      holds: true,
      what,
      ...(of.school === undefined ? {} : { school: of.school }),
      count,
      of: before,
      ...permilleOf(count, before),
      limit,
      limitPercent: percent,
      floor,
      ...(count === gross ? {} : { announced: gross - count }),
      ...(ceiling === undefined ? {} : { ceiling }),
    })
  }
}

function schoolChecks({ school, persons, memberships }: SchoolTally, check: Check): void {
  const at = { school }
  check('TOO_MANY_REMOVED', 'persons', 'persons.removed.school', persons.removed, persons, at)
  check('TOO_MANY_ADDED', 'persons', 'persons.added.school', persons.added, persons, at)
  const { removed } = memberships
  check('TOO_MANY_REMOVED', 'memberships', 'memberships.removed.school', removed, memberships, at)
}

/** A kind, a school or a kind at a school that had records and would have none. */
function emptied(tallies: Tallies, announced: Announced): Finding[] {
  const findings: Finding[] = []
  for (const kind of RECORD_KINDS) {
    const tally = tallies[kind]
    if (isEmptied(tally)) findings.push(emptiedFinding('KIND_EMPTIED', `${kind}s`, tally))
  }
  for (const each of tallies.schools) {
    const { school, persons, groups, memberships } = each
    if (school === 0) continue
    const kinds = [
      ['persons', persons],
      ['groups', groups],
      ['memberships', memberships],
    ] as const
    for (const [what, tally] of kinds) {
      if (isEmptied(tally) && !announced.mayEmpty(what, each)) {
        findings.push({ ...emptiedFinding('SCHOOL_EMPTIED', what, tally), school })
      }
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

/** Whatever the limits: what a group is known by is to be looked at by somebody. */
function yearsFinding(count: number, { before }: Tally): Finding {
  const permille = before === 0 ? {} : { permille: Math.round((count * 1000) / before) }
  return { code: 'YEARS_CHANGED', holds: true, what: 'groups', count, of: before, ...permille }
}

function wholeFindings(whole: WholeDelivery): Finding[] {
  const findings: Finding[] = whole.missingKinds.map((kind) => ({
    code: 'KIND_MISSING',
    holds: true,
    what: `${kind}s`,
  }))
  if (whole.firstDelivery === 'holds' || whole.review === true) {
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
