import { comparePersons } from '../change/compare-fields.ts'
import type { RecordMirror } from '../change/mirror.ts'
import { personsById, usernameOwners } from '../store/lookups.ts'
import type { Rules } from '../rules/contract.ts'
import type { Collector } from './collect.ts'
import type { CompareContext, PersonComparison } from './compare-persons.ts'
import { TAKEN } from './records-read.ts'

/**
 * How many names are tried for a person, round by round; each round asks the database once, however many persons
 * share a name. Who has none after the last goes without.
 */
const ATTEMPTS = [1, 10, 100, 1000] as const

/**
 * Persons who say nothing new and have no username, though the rules give a pattern: they get one like the others.
 * Takes them from those who were only touched to those who are written.
 */
export async function writeNameless(
  { session, siteId }: CompareContext,
  { persons, usernames }: Collector,
  { touched, writes }: PersonComparison,
  mirror: RecordMirror,
  rules: Rules,
): Promise<void> {
  const nameless = new Map<number, number>()
  for (const slot of touched) {
    const index = persons.readOf(slot)
    if (index === undefined || usernames[index] !== undefined) continue
    if (rules.username(persons.records.get(index), 1) === undefined) continue
    nameless.set(mirror.ids.at(slot), index)
  }
  for await (const stored of personsById(session, siteId, [...nameless.keys()])) {
    if (stored.username !== null || stored.sent === null) continue
    const index = nameless.get(stored.id) as number
    touched.splice(touched.indexOf(persons.slots.at(index)), 1)
    writes.push({
      id: stored.id,
      index,
      action: 'update',
      changes: comparePersons(stored.sent, persons.records.get(index)),
      profileBefore: stored.profile,
      usernameBefore: null,
      keyBefore: stored.key,
      own: stored.own,
    })
  }
}

/**
 * Makes usernames for persons who are added or written and have none, where rules give a pattern: once, never changed.
 * Gives number of the record → username.
 */
export async function makeUsernames(
  { session, siteId, problems }: CompareContext,
  { persons, usernames }: Collector,
  { added, writes, withoutUsername }: PersonComparison,
  rules: Rules,
): Promise<Map<number, string>> {
  const made = new Map<number, string>()
  let waiting = [...added.keys()]
  for (const { index, action, usernameBefore } of writes) {
    if (action !== 'rekey' && usernameBefore === null) waiting.push(index)
  }
  waiting = waiting.filter(
    (index) =>
      usernames[index] === undefined &&
      !withoutUsername.has(index) &&
      rules.username(persons.records.get(index), 1) !== undefined,
  )
  if (waiting.length === 0) return made
  const taken = new Set(usernames.filter((username) => username !== undefined))
  for (const { usernameBefore } of writes) {
    if (usernameBefore !== null) taken.add(usernameBefore.toLowerCase())
  }
  let first = 1
  for (const attempts of ATTEMPTS) {
    if (waiting.length === 0) break
    const from = first
    const candidatesOf = function* (index: number): Generator<string> {
      const record = persons.records.get(index)
      for (let attempt = from; attempt < from + attempts; attempt++) {
        const candidate = rules.username(record, attempt)?.toLowerCase()
        if (candidate !== undefined && !taken.has(candidate)) yield candidate
      }
    }
    const asked = new Set<string>()
    for (const index of waiting) for (const candidate of candidatesOf(index)) asked.add(candidate)
    for (const { username } of await usernameOwners(session, siteId, [...asked])) {
      taken.add(username)
    }
    for (const index of waiting) {
      const [free] = candidatesOf(index)
      if (free === undefined) continue
      taken.add(free)
      made.set(index, free)
    }
    waiting = waiting.filter((index) => !made.has(index))
    first += attempts
  }
  for (const index of waiting) {
    const { key } = persons.records.get(index)
    problems.add({ code: 'USERNAME_TAKEN', place: persons.places.at(index), kind: 'person', key })
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
