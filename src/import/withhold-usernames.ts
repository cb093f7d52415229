import { usernameOwners } from '../store/lookups.ts'
import type { Collector } from './collect.ts'
import type { CompareContext, PersonComparison, PersonWrite } from './compare-persons.ts'
import { TAKEN } from './records-read.ts'

/**
 * Whoever was to have the username of somebody who keeps it for now, because his removal or change waits, goes
 * without, and is looked at again every night.
 *
 * @param left The persons without what waits.
 * @returns the persons with nobody who gets such a name, and whose only change it was: that waits, too.
 */
export async function waitForUsernames(
  { session, siteId }: Pick<CompareContext, 'session' | 'siteId'>,
  { persons, usernames }: Collector,
  planned: PersonComparison,
  left: PersonComparison,
): Promise<{ readonly persons: PersonComparison; readonly waiting: readonly PersonWrite[] }> {
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
  if (keeping.size === 0 || wanted.size === 0) return { persons: left, waiting: [] }
  for (const { username, id } of await usernameOwners(session, siteId, [...wanted.keys()])) {
    if (keeping.has(id)) without.add(wanted.get(username) as number)
  }
  const waiting: PersonWrite[] = []
  const writes = left.writes.flatMap((write) => {
    const { index, changes } = write
    const goesWithout = without.has(index) && !planned.withoutUsername.has(index)
    if (!goesWithout || !('username' in changes.after)) return [write]
    if (Object.keys(changes.after).length === 1 && write.usernameBefore === null) {
      waiting.push(write)
      return []
    }
    return [{ ...write, changes: { ...changes, after: { ...changes.after, username: null } } }]
  })
  return { persons: { ...left, writes, withoutUsername: without }, waiting }
}
