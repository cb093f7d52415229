import type { DemoChanges, ResolvedDemoOptions } from './options.ts'
import { resolveOptions } from './options.ts'
import type { DemoOptions } from './options.ts'
import { originalPersons } from './people.ts'
import { drawDistinct } from './random.ts'
import { dealt, firstClassOfPupil, gradeOfClass, groupsBesideCourses, shapeOf } from './shape.ts'
import type { DemoShape } from './shape.ts'

export interface DemoCourse {
  /** 0 is the class's first subject; numbers are not used again. */
  readonly ordinal: number
  /** How often it was renamed. */
  revision: number
  readonly extraTeachers: number
}

export interface DemoClass {
  readonly pupils: number[]
  readonly courses: DemoCourse[]
}

/** What happened between the night before and this one: numbers of persons, and class and ordinal of courses. */
export interface DemoNightChanges {
  readonly personsChanged: readonly number[]
  readonly personsNew: readonly number[]
  readonly personsGone: readonly number[]
  readonly personsMoved: readonly number[]
  readonly coursesChanged: readonly (readonly [classIndex: number, ordinal: number])[]
  readonly coursesNew: readonly (readonly [classIndex: number, ordinal: number])[]
  readonly coursesGone: readonly (readonly [classIndex: number, ordinal: number])[]
}

/** Everything a delivery says on one night. Holds numbers only: names and keys are made while writing. */
export interface DemoNight {
  readonly options: ResolvedDemoOptions
  readonly shape: DemoShape
  readonly classes: readonly DemoClass[]
  /** Number of the newest person; all numbers from 1 on are persons except those who are gone. */
  readonly lastPerson: number
  readonly gone: ReadonlySet<number>
  readonly revisions: ReadonlyMap<number, number>
  /** Grade of each pupil who came after night 0. */
  readonly grades: ReadonlyMap<number, number>
  /** Empty on night 0. */
  readonly changes: DemoNightChanges
}

interface Growing extends DemoNight {
  lastPerson: number
  readonly gone: Set<number>
  readonly revisions: Map<number, number>
  readonly grades: Map<number, number>
  readonly nextOrdinal: number[]
  changes: DemoNightChanges
}

const NOTHING: DemoNightChanges = {
  personsChanged: [],
  personsNew: [],
  personsGone: [],
  personsMoved: [],
  coursesChanged: [],
  coursesNew: [],
  coursesGone: [],
}

/** Works out what the delivery of a night says. Pure: no clock, no randomness but the seed. Throws ERR_USAGE. */
export function describeNight(options: DemoOptions): DemoNight {
  const resolved = resolveOptions(options)
  const night = firstNight(resolved, shapeOf(resolved))
  for (let n = 1; n <= resolved.night; n++) night.changes = pass(night, n)
  return night
}

function firstNight(options: ResolvedDemoOptions, shape: DemoShape): Growing {
  const classes = Array.from({ length: shape.classes }, (_, c): DemoClass => {
    const courses = dealt(shape.courses, shape.classes, c)
    const before = coursesBefore(shape, c)
    return {
      pupils: [],
      courses: Array.from({ length: courses }, (_, ordinal) => ({
        ordinal,
        revision: 0,
        extraTeachers: dealt(shape.extraTeachers, shape.courses, before + ordinal),
      })),
    }
  })
  for (let pupil = 0; pupil < shape.pupils; pupil++) {
    classes[firstClassOfPupil(shape, pupil)]?.pupils.push(pupil + 1)
  }
  return {
    options,
    shape,
    classes,
    lastPerson: originalPersons(shape),
    gone: new Set(),
    revisions: new Map(),
    grades: new Map(),
    nextOrdinal: classes.map((c) => c.courses.length),
    changes: NOTHING,
  }
}

function coursesBefore(shape: DemoShape, c: number): number {
  const each = Math.floor(shape.courses / shape.classes)
  return each * c + Math.min(c, shape.courses % shape.classes)
}

/** Lets one night pass: leavers, movers and joiners, then courses, then persons whose data change. */
function pass(night: Growing, n: number): DemoNightChanges {
  const { options, shape } = night
  const { changes, seed } = options
  const persons = night.lastPerson - night.gone.size
  const courses = night.classes.reduce((sum, c) => sum + c.courses.length, 0)
  const groups = groupsBesideCourses(shape) + courses
  const some = Math.max(1, Math.round(shape.classes * changes.listShare))
  const chosen = drawDistinct(some, shape.classes, seed, n, 1)
  let turn = 0
  const nextClass = (): number => chosen[turn++ % chosen.length] ?? 0

  const personsGone = repeat(
    countOf(changes.personsGone, persons),
    () => takePupil(night, nextClass)?.id,
  )
  for (const id of personsGone) night.gone.add(id)
  const personsMoved = repeat(countOf(changes.personsMoved, persons), () => {
    const taken = takePupil(night, nextClass)
    if (taken === undefined) return undefined
    const next = nextClass()
    const to = next === taken.from ? (next + 1) % shape.classes : next
    night.classes[to]?.pupils.push(taken.id)
    return taken.id
  })
  const personsNew = repeat(countOf(changes.personsNew, persons), () => join(night, nextClass()))
  const courseChanges = passCourses(night, changes, groups, nextClass)
  const untouchable = new Set([...personsGone, ...personsNew])
  const personsChanged = drawDistinct(
    countOf(changes.personsChanged, persons) + untouchable.size + night.gone.size,
    night.lastPerson,
    seed,
    n,
    2,
  )
    .map((drawn) => drawn + 1)
    .filter((id) => !untouchable.has(id) && !night.gone.has(id))
    .slice(0, countOf(changes.personsChanged, persons))
  for (const id of personsChanged) night.revisions.set(id, (night.revisions.get(id) ?? 0) + 1)
  return { personsChanged, personsNew, personsGone, personsMoved, ...courseChanges }
}

function passCourses(
  night: Growing,
  changes: DemoChanges,
  groups: number,
  nextClass: () => number,
): Pick<DemoNightChanges, 'coursesChanged' | 'coursesNew' | 'coursesGone'> {
  type Named = readonly [number, number]
  const coursesGone = repeat(countOf(changes.groupsGone, groups), (): Named | undefined => {
    const c = nextClass()
    const course = night.classes[c]?.courses.pop()
    return course && [c, course.ordinal]
  })
  const renamed = new Set<DemoCourse>()
  const coursesChanged = repeat(countOf(changes.groupsChanged, groups), (): Named | undefined => {
    const c = nextClass()
    const course = night.classes[c]?.courses.find((one) => !renamed.has(one))
    if (course === undefined) return undefined
    renamed.add(course)
    course.revision++
    return [c, course.ordinal]
  })
  const coursesNew = repeat(countOf(changes.groupsNew, groups), (): Named => {
    const c = nextClass()
    const ordinal = night.nextOrdinal[c] ?? 0
    night.nextOrdinal[c] = ordinal + 1
    night.classes[c]?.courses.push({ ordinal, revision: 0, extraTeachers: 0 })
    return [c, ordinal]
  })
  return { coursesChanged, coursesNew, coursesGone }
}

/** The pupil who has been longest in the next class that has one to spare. */
function takePupil(
  night: Growing,
  nextClass: () => number,
): { readonly id: number; readonly from: number } | undefined {
  for (let tries = 0; tries < night.classes.length; tries++) {
    const from = nextClass()
    const pupils = night.classes[from]?.pupils ?? []
    const id = pupils.length > 1 ? pupils.shift() : undefined
    if (id !== undefined) return { id, from }
  }
  return undefined
}

function join(night: Growing, c: number): number {
  night.lastPerson++
  night.grades.set(night.lastPerson, gradeOfClass(night.shape, c).grade)
  night.classes[c]?.pupils.push(night.lastPerson)
  return night.lastPerson
}

/** What `make` gives, so many times, without the times when it had nothing to give. */
function repeat<T>(times: number, make: () => T | undefined): T[] {
  return Array.from({ length: times }, make).filter((made) => made !== undefined)
}

function countOf(share: number, whole: number): number {
  return share === 0 ? 0 : Math.max(1, Math.round(share * whole))
}
