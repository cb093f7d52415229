import { NOT_TAKEN, type RecordMirror } from '../change/mirror.ts'
import { emptyTally, type SchoolTally, type Tallies, type Tally } from '../change/tally.ts'
import { PROFILES, type Profile } from '../roster/person.ts'
import type { Collector, Mirror } from './collect.ts'
import type { Comparison } from './compare.ts'
import { ACTIVE } from './lists-read.ts'
import { ADD, REMOVE } from './membership-changes.ts'
import type { SchoolChange } from './schools.ts'

/** A row of the counts table: active records before the run. School -1 is the whole source. */
export interface CountBefore {
  readonly kind: string
  readonly profile: string
  readonly school: number
  readonly n: number
}

export interface CountDelta {
  readonly kind: string
  readonly profile: string
  readonly school: number
  readonly delta: number
}

export const WHOLE_SOURCE = -1

interface Tallied {
  readonly tallies: Tallies
  readonly deltas: readonly CountDelta[]
}

/** Counts what a plan does, for the safety filter, the report and the counts table. */
export function tallyUp(
  collected: Collector,
  mirror: Mirror,
  comparison: Comparison,
  schools: ReadonlyMap<number, SchoolChange>,
  before: readonly CountBefore[],
): Tallied {
  const counted = new Map(
    before.map(({ kind, profile, school, n }) => [`${kind} ${profile} ${school}`, n]),
  )
  const count = (kind: string, profile = '', school = WHOLE_SOURCE): number =>
    counted.get(`${kind} ${profile} ${school}`) ?? 0

  const profiles = tallyProfiles(collected, comparison, (profile) => count('person', profile))
  const person = tallyPersons(collected, mirror, comparison, count('person'))
  const group = tallyGroups(collected, mirror, comparison, count('group'))
  const course = tallyCourses(collected, comparison, count('course'))
  const membership = tallyMemberships(collected, comparison, count('membership'))
  const relation = tallyRelations(comparison, count('relation'))
  const schoolTallies = tallySchools(before, schools, count)

  const whole = [
    ['person', person],
    ['group', group],
    ['course', course],
    ['membership', membership],
    ['relation', relation],
  ] as const
  const deltas: CountDelta[] = whole.map(([kind, tally]) => deltaOf(kind, '', WHOLE_SOURCE, tally))
  for (const [profile, tally] of Object.entries(profiles)) {
    deltas.push(deltaOf('person', profile, WHOLE_SOURCE, tally))
  }
  for (const { school, persons, groups, memberships } of schoolTallies) {
    deltas.push(deltaOf('person', '', school, persons))
    deltas.push(deltaOf('group', '', school, groups))
    deltas.push(deltaOf('membership', '', school, memberships))
  }
  return {
    tallies: {
      person,
      group,
      membership,
      relation,
      course,
      ...coursesUnmade(course, comparison),
      profiles,
      schools: schoolTallies,
    },
    deltas: deltas.filter(({ delta }) => delta !== 0),
  }
}

/** The tallies of a run that changes nothing. */
export function tallyNothing(before: readonly CountBefore[]): Tallies {
  const counted = new Map(
    before.map(({ kind, profile, school, n }) => [`${kind} ${profile} ${school}`, n]),
  )
  const count = (kind: string, profile = '', school = WHOLE_SOURCE): number =>
    counted.get(`${kind} ${profile} ${school}`) ?? 0
  const unchanged = (n: number): Tally => ({ ...emptyTally(n), unchanged: n })
  const profiles = PROFILES.filter((profile) => count('person', profile) > 0)
  return {
    person: unchanged(count('person')),
    group: unchanged(count('group')),
    membership: unchanged(count('membership')),
    relation: unchanged(count('relation')),
    course: unchanged(count('course')),
    profiles: Object.fromEntries(
      profiles.map((profile) => [profile, unchanged(count('person', profile))]),
    ),
    schools: tallySchools(before, new Map(), count),
  }
}

function deltaOf(kind: string, profile: string, school: number, tally: Tally): CountDelta {
  return { kind, profile, school, delta: tally.added - tally.removed + tally.moved }
}

function tallyPersons(
  collected: Collector,
  mirror: Mirror,
  { persons }: Comparison,
  before: number,
): Tally {
  const tally = emptyTally(before)
  tally.added = persons.added.size
  for (const { action, changes } of persons.writes) {
    if (action === 'restore') tally.added++
    else {
      tally.updated++
      if (changes.extensionOnly && action === 'update') tally.updatedInExtension++
    }
  }
  tally.removed = persons.removed.length
  const adopted = adoptedIn(persons.writes)
  tally.updated += persons.handedOver.size
  tally.moved = adopted - persons.handedOver.size
  tally.setAside = collected.persons.setAside
  tally.notTaken = countLeftOut(collected.persons, mirror.persons)
  tally.unchanged = before - tally.removed - (tally.updated - adopted)
  return tally
}

function tallyProfiles(
  { profiles: profileOf }: Collector,
  { persons }: Comparison,
  before: (profile: Profile) => number,
): { readonly [profile in Profile]?: Tally } {
  const tallies = new Map(
    PROFILES.map((profile) => [profile as string, emptyTally(before(profile))]),
  )
  const of = (profile: string | undefined): Tally => {
    const known = tallies.get(profile ?? 'other')
    return known ?? (tallies.get('other') as Tally)
  }
  for (const index of persons.added.keys()) of(profileOf[index]).added++
  for (const { action, profileBefore, index, adoptedBy } of persons.writes) {
    const now = profileOf[index]
    if (action === 'restore') of(now).added++
    else if (adoptedBy) {
      of(now).updated++
      of(now).moved++
    } else {
      of(profileBefore).updated++
      if (now !== profileBefore) {
        of(profileBefore).moved--
        of(now).moved++
      }
    }
  }
  for (const { profile } of persons.removed) of(profile).removed++
  for (const { profile } of persons.handedOver.values()) {
    of(profile).updated++
    of(profile).moved--
  }
  const used = [...tallies].filter(([, t]) => t.before > 0 || t.added > 0 || t.moved !== 0)
  for (const [, tally] of used) {
    tally.unchanged = Math.max(0, tally.before - tally.removed - tally.updated)
  }
  return Object.fromEntries(used)
}

function tallyGroups(
  collected: Collector,
  mirror: Mirror,
  { groups }: Comparison,
  before: number,
): Tally {
  const tally = emptyTally(before)
  tally.added = groups.added.size
  for (const { action, changes, moved, isOwn } of groups.writes) {
    if (!isOwn) continue
    tally.updated++
    if (action === 'update' && !moved && changes?.extensionOnly === true) tally.updatedInExtension++
  }
  tally.removed = groups.removed.length
  const adopted = adoptedIn(groups.writes)
  tally.updated += groups.handedOver.size
  tally.moved = adopted - groups.handedOver.size
  tally.setAside = collected.groups.setAside
  tally.notTaken = countLeftOut(collected.groups, mirror.groups)
  tally.unchanged = before - tally.removed - (tally.updated - adopted)
  return tally
}

function tallyCourses({ groups: read }: Collector, { groups }: Comparison, before: number): Tally {
  const tally = emptyTally(before)
  for (const index of groups.added.keys()) {
    if (read.records.get(index).kind === 'course') tally.added++
  }
  for (const { index, kindBefore, isOwn } of groups.writes) {
    if (!isOwn) continue
    const kind = index === undefined ? kindBefore : read.records.get(index).kind
    if (kind === 'course' && kindBefore === 'course') tally.updated++
    else if (kind === 'course') tally.added++
    else if (kindBefore === 'course') tally.removed++
  }
  tally.removed += groups.removed.filter(({ kind }) => kind === 'course').length
  for (const { kind } of groups.handedOver.values()) if (kind === 'course') tally.moved--
  tally.unchanged = before - tally.removed - tally.updated
  return tally
}

function coursesUnmade(course: Tally, { groups }: Comparison): Pick<Tallies, 'coursesUnmade'> {
  const unmade = course.removed - groups.removed.filter(({ kind }) => kind === 'course').length
  return unmade === 0 ? {} : { coursesUnmade: unmade }
}

function tallyMemberships(collected: Collector, { lists }: Comparison, before: number): Tally {
  const tally = emptyTally(before)
  const { changes } = lists
  for (let row = 0; row < changes.length; row++) {
    const action = changes.actions.at(row)
    const was = action !== ADD && (changes.codesBefore.at(row) & ACTIVE) !== 0
    const is = action !== REMOVE && (changes.codes.at(row) & ACTIVE) !== 0
    // 1 to 0 is a removal, 0 to 1 an addition; one that was and stays inactive is no active record at all.
    if (was && is) tally.updated++
    else if (was) tally.removed++
    else if (is) tally.added++
  }
  tally.updatedInExtension = changes.updatedInExtension
  tally.setAside = collected.membersSetAside.count + lists.membersSetAside
  tally.notTaken = collected.membersNotTaken + lists.membersNotTaken
  tally.unchanged = before - tally.removed - tally.updated
  return tally
}

function tallyRelations({ relations }: Comparison, before: number): Tally {
  const tally = emptyTally(before)
  for (const { saidBefore, saidAfter } of relations.changes) {
    if (saidBefore === 0) tally.added++
    else if (saidAfter === 0) tally.removed++
  }
  tally.setAside = relations.setAside
  tally.unchanged = before - tally.removed
  return tally
}

function tallySchools(
  before: readonly CountBefore[],
  changes: ReadonlyMap<number, SchoolChange>,
  count: (kind: string, profile: string, school: number) => number,
): SchoolTally[] {
  const schools = new Set<number>(changes.keys())
  for (const { school } of before) if (school !== WHOLE_SOURCE) schools.add(school)
  return [...schools]
    .toSorted((a, b) => a - b)
    .map((school) => {
      const persons = emptyTally(count('person', '', school))
      const groups = emptyTally(count('group', '', school))
      const memberships = emptyTally(count('membership', '', school))
      const change = changes.get(school)
      if (change) {
        persons.added = change.personsAdded
        persons.removed = change.personsRemoved
        persons.moved = change.personsMoved
        memberships.added = change.membershipsAdded
        memberships.updated = change.membershipsUpdated
        memberships.removed = change.membershipsRemoved
        memberships.moved = change.membershipsMoved
        groups.added = change.groupsAdded
        groups.updated = change.groupsUpdated
        groups.removed = change.groupsRemoved
        groups.moved = change.groupsMoved
      }
      for (const tally of [persons, groups, memberships]) {
        tally.unchanged = tally.before - tally.removed - tally.updated
      }
      const courses = change?.coursesArchived ?? 0
      const archived = courses === 0 ? {} : { coursesArchived: courses }
      return { school, persons, groups, memberships, ...archived }
    })
}

/** How many that were made by hand become the source's: updated, and none of its records before. */
function adoptedIn(writes: readonly { readonly adoptedBy?: unknown }[]): number {
  return writes.filter(({ adoptedBy }) => adoptedBy !== undefined).length
}

/** How many records the rules leave out, those whose bytes are known included. */
function countLeftOut(read: Collector['persons' | 'groups'], mirror: RecordMirror): number {
  let count = read.notTaken.slots.length
  for (let slot = 0; slot < mirror.length; slot++) {
    if (mirror.ids.at(slot) === NOT_TAKEN && read.hasSameBytes(slot)) count++
  }
  return count
}
