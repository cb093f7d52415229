import type { Finding } from '../change/judge.ts'
import { timeText } from './time.ts'

/** Names of schools by roster id, as a report carries them. */
export type SchoolNames = { readonly [school: string]: string }

/** A finding as sentences: what, where, how many of how many, percent, limit; then what to do about it. */
export function findingSentences(
  finding: Finding,
  schools: SchoolNames,
): { says: string; todo: string } {
  return { says: says(finding, schools), todo: ADVICE[finding.code] }
}

function says(finding: Finding, schools: SchoolNames): string {
  return SAYS[finding.code](finding, whereOf(finding, schools))
}

type Saying = (finding: Finding, where: string) => string

const SAYS: { readonly [code in Finding['code']]: Saying } = {
  TOO_MANY_REMOVED: (finding, where) => share(finding, 'removed', where),
  TOO_MANY_UPDATED: (finding, where) => share(finding, 'updated', where),
  TOO_MANY_ARCHIVED: (finding, where) => share(finding, 'archived', where),
  TOO_MANY_ADDED: (finding, where) =>
    `${finding.count} ${finding.what} would be added${where} to the ${finding.of} there are${percentOf(finding)}; ${limitOf(finding)}${announcedOf(finding)}`,
  KIND_EMPTIED: (finding) =>
    `All ${finding.of} ${finding.what} would be removed; none would be left.`,
  SCHOOL_EMPTIED: (finding, where) =>
    `All ${finding.of} ${finding.what}${where} would be removed; none would be left there.`,
  KIND_MISSING: ({ what }) =>
    `The delivery is full, yet it holds no ${what}, and the roster has some.`,
  PARENT_RELATION_CHANGED: ({ found, expected }) =>
    `Relation ${found} names the parent in this delivery; so far it was relation ${expected}.`,
  ENCODING_CHANGED: ({ found, expected }) =>
    `The file is ${found}; so far this source sent ${expected}.`,
  FIRST_DELIVERY: () =>
    'This is the first delivery that would be applied: it waits for a review, whatever it says.',
  KEY_CHURN: (finding) =>
    `${finding.count} of ${finding.of} ${finding.what} that are no longer sent are probably sent under new keys${percentOf(finding)}; the limit is ${finding.floor}, or ${finding.limitPercent} %.${pairsOf(finding)}`,
  SLOW_DRAIN: (finding) =>
    `${finding.count} of ${finding.of} ${finding.what} would be gone since ${timeText(finding.since ?? '')}${percentOf(finding)}, ${finding.earlier} of them already; ${limitOf(finding)}`,
  ANNOUNCED: (finding, where) => announcementSays(finding, where),
  YEARS_CHANGED: ({ count, of: before, what }) =>
    `${count} of ${before} ${what} would be known by another school year, or by none, without anything new being sent of them.`,
  REMOVALS_LEFT_OUT: ({ what }) =>
    `A record has no readable key, so that nobody can tell which ${what} are missing: none is removed this time.`,
  REPEATS_UNDONE: ({ count, found }) =>
    `${count} changes are among those that ${found} made and that were undone.`,
}

const ADVICE: { readonly [code in Finding['code']]: string } = {
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
  FIRST_DELIVERY:
    'Look at what it would do, and whether this is the right source and site, before it is released.',
  ENCODING_CHANGED: 'Look at names with å, ä, ö, ø, æ or é in the changes before this goes on.',
  KEY_CHURN:
    'Ask the sender whether it gave new keys. If it did, release the plan as rekey: nobody loses anything then.',
  SLOW_DRAIN:
    'Each night was below the limit of a night. Ask the sender whether they all really left.',
  ANNOUNCED: 'An announcement counts for one run.',
  YEARS_CHANGED:
    'Right after the rules about years have changed; look at some of the changes. No course ends by it.',
  REMOVALS_LEFT_OUT: 'Have the record repaired; the removals follow with the next delivery.',
  REPEATS_UNDONE:
    'The source still says so. Have it corrected there; or release the plan, if it is right after all.',
}

function share(finding: Finding, done: string, where: string): string {
  const { what, count, of: before } = finding
  return `${count} of ${before} ${what}${where} would be ${done}${percentOf(finding)}; ${limitOf(finding)}${announcedOf(finding)}`
}

/** What an announcement has to do with a count that holds all the same. */
function announcedOf({ announced, ceiling }: Finding): string {
  const beside = announced === undefined ? '' : ` ${announced} more were announced.`
  return ceiling === undefined ? beside : `${beside} At most ${ceiling} were announced.`
}

function pairsOf({ proposed = 0, leftOut = 0, ambiguous = 0 }: Finding): string {
  const sure = ` ${proposed} are sure enough to be released as rekey`
  const left = leftOut === 0 ? '' : `, ${leftOut} share a national number and are left out`
  const open = ambiguous === 0 ? '' : `; ${ambiguous} more could be one of several`
  return `${sure}${left}${open}.`
}

const ANNOUNCED_AS: { readonly [part: string]: string } = {
  removed: 'removed',
  added: 'added',
  updated: 'updated',
  archived: 'archived',
}

function announcementSays(finding: Finding, where: string): string {
  const { count = 0, ceiling = 0, what, limit = '', announcement } = finding
  const done = ANNOUNCED_AS[limit.split('.')[1] ?? ''] ?? 'changed'
  const said = `announcement ${announcement} says at most ${ceiling}`
  return count <= ceiling
    ? `${count} ${what}${where} are ${done} as announced: ${said}.`
    : `${count} ${what}${where} would be ${done}, more than announced: ${said}. They are judged as always.`
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
