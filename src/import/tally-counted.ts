import { emptyTally, type Tallies, type Tally } from '../change/tally.ts'
import { PROFILES } from '../roster/person.ts'
import type { CountRow } from '../store/counts.ts'
import { WHOLE_SOURCE } from './tally-up.ts'

/**
 * The tallies of a run that is applied, so that each comes to what there is now. Relations go along with persons whom another
 * source takes over, and groups with a school of another source: what `moved` stands for is counted, not worked out.
 */
export function tallyCounted(tallies: Tallies, now: readonly CountRow[]): Tallies {
  const counted = new Map(
    now.map(({ kind, profile, school, n }) => [`${kind} ${profile} ${school}`, n]),
  )
  const comes = (tally: Tally, kind: string, profile = '', school = WHOLE_SOURCE): Tally => {
    const there = counted.get(`${kind} ${profile} ${school}`) ?? 0
    return { ...tally, moved: there - tally.before - tally.added + tally.removed }
  }
  const profiles = PROFILES.filter(
    (profile) => tallies.profiles[profile] ?? counted.has(`person ${profile} ${WHOLE_SOURCE}`),
  )
  const schools = new Map(tallies.schools.map((tally) => [tally.school, tally]))
  for (const { school } of now) {
    if (school === WHOLE_SOURCE || schools.has(school)) continue
    const none = emptyTally()
    schools.set(school, { school, persons: none, groups: none, memberships: none })
  }
  return {
    ...tallies,
    person: comes(tallies.person, 'person'),
    group: comes(tallies.group, 'group'),
    membership: comes(tallies.membership, 'membership'),
    relation: comes(tallies.relation, 'relation'),
    course: comes(tallies.course, 'course'),
    profiles: Object.fromEntries(
      profiles.map((profile) => [
        profile,
        comes(tallies.profiles[profile] ?? emptyTally(), 'person', profile),
      ]),
    ),
    schools: [...schools.values()]
      .toSorted((a, b) => a.school - b.school)
      .map(({ school, persons, groups, memberships }) => ({
        school,
        persons: comes(persons, 'person', '', school),
        groups: comes(groups, 'group', '', school),
        memberships: comes(memberships, 'membership', '', school),
      })),
  }
}
