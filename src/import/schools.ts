import { membershipsOfGroups, schoolsOfPersons } from '../store/lookups.ts'
import type { Comparison } from './compare.ts'
import type { CompareContext } from './compare-persons.ts'
import { ACTIVE } from './lists-read.ts'
import { ADD, REMOVE } from './membership-changes.ts'

/** What a plan does at a school, beside the numbers of removed and added records. */
export interface SchoolChange {
  personsAdded: number
  personsRemoved: number
  /** Net of persons who are neither new nor gone. */
  personsMoved: number
  membershipsAdded: number
  membershipsUpdated: number
  membershipsRemoved: number
  /** Net of memberships whose group moved here from another school. */
  membershipsMoved: number
  groupsAdded: number
  groupsRemoved: number
  /** How many of these are courses. */
  coursesArchived: number
  groupsUpdated: number
  groupsMoved: number
}

/** In place of a school: groups and persons under none. */
export const NO_SCHOOL = 0

/**
 * Works out who is where before and after a plan: a person counts in every school where he has an active
 * membership, and under "no school" without one. Only persons whose memberships change are looked at.
 */
export async function schoolChanges(
  { session, siteId, sourceId }: Pick<CompareContext, 'session' | 'siteId' | 'sourceId'>,
  comparison: Comparison,
  newPersons: Iterable<number>,
  restoredPersons: Iterable<number>,
): Promise<Map<number, SchoolChange>> {
  const { groups, lists, persons } = comparison
  const schools = new Map<number, SchoolChange>()
  const at = (school: number): SchoolChange => {
    const known = schools.get(school)
    if (known) return known
    const fresh = emptyChange()
    schools.set(school, fresh)
    return fresh
  }
  const before = (groupId: number): number => groups.before.get(groupId)?.schoolId ?? NO_SCHOOL
  const after = (groupId: number): number => groups.placed.get(groupId)?.schoolId ?? NO_SCHOOL
  const numbers = new SchoolNumbers()
  /** Net change of active memberships, by person and school. */
  const net = new Map<number, number>()
  const shift = (person: number, school: number, by: number): void => {
    const key = numbers.key(person, school)
    net.set(key, (net.get(key) ?? 0) + by)
  }

  const { changes } = lists
  for (let row = 0; row < changes.length; row++) {
    const action = changes.actions.at(row)
    const groupId = changes.groups.at(row)
    const person = changes.persons.at(row)
    const wasActive = action !== ADD && (changes.codesBefore.at(row) & ACTIVE) !== 0
    const isActive = action !== REMOVE && (changes.codes.at(row) & ACTIVE) !== 0
    if (wasActive && isActive) at(before(groupId)).membershipsUpdated++
    else if (wasActive) at(before(groupId)).membershipsRemoved++
    else if (isActive) at(after(groupId)).membershipsAdded++
    if (wasActive !== isActive) {
      shift(person, isActive ? after(groupId) : before(groupId), isActive ? 1 : -1)
    }
  }
  await moveGroups()
  await countPersons()
  return schools

  /** Groups that hang under another school now take their memberships along. */
  async function moveGroups(): Promise<void> {
    const moved: number[] = []
    for (const [id, { schoolId }] of groups.placed) {
      const was = groups.before.get(id)
      if (!was) {
        at(schoolId ?? NO_SCHOOL).groupsAdded++
      } else if (was.sourceId !== sourceId) {
        continue
      } else if ((was.schoolId ?? NO_SCHOOL) !== (schoolId ?? NO_SCHOOL)) {
        moved.push(id)
        at(was.schoolId ?? NO_SCHOOL).groupsMoved--
        at(schoolId ?? NO_SCHOOL).groupsMoved++
      }
    }
    for (const { schoolId, kind } of groups.removed) {
      const school = at(schoolId ?? NO_SCHOOL)
      school.groupsRemoved++
      if (kind === 'course') school.coursesArchived++
    }
    for (const { id, isOwn } of groups.writes) if (isOwn) at(before(id)).groupsUpdated++
    if (moved.length === 0) return
    moved.sort((a, b) => a - b)
    const ended = new Set<string>()
    for (let row = 0; row < changes.length; row++) {
      const isActive = (changes.codes.at(row) & ACTIVE) !== 0
      if (changes.actions.at(row) === REMOVE || !isActive) {
        ended.add(`${changes.groups.at(row)} ${changes.persons.at(row)}`)
      }
    }
    for await (const rows of membershipsOfGroups(session, siteId, sourceId, moved)) {
      for (const { groupId, personId, active } of rows) {
        if (!active || ended.has(`${groupId} ${personId}`)) continue
        shift(personId, before(groupId), -1)
        shift(personId, after(groupId), 1)
        at(before(groupId)).membershipsMoved--
        at(after(groupId)).membershipsMoved++
      }
    }
  }

  async function countPersons(): Promise<void> {
    const fresh = new Set(newPersons)
    const restored = new Set(restoredPersons)
    const removed = new Set(persons.removed.map(({ id }) => id))
    const affected = new Set<number>([...fresh, ...restored, ...removed])
    for (const key of net.keys()) affected.add(numbers.person(key))
    const existing = [...affected].filter((id) => id > 0)
    const had = new Map<number, number>()
    if (existing.length > 0) {
      for await (const row of schoolsOfPersons(session, siteId, sourceId, existing)) {
        had.set(numbers.key(row.personId, row.schoolId), row.memberships)
      }
    }
    const keys = Float64Array.from(new Set([...had.keys(), ...net.keys()])).sort()
    const seen = new Set<number>()
    for (let from = 0; from < keys.length;) {
      const person = numbers.person(keys[from] as number)
      const was = new Set<number>()
      const is = new Set<number>()
      let to = from
      for (; to < keys.length && numbers.person(keys[to] as number) === person; to++) {
        const key = keys[to] as number
        const count = had.get(key) ?? 0
        if (count > 0) was.add(numbers.school(key))
        if (count + (net.get(key) ?? 0) > 0) is.add(numbers.school(key))
      }
      from = to
      seen.add(person)
      countPerson(person, was, is)
    }
    for (const person of affected) if (!seen.has(person)) countPerson(person, new Set(), new Set())

    function countPerson(person: number, was: Set<number>, is: Set<number>): void {
      const isNew = fresh.has(person) || restored.has(person)
      const isGone = removed.has(person)
      if (was.size === 0) was.add(NO_SCHOOL)
      if (is.size === 0) is.add(NO_SCHOOL)
      if (isNew) for (const school of is) at(school).personsAdded++
      else if (isGone) for (const school of was) at(school).personsRemoved++
      else {
        for (const school of was) if (!is.has(school)) at(school).personsMoved--
        for (const school of is) if (!was.has(school)) at(school).personsMoved++
      }
    }
  }
}

/** One number for a person and a school, so that a million pairs need no strings. */
class SchoolNumbers {
  readonly #schools: number[] = []
  readonly #numbers = new Map<number, number>()

  key(person: number, school: number): number {
    let number = this.#numbers.get(school)
    if (number === undefined) {
      number = this.#schools.push(school) - 1
      this.#numbers.set(school, number)
    }
    return person * SCHOOLS_MAX + number
  }

  person(key: number): number {
    return Math.floor(key / SCHOOLS_MAX)
  }

  school(key: number): number {
    return this.#schools[key - this.person(key) * SCHOOLS_MAX] as number
  }
}

/** Most schools of a site: ids below 2^37 times this stay exact. */
const SCHOOLS_MAX = 65_536

function emptyChange(): SchoolChange {
  return {
    personsAdded: 0,
    personsRemoved: 0,
    personsMoved: 0,
    membershipsAdded: 0,
    membershipsUpdated: 0,
    membershipsRemoved: 0,
    membershipsMoved: 0,
    groupsAdded: 0,
    groupsRemoved: 0,
    coursesArchived: 0,
    groupsUpdated: 0,
    groupsMoved: 0,
  }
}
