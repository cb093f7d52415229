import type { Finding } from '../change/judge.ts'

/** Names of schools by roster id, as a report carries them. */
export type SchoolNames = { readonly [school: string]: string }

/** A finding as sentences: what, where, how many of how many, percent, limit; then what to do about it. */
export function findingSentences(
  finding: Finding,
  schools: SchoolNames,
): { says: string; todo: string } {
  return { says: says(finding, schools), todo: TODO[finding.code] }
}

/** Findings as lines, those that hold first. */
export function findingLines(findings: readonly Finding[], schools: SchoolNames): string[] {
  const ordered = findings.toSorted((a, b) => Number(b.holds) - Number(a.holds))
  return ordered.flatMap((finding) => {
    const { says, todo } = findingSentences(finding, schools)
    return [`  ${finding.holds ? 'holds' : 'note '}  ${says}`, `         ${todo} (${finding.code})`]
  })
}

function says(finding: Finding, schools: SchoolNames): string {
  const { code, what, count, of: before } = finding
  const where = whereOf(finding, schools)
  switch (code) {
    case 'TOO_MANY_REMOVED':
      return share(finding, 'removed', where)
    case 'TOO_MANY_UPDATED':
      return share(finding, 'updated', where)
    case 'TOO_MANY_ADDED':
      return `${count} ${what} would be added${where} to the ${before} there are${percentOf(finding)}; ${limitOf(finding)}`
    case 'TOO_MANY_ARCHIVED':
      return share(finding, 'archived', where)
    case 'KIND_EMPTIED':
      return `All ${before} ${what} would be removed; none would be left.`
    case 'SCHOOL_EMPTIED':
      return `All ${before} ${what}${where} would be removed; none would be left there.`
    case 'KIND_MISSING':
      return `The delivery is full, yet it holds no ${what}, and the roster has some.`
    case 'PARENT_RELATION_CHANGED':
      return `Relation ${finding.found} names the parent in this delivery; so far it was relation ${finding.expected}.`
    case 'ENCODING_CHANGED':
      return `The file is ${finding.found}; so far this source sent ${finding.expected}.`
    case 'REMOVALS_LEFT_OUT':
      return `A record has no readable key, so that nobody can tell which ${what} are missing: none is removed this time.`
  }
}

const TODO: { readonly [code in Finding['code']]: string } = {
  TOO_MANY_REMOVED:
    'Ask the sender whether they really left, or whether part of the export is missing.',
  TOO_MANY_UPDATED:
    'Look at some of the changes: a new export or a new rule often changes a field of everybody.',
  TOO_MANY_ADDED: 'Ask the sender whether they are new, or known ones with new keys.',
  TOO_MANY_ARCHIVED: 'Ask the sender whether these courses have ended.',
  KIND_EMPTIED: 'The export has probably failed. Ask the sender for a whole one.',
  SCHOOL_EMPTIED: 'Ask the sender whether the school is closed, or missing from the export.',
  KIND_MISSING:
    'Ask for a whole export; if this source never sends them, say so in its rules (carries).',
  PARENT_RELATION_CHANGED:
    'Ask the sender; if one of the two is right for good, say so in the rules (parentRelation).',
  ENCODING_CHANGED: 'Look at names with å, ä, ö, ø, æ or é in the changes before this goes on.',
  REMOVALS_LEFT_OUT: 'Have the record repaired; the removals follow with the next delivery.',
}

function share(finding: Finding, done: string, where: string): string {
  const { what, count, of: before } = finding
  return `${count} of ${before} ${what}${where} would be ${done}${percentOf(finding)}; ${limitOf(finding)}`
}

function percentOf({ permille }: Finding): string {
  return permille === undefined ? '' : ` (${(permille / 10).toFixed(1)} %)`
}

function limitOf({ limit, limitPercent, floor }: Finding): string {
  return `the limit is ${limitPercent} %, or ${floor} in all (${limit}).`
}

function whereOf({ school }: Finding, schools: SchoolNames): string {
  if (school === undefined) return ''
  if (school === 0) return ' without a school'
  return ` at ${schools[String(school)] ?? `school ${school}`}`
}
