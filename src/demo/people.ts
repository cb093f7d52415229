import { tenorNumber } from '../numbers/test-number.ts'
import type { ResolvedDemoOptions } from './options.ts'
import { hash32, pick } from './random.ts'
import { firstClassOfPupil, gradeOfClass } from './shape.ts'
import type { DemoShape } from './shape.ts'
import { FAMILY, GIVEN, STREETS } from './words.ts'

export type DemoPersonKind = 'pupil' | 'guardian' | 'teacher' | 'staff'

export interface DemoPerson {
  readonly key: string
  readonly kind: DemoPersonKind
  /** Empty where the record is meant to be unreadable. */
  readonly given: string
  readonly family: string
  readonly username: string
  readonly email: string
  readonly birthDate: string
  readonly mobile: string
  readonly phone: string
  readonly street: string
  readonly nationalNumber: string | undefined
  /** Keys of a pupil's guardians. */
  readonly guardians: readonly string[]
}

/** Permanent key of person number `id`. */
export function personKey(id: number): string {
  return `p-${String(id).padStart(6, '0')}`
}

export function kindOf(shape: DemoShape, id: number): DemoPersonKind {
  if (id <= shape.pupils) return 'pupil'
  if (id <= shape.pupils + shape.guardians) return 'guardian'
  if (id <= shape.pupils + shape.guardians + shape.teachers) return 'teacher'
  return id <= originalPersons(shape) ? 'staff' : 'pupil'
}

export function originalPersons(shape: DemoShape): number {
  return shape.pupils + shape.guardians + shape.teachers + shape.staff
}

/** Teacher number `nth` of a school; teachers are dealt to the schools in turn and counted round. */
export function teacherAt(shape: DemoShape, school: number, nth: number): number {
  return nthAt(shape.teachers, shape.schools, school, nth) + shape.pupils + shape.guardians + 1
}

/** Numbers of the staff of a school. */
export function staffAt(shape: DemoShape, school: number): readonly number[] {
  const first = shape.pupils + shape.guardians + shape.teachers + 1
  const count = Math.ceil((shape.staff - school) / shape.schools)
  return Array.from({ length: Math.max(0, count) }, (_, i) => first + school + i * shape.schools)
}

export function schoolOfEmployee(shape: DemoShape, id: number): number {
  const first = shape.pupils + shape.guardians
  const nth = id - first - 1
  return (nth < shape.teachers ? nth : nth - shape.teachers) % shape.schools
}

function nthAt(total: number, schools: number, school: number, nth: number): number {
  const count = Math.ceil((total - school) / schools)
  return school + (nth % count) * schools
}

/**
 * The person with number `id` after `revisions` changes. Everything follows from seed and number,
 * so that a million persons take no memory. `grade` is given for pupils who came after night 0.
 */
export function personOf(
  options: ResolvedDemoOptions,
  shape: DemoShape,
  id: number,
  revisions: number,
  grade?: number,
): DemoPerson {
  const { seed } = options
  const kind = kindOf(shape, id)
  const family = familyOf(shape, id, kind, seed)
  const given = pick(GIVEN, hash32(seed, id, 1))
  const birthName =
    (family === undefined ? hash32(seed, id, 2) : hash32(seed, family, 3)) % FAMILY.length
  const born = pick(FAMILY, birthName)
  const counts = revisionCounts(seed, id, revisions)
  const username = `${plainLetters(given).slice(0, 3)}${plainLetters(born).slice(0, 3)}${id}`
  const birthDate = birthDateOf(options, shape, id, kind, grade)
  return {
    key: personKey(id),
    kind,
    given,
    // Steps, not draws: every revision must differ from the one before.
    family: pick(FAMILY, birthName + 17 * counts.family),
    username,
    email: `${username}@${kind === 'guardian' ? 'post.example' : 'eksempel.kommune.example'}`,
    birthDate,
    mobile: `+467017406${two(5 + (((hash32(seed, id, 5) % 95) + counts.mobile) % 95))}`,
    phone: `+46846500${400 + (hash32(seed, family ?? id, 6) % 100)}`,
    street: streetOf(seed, family ?? -id, counts.street),
    nationalNumber: options.nationalNumbers ? nationalNumberOf(id, birthDate) : undefined,
    guardians: kind === 'pupil' ? guardiansOf(shape, family) : [],
  }
}

/** A fifth of the pupils, grown up, have no family in the file. */
function familyOf(
  shape: DemoShape,
  id: number,
  kind: DemoPersonKind,
  seed: number,
): number | undefined {
  if (kind === 'guardian') return (id - shape.pupils - 1) % shape.families
  if (kind !== 'pupil' || id % 5 === 4) return undefined
  return id <= shape.pupils ? id % shape.families : hash32(seed, id, 7) % shape.families
}

function guardiansOf(shape: DemoShape, family: number | undefined): readonly string[] {
  if (family === undefined) return []
  const numbers = [family, family + shape.families].filter((n) => n < shape.guardians)
  return numbers.map((n) => personKey(shape.pupils + 1 + n))
}

function birthDateOf(
  options: ResolvedDemoOptions,
  shape: DemoShape,
  id: number,
  kind: DemoPersonKind,
  grade: number | undefined,
): string {
  const day = new Date(Date.UTC(2001, 0, 1 + (id % 365))).toISOString().slice(4, 10)
  if (kind !== 'pupil') return `${1955 + (hash32(options.seed, id, 8) % 40)}${day}`
  const known = grade ?? gradeOfClass(shape, firstClassOfPupil(shape, id - 1)).grade
  return `${options.schoolYear - 5 - known}${day}`
}

/** Day and serial together are different for each of the first 182,500 persons; the others have no number. */
function nationalNumberOf(id: number, birthDate: string): string | undefined {
  const serial = Math.floor(id / 365)
  if (serial >= 500) return undefined
  return tenorNumber(birthDate, birthDate < '2000' ? serial : 500 + serial)
}

/** How often each field has changed: each revision of a person changes one. */
function revisionCounts(
  seed: number,
  id: number,
  revisions: number,
): { family: number; mobile: number; street: number } {
  const counts = { family: 0, mobile: 0, street: 0 }
  for (let i = 1; i <= revisions; i++) {
    counts[pick(['family', 'mobile', 'street'] as const, hash32(seed, id, 9, i))]++
  }
  return counts
}

function streetOf(seed: number, household: number, move: number): string {
  const hash = hash32(seed, household, 10)
  return `${pick(STREETS, hash)} ${1 + (((hash >>> 8) + move) % 80)}`
}

const FOLDED: { readonly [letter: string]: string } = { æ: 'a', ø: 'o', å: 'a', ä: 'a', ö: 'o' }

function plainLetters(word: string): string {
  return word.toLowerCase().replace(/[æøåäö]/g, (letter) => FOLDED[letter] ?? '')
}

function two(n: number): string {
  return String(n).padStart(2, '0')
}
