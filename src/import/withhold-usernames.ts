import { usernameOwners } from '../store/lookups.ts'
import type { Collector } from './collect.ts'
import type { CompareContext, PersonComparison } from './compare-persons.ts'
import { TAKEN } from './records-read.ts'

/**
 * Whoever was to have the username of somebody who keeps it for now, because his removal or change waits, goes
 * without, and is looked at again every night.
 *
 * @param left The persons without what waits.
 * @returns numbers of all records whose persons go without.
 */
export async function waitForUsernames(
  { session, siteId }: Pick<CompareContext, 'session' | 'siteId'>,
  { persons, usernames }: Collector,
  planned: PersonComparison,
  left: PersonComparison,
): Promise<Set<number>> {
  const without = new Set(planned.withoutUsername)
  const keeping = new Set(planned.removed.map(({ id }) => id))
  for (const { id } of planned.writes) keeping.add(id)
  for (const { id } of left.removed) keeping.delete(id)
  for (const { id } of left.writes) keeping.delete(id)
  const wanted = new Map<string, number>()
  const want = (index: number): void => {
    const username = usernames[index]
    if (username === undefined || without.has(index)) return
    if (persons.states.at(index) === TAKEN) wanted.set(username, index)
  }
  for (const index of left.added.keys()) want(index)
  for (const { index } of left.writes) want(index)
  if (keeping.size === 0 || wanted.size === 0) return without
  for (const { username, id } of await usernameOwners(session, siteId, [...wanted.keys()])) {
    if (keeping.has(id)) without.add(wanted.get(username) as number)
  }
  return without
}
