import type { DemoClass, DemoCourse, DemoNight } from './night.ts'
import { personKey, schoolOfEmployee, staffAt, teacherAt } from './people.ts'
import { kindOf } from './people.ts'
import { hash32, pick } from './random.ts'
import { gradeOfClass, yearsAt } from './shape.ts'
import { SCHOOL_WORDS, SUBJECTS } from './words.ts'

export type DemoGroupKind = 'municipality' | 'school' | 'year' | 'class' | 'mentorGroup' | 'course'

export interface DemoMember {
  readonly key: string
  readonly roleType: '01' | '02' | '04' | '05' | '06' | '07' | '08'
}

export interface DemoGroup {
  readonly key: string
  readonly parent: string
  readonly kind: DemoGroupKind
  readonly parentKind: DemoGroupKind
  readonly short: string
  readonly long: string
  readonly course: { readonly title: string; readonly code: string } | undefined
  /** Undefined where the group has no member list at all. */
  readonly members: readonly DemoMember[] | undefined
}

const ROOT = 'kommune'

/** The groups of a night in file order: each after its parent. */
export function* groupsOf(night: DemoNight): Generator<DemoGroup, void, undefined> {
  const { shape, options } = night
  yield {
    key: ROOT,
    parent: ROOT,
    kind: 'municipality',
    parentKind: 'municipality',
    short: 'Eksempel kommune',
    long: 'Eksempel kommune, skoleeier',
    course: undefined,
    members: undefined,
  }
  for (let school = 0; school < shape.schools; school++) {
    if (isMissing(night, school)) continue
    yield schoolGroup(night, school)
    for (let year = 0; year < yearsAt(shape, school); year++) yield yearGroup(school, 10 - year)
    for (let c = shape.firstClassOf[school] ?? 0; c < (shape.firstClassOf[school + 1] ?? 0); c++) {
      const demoClass = night.classes[c]
      if (demoClass === undefined) continue
      yield* classGroups(night, demoClass, c, school, options.schoolYear)
    }
  }
}

/** Numbers of the persons of a night in file order. */
export function* personsOf(night: DemoNight): Generator<number, void, undefined> {
  const missing = missingPersons(night)
  for (let id = 1; id <= night.lastPerson; id++) {
    if (!night.gone.has(id) && !missing(id)) yield id
  }
}

function isMissing(night: DemoNight, school: number): boolean {
  return night.options.withoutSchool === school + 1
}

function missingPersons(night: DemoNight): (id: number) => boolean {
  const { withoutSchool } = night.options
  if (withoutSchool === undefined) return () => false
  const school = withoutSchool - 1
  const [from = 0, to = 0] = night.shape.firstClassOf.slice(school, school + 2)
  const pupils = new Set(night.classes.slice(from, to).flatMap((c) => c.pupils))
  return (id) => {
    const kind = kindOf(night.shape, id)
    if (kind === 'guardian') return false
    return kind === 'pupil' ? pupils.has(id) : schoolOfEmployee(night.shape, id) === school
  }
}

function schoolKey(school: number): string {
  return `s${String(school + 1).padStart(3, '0')}`
}

function schoolGroup(night: DemoNight, school: number): DemoGroup {
  const name = `${pick(SCHOOL_WORDS, school)} skole`
  const short =
    night.shape.schools > SCHOOL_WORDS.length
      ? `${name} ${1 + Math.floor(school / SCHOOL_WORDS.length)}`
      : name
  return {
    key: schoolKey(school),
    parent: ROOT,
    kind: 'school',
    parentKind: 'municipality',
    short,
    long: `${short}, Eksempel kommune`,
    course: undefined,
    members: staffAt(night.shape, school).map((id, i) => ({
      key: personKey(id),
      roleType: i === 0 ? '05' : i === 1 ? '07' : '04',
    })),
  }
}

function yearGroup(school: number, grade: number): DemoGroup {
  return {
    key: `${schoolKey(school)}-t${String(grade).padStart(2, '0')}`,
    parent: schoolKey(school),
    kind: 'year',
    parentKind: 'school',
    short: `${grade}. trinn`,
    long: `${grade}. trinn`,
    course: undefined,
    members: undefined,
  }
}

function* classGroups(
  night: DemoNight,
  demoClass: DemoClass,
  c: number,
  school: number,
  schoolYear: number,
): Generator<DemoGroup, void, undefined> {
  const { grade, row } = gradeOfClass(night.shape, c)
  const name = `${grade}${lettersOf(row)}`
  const key = `${schoolKey(school)}-${name.toLowerCase()}`
  const year = `${grade}`.padStart(2, '0')
  const common = { parentKind: 'school', course: undefined } as const
  const pupils = demoClass.pupils.map((id): DemoMember => ({ key: personKey(id), roleType: '01' }))
  const teacher = personKey(teacherAt(night.shape, school, c))
  const dangling = strangers(night, c)
  yield {
    ...common,
    key,
    parent: `${schoolKey(school)}-t${year}`,
    parentKind: 'year',
    kind: 'class',
    short: `Klasse ${name}`,
    long: `Klasse ${name} ${schoolYear}/${schoolYear + 1}`,
    members: [{ key: teacher, roleType: '02' }, ...pupils, ...dangling],
  }
  yield {
    ...common,
    key: `${key}-k`,
    parent: schoolKey(school),
    kind: 'mentorGroup',
    short: `Kontaktlærergruppe ${name}`,
    long: `Kontaktlærergruppe ${name} ${schoolYear}/${schoolYear + 1}`,
    members: [{ key: teacher, roleType: '06' }, ...pupils],
  }
  for (const course of demoClass.courses) {
    yield courseGroup(night, course, { key, name, c, school, pupils })
  }
}

function courseGroup(
  night: DemoNight,
  course: DemoCourse,
  of: { key: string; name: string; c: number; school: number; pupils: readonly DemoMember[] },
): DemoGroup {
  const { schoolYear } = night.options
  const [code, subject] = pick(SUBJECTS, course.ordinal)
  const round = Math.floor(course.ordinal / SUBJECTS.length)
  const short = `${subject} ${of.name}${round === 0 ? '' : ` (${round + 1})`}`
  const suffix = `${schoolYear % 100}${(schoolYear + 1) % 100}`
  const firstTeacher = hash32(of.c, course.ordinal)
  const teachers = Array.from({ length: 1 + course.extraTeachers }, (_, i): DemoMember => {
    const id = teacherAt(night.shape, of.school, (firstTeacher % 10_000) + i)
    return { key: personKey(id), roleType: i < 2 ? '02' : '08' }
  })
  const renamed = course.revision === 0 ? '' : `, ny plan ${course.revision}`
  return {
    key: `${of.key}-${code.toLowerCase()}${round === 0 ? '' : round + 1}-${suffix}`,
    parent: schoolKey(of.school),
    kind: 'course',
    parentKind: 'school',
    short: short + renamed,
    long: `${short}${renamed} ${schoolYear}/${schoolYear + 1}`,
    course: { title: short + renamed, code: `${code}-${of.name}` },
    members: [...teachers, ...of.pupils],
  }
}

/** Members who are not in the file, dealt to the lists of the classes. */
function strangers(night: DemoNight, c: number): readonly DemoMember[] {
  const { classes } = night.shape
  const { dangling } = night.options
  const count = Math.floor(dangling / classes) + (c < dangling % classes ? 1 : 0)
  return Array.from({ length: count }, (_, i) => ({
    key: `x-${String(i * classes + c + 1).padStart(6, '0')}`,
    roleType: '01' as const,
  }))
}

/** A, B, … Z, AA, AB, … */
function lettersOf(row: number): string {
  const last = String.fromCharCode(65 + (row % 26))
  return row < 26 ? last : lettersOf(Math.floor(row / 26) - 1) + last
}

/** How many of each kind a night's delivery holds. */
export interface DemoCounts {
  readonly persons: number
  readonly groups: number
  readonly lists: number
  readonly members: number
}

export function countNight(night: DemoNight): DemoCounts {
  let persons = 0
  for (const _ of personsOf(night)) persons++
  const counts = { persons, groups: 0, lists: 0, members: 0 }
  for (const group of groupsOf(night)) {
    counts.groups++
    if (group.members === undefined || group.members.length === 0) continue
    counts.lists++
    counts.members += group.members.length
  }
  return counts
}
