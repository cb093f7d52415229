import * as fc from 'fast-check'

/** Small rosters as a source might hold them, and what happens to them from night to night. */

export interface SmallPerson {
  readonly key: string
  readonly name: string
  readonly role: 'Student' | 'Staff' | 'Carer' | 'Guest'
  readonly username?: string
  readonly email?: string
  readonly claims: readonly { readonly other: string; readonly word: 'guardian' | 'child' }[]
  /** The key that he had until now. */
  readonly old?: string
}

export interface SmallGroup {
  readonly key: string
  readonly title: string
  readonly type: 'School' | 'Group' | 'Course' | 'Ignored'
  readonly parent?: string
  readonly old?: string
}

export interface SmallMember {
  readonly key: string
  readonly roleType: '01' | '02' | '04'
  readonly active: boolean
  readonly begin?: string
  readonly isGroup: boolean
}

export interface SmallRoster {
  readonly persons: readonly SmallPerson[]
  readonly groups: readonly SmallGroup[]
  readonly lists: readonly { readonly group: string; readonly members: readonly SmallMember[] }[]
  /** Records that are set aside whatever else there is. */
  readonly bad: readonly Bad[]
}

export type Bad = 'nameless' | 'duplicateKey' | 'duplicateUsername' | 'cycle' | 'unknownGroup'

/** What the rules of these tests make of it: guests and ignored groups are not taken. */
export const RULES = `
take:
  profiles: [student, staff, guardian]
  exceptGroups:
    - value: Ignored
groupKinds:
  - value: School
    kind: school
  - value: Course
    kind: course
`

const PERSONS = ['P0', 'P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7']
const GROUPS = ['G0', 'G1', 'G2', 'G3', 'G4', 'G5']
const USERNAMES = ['anna', 'berit', 'carl', 'dag', 'ebba']
/** In no delivery, ever. */
const STRANGER = 'P-stranger'

const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined, freq: 2 })

const claim = fc.record({
  other: fc.constantFrom(...PERSONS, STRANGER),
  word: fc.constantFrom('guardian' as const, 'child' as const),
})

const personOf = (key: string, usernames: readonly string[]): fc.Arbitrary<SmallPerson> =>
  fc
    .record({
      name: fc.constantFrom('Åsa Berg', 'Bo & Co', 'Cia <Dahl>'),
      role: fc.constantFrom(
        'Student' as const,
        'Student' as const,
        'Staff' as const,
        'Carer' as const,
        'Guest' as const,
      ),
      hasUsername: fc.boolean(),
      email: maybe(fc.constantFrom('a@example.org', 'b@example.org')),
      claims: fc.uniqueArray(claim, { maxLength: 2, selector: ({ other }) => other }),
    })
    .map(({ name, role, hasUsername, email, claims }) => {
      const username = usernames[PERSONS.indexOf(key)]
      return {
        key,
        name,
        role,
        claims: claims.filter(({ other }) => other !== key),
        ...(hasUsername && username !== undefined ? { username } : {}),
        ...(email === undefined ? {} : { email }),
      }
    })

const groupOf = (key: string): fc.Arbitrary<SmallGroup> =>
  fc
    .record({
      title: fc.constantFrom('7A', '7B & C', 'Math'),
      type: fc.constantFrom(
        'School' as const,
        'Group' as const,
        'Course' as const,
        'Course' as const,
        'Ignored' as const,
      ),
      parent: fc.option(fc.constantFrom(...GROUPS), { nil: undefined, freq: 4 }),
    })
    .map(({ title, type, parent }) => ({
      key,
      title,
      type,
      ...(parent === undefined ? {} : { parent }),
    }))

const member: fc.Arbitrary<SmallMember> = fc
  .record({
    key: fc.constantFrom(...PERSONS, ...PERSONS, STRANGER),
    roleType: fc.constantFrom('01' as const, '01' as const, '02' as const, '04' as const),
    active: fc.constantFrom(true, true, false),
    begin: fc.option(fc.constantFrom('2026-08-15', '2026-09-01'), { nil: undefined, freq: 1 }),
    groupKey: fc.option(fc.constantFrom(...GROUPS), { nil: undefined, freq: 8 }),
  })
  .map(({ key, roleType, active, begin, groupKey }) => ({
    key: groupKey ?? key,
    roleType,
    active,
    isGroup: groupKey !== undefined,
    ...(begin === undefined || groupKey !== undefined ? {} : { begin }),
  }))

const subset = <T>(values: readonly T[]): fc.Arbitrary<T[]> =>
  fc.subarray([...values], { minLength: Math.floor(values.length / 3) })

/** One night's roster. Usernames are given out anew every night, each to one person at most. */
export const smallRoster: fc.Arbitrary<SmallRoster> = fc
  .record({
    personKeys: subset(PERSONS),
    groupKeys: subset(GROUPS),
    usernames: fc.shuffledSubarray([...USERNAMES, ...PERSONS.map((key) => `u-${key}`)], {
      minLength: PERSONS.length,
    }),
    listKeys: subset(GROUPS),
    bad: fc.subarray<Bad>([
      'nameless',
      'duplicateKey',
      'duplicateUsername',
      'cycle',
      'unknownGroup',
    ]),
  })
  .chain(({ personKeys, groupKeys, usernames, listKeys, bad }) =>
    fc
      .record({
        persons: fc.tuple(...personKeys.map((key) => personOf(key, usernames))),
        groups: fc.tuple(...groupKeys.map(groupOf)),
        lists: fc.tuple(
          ...listKeys.map((group) =>
            fc
              .array(member, { maxLength: 6 })
              .map((members) => ({ group, members: withoutRepeatedLinks(members) })),
          ),
        ),
      })
      .map(({ persons, groups, lists }) => ({
        // One person and one group are always there: an empty file is refused, which is another test.
        persons: [
          { key: 'P-always', name: 'Always', role: 'Staff' as const, claims: [] },
          ...persons,
        ],
        groups: [
          { key: 'G-always', title: 'Always', type: 'School' as const },
          ...groups.map((group) =>
            underSmaller(
              group,
              groups.filter(({ type }) => type !== 'Ignored').map(({ key }) => key),
            ),
          ),
        ],
        lists,
        bad,
      })),
  )

/** A parent comes before its child, so that there are no cycles but the one made on purpose, and it is taken. */
function underSmaller(group: SmallGroup, there: readonly string[]): SmallGroup {
  const { parent, ...rest } = group
  if (parent === undefined) return rest
  if (parent >= group.key || !there.includes(parent)) return { ...rest, parent: 'G-always' }
  return group
}

function withoutRepeatedLinks(members: readonly SmallMember[]): SmallMember[] {
  const links = new Set<string>()
  return members.filter(({ key, isGroup }) => {
    if (!isGroup) return true
    if (links.has(key)) return false
    links.add(key)
    return true
  })
}

/** Some nights in a row; sometimes the source gives a person and a group new keys, and says so. */
export const nights: fc.Arbitrary<readonly SmallRoster[]> = fc
  .record({
    rosters: fc.array(smallRoster, { minLength: 2, maxLength: 4 }),
    rekeyed: maybe(fc.tuple(fc.constantFrom(...PERSONS), fc.constantFrom(...GROUPS))),
    from: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ rosters, rekeyed, from }) => {
    if (rekeyed === undefined) return rosters
    return rosters.map((roster, night) => (night < from ? roster : renamed(roster, rekeyed)))
  })

function renamed(roster: SmallRoster, old: readonly string[]): SmallRoster {
  const now = (key: string): string => (old.includes(key) ? `new-${key}` : key)
  const record = <T extends { readonly key: string }>(one: T): T =>
    old.includes(one.key) ? { ...one, key: now(one.key), old: one.key } : one
  return {
    ...roster,
    persons: roster.persons.map((person) => ({
      ...record(person),
      claims: person.claims.map((each) => ({ ...each, other: now(each.other) })),
    })),
    groups: roster.groups.map((group) => ({
      ...record(group),
      ...(group.parent === undefined ? {} : { parent: now(group.parent) }),
    })),
    lists: roster.lists.map(({ group, members }) => ({
      group: now(group),
      members: members.map((each) => ({ ...each, key: now(each.key) })),
    })),
  }
}
