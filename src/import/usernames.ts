import { usernameOwners } from '../store/lookups.ts'
import type { Rules } from '../rules/contract.ts'
import type { Collector } from './collect.ts'
import type { CompareContext, PersonComparison } from './compare-persons.ts'
import { TAKEN } from './records-read.ts'

/** How many names are tried for a person before he goes without. */
const ATTEMPTS_MAX = 50

/**
 * Makes usernames for new and restored persons who have none, where rules give a pattern: once, never changed.
 * Gives number of the record → username.
 */
export async function makeUsernames(
  { session, siteId }: CompareContext,
  { persons, usernames }: Collector,
  { added, writes, withoutUsername }: PersonComparison,
  rules: Rules,
): Promise<Map<number, string>> {
  const made = new Map<number, string>()
  let waiting = [...added.keys()]
  for (const { index, action, usernameBefore } of writes) {
    if (action === 'restore' && usernameBefore === null) waiting.push(index)
  }
  waiting = waiting.filter(
    (index) =>
      usernames[index] === undefined &&
      !withoutUsername.has(index) &&
      rules.username(persons.records.get(index), 1) !== undefined,
  )
  const taken = new Set(usernames.filter((username) => username !== undefined))
  for (const { usernameBefore } of writes) {
    if (usernameBefore !== null) taken.add(usernameBefore.toLowerCase())
  }
  for (let attempt = 1; waiting.length > 0 && attempt <= ATTEMPTS_MAX; attempt++) {
    const candidates = new Map<number, string>()
    for (const index of waiting) {
      const candidate = rules.username(persons.records.get(index), attempt)
      if (candidate !== undefined) candidates.set(index, candidate.toLowerCase())
    }
    for (const { username } of await usernameOwners(session, siteId, [...candidates.values()])) {
      taken.add(username)
    }
    for (const [index, candidate] of candidates) {
      if (taken.has(candidate)) continue
      taken.add(candidate)
      made.set(index, candidate)
    }
    waiting = waiting.filter((index) => !made.has(index))
  }
  return made
}

/**
 * Persons who come back from the bin with a username of their own that someone else has meanwhile: restored
 * without one. What the record sends was settled before.
 */
export async function restoredWithoutUsername(
  { session, siteId, problems }: CompareContext,
  { persons, usernames }: Collector,
  { writes }: PersonComparison,
): Promise<Set<number>> {
  const wanted = new Map<string, number[]>()
  for (const { index, action, usernameBefore } of writes) {
    if (action !== 'restore' || usernameBefore === null || usernames[index] !== undefined) continue
    const username = usernameBefore.toLowerCase()
    wanted.set(username, [...(wanted.get(username) ?? []), index])
  }
  const without = new Set<number>()
  if (wanted.size === 0) return without
  const goWithout = (index: number, found: string): void => {
    without.add(index)
    const { key } = persons.records.get(index)
    const place = persons.places.at(index)
    problems.add({ code: 'USERNAME_TAKEN', place, kind: 'person', key, found })
  }
  const taken = new Set<string>()
  for (const { username } of await usernameOwners(session, siteId, [...wanted.keys()])) {
    taken.add(username)
  }
  usernames.forEach((username, index) => {
    if (username !== undefined && persons.states.at(index) === TAKEN) taken.add(username)
  })
  for (const [username, indexes] of wanted) {
    const [, ...others] = indexes
    for (const index of taken.has(username) ? indexes : others) goWithout(index, username)
  }
  return without
}
