import { RollcallError } from '../errors.ts'
import type { ResolvedDemoOptions } from './options.ts'

/**
 * How many of everything there are on night 0. Persons are numbered from 1: pupils, then guardians, teachers, staff.
 * Pupils who come later are numbered on from there.
 */
export interface DemoShape {
  readonly pupils: number
  readonly guardians: number
  readonly teachers: number
  readonly staff: number
  readonly families: number
  readonly schools: number
  readonly classes: number
  /** First class of each school; one more at the end. */
  readonly firstClassOf: readonly number[]
  readonly courses: number
  /** Teachers and assistants in course lists beside the first teacher, over all courses. */
  readonly extraTeachers: number
}

const YEARS = 10

/** Works out the shape. Throws ERR_USAGE where exact numbers of groups or members cannot be reached. */
export function shapeOf(options: ResolvedDemoOptions): DemoShape {
  const { persons, schools, personsPerClass, coursesPerClass } = options
  const teachers = Math.max(schools, Math.round(persons * 0.09))
  const staff = Math.max(1, Math.round(persons * 0.02))
  const guardians = Math.round(persons * 0.29)
  const pupils = persons - teachers - staff - guardians
  if (pupils < schools) {
    throw new RollcallError('ERR_USAGE', 'The demo needs at least one pupil for every school.')
  }
  const classes = Math.max(schools, Math.round(pupils / personsPerClass))
  const firstClassOf = Array.from({ length: schools + 1 }, (_, s) =>
    Math.round((s * classes) / schools),
  )
  const bare = {
    pupils,
    guardians,
    teachers,
    staff,
    families: Math.ceil(guardians / 1.45),
    schools,
    classes,
    firstClassOf,
    courses: classes * coursesPerClass,
    extraTeachers: 0,
  }
  const courses =
    options.groups === undefined ? bare.courses : options.groups - groupsBesideCourses(bare)
  if (courses < 0) {
    throw new RollcallError('ERR_USAGE', 'There are more schools, years and classes than groups.')
  }
  const withCourses = { ...bare, courses }
  if (options.members === undefined) return withCourses
  const extraTeachers = options.members - membersOf(withCourses)
  const most = Math.floor(teachers / schools) - 1
  if (extraTeachers < 0 || Math.ceil(extraTeachers / Math.max(1, courses)) > most) {
    throw new RollcallError('ERR_USAGE', 'This number of members cannot be reached.')
  }
  return { ...withCourses, extraTeachers }
}

/** Years are the grades a school has classes in, at most ten. */
export function yearsAt(shape: DemoShape, school: number): number {
  return Math.min(YEARS, (shape.firstClassOf[school + 1] ?? 0) - (shape.firstClassOf[school] ?? 0))
}

export function schoolOfClass(shape: DemoShape, classIndex: number): number {
  let school = Math.min(shape.schools - 1, Math.floor((classIndex * shape.schools) / shape.classes))
  while ((shape.firstClassOf[school] ?? 0) > classIndex) school--
  while ((shape.firstClassOf[school + 1] ?? Infinity) <= classIndex) school++
  return school
}

/** Grade and letter of a class: the highest grade first, so that a small school is a lower secondary school. */
export function gradeOfClass(shape: DemoShape, classIndex: number): { grade: number; row: number } {
  const nth = classIndex - (shape.firstClassOf[schoolOfClass(shape, classIndex)] ?? 0)
  return { grade: YEARS - (nth % YEARS), row: Math.floor(nth / YEARS) }
}

/** Class of a pupil on night 0; pupils count from 0 here. */
export function firstClassOfPupil(shape: DemoShape, pupil: number): number {
  return Math.floor((pupil * shape.classes) / shape.pupils)
}

/** Share of class or course number `index` when `total` things are dealt out evenly, the first getting one more. */
export function dealt(total: number, among: number, index: number): number {
  return among === 0 ? 0 : Math.floor(total / among) + (index < total % among ? 1 : 0)
}

/** The municipality, schools, years, classes and mentor groups, which no night changes. */
export function groupsBesideCourses(shape: DemoShape): number {
  const years = Array.from({ length: shape.schools }, (_, s) => yearsAt(shape, s))
  const sum = years.reduce((total, n) => total + n, 0)
  return 1 + shape.schools + sum + 2 * shape.classes
}

function membersOf(shape: DemoShape): number {
  let members = shape.staff + 2 * shape.classes + shape.courses + 2 * shape.pupils
  let pupil = 0
  for (let c = 0; c < shape.classes; c++) {
    const first = pupil
    while (pupil < shape.pupils && firstClassOfPupil(shape, pupil) === c) pupil++
    members += (pupil - first) * dealt(shape.courses, shape.classes, c)
  }
  return members + shape.extraTeachers
}
