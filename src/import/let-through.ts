import type { LetThrough } from '../change/waiting.ts'
import { membersOfSchool, personHeads, personsByKey } from '../store/lookups.ts'
import type { Collector } from './collect.ts'
import type { Comparison } from './compare.ts'
import type { CompareContext } from './compare-persons.ts'

/** What a person lets through by hand: one record with its memberships and relations, all of a school, or a profile. */
export type LetThroughRequest =
  { readonly key: string } | { readonly school: string } | { readonly profile: string }

/** Whom a request means among those whose changes a comparison holds. */
export async function whoIsLetThrough(
  { session, siteId }: Pick<CompareContext, 'session' | 'siteId'>,
  collected: Collector,
  comparison: Comparison,
  request: LetThroughRequest,
): Promise<LetThrough> {
  if ('school' in request) {
    const { groupIds, personIds } = await membersOfSchool(session, siteId, request.school)
    return { persons: personIds, groups: groupIds, members: new Set(), lists: groupIds }
  }
  const { persons, groups, lists, relations } = comparison
  if ('profile' in request) {
    const ids = new Set(lists.changes.persons)
    for (const { id } of [...persons.removed, ...persons.writes]) ids.add(id)
    for (const { personId, otherId } of relations.changes) ids.add(personId).add(otherId)
    const heads = await personHeads(
      session,
      siteId,
      [...ids].filter((id) => id > 0),
    )
    const those = new Set(
      heads.flatMap(({ id, profile }) => (profile === request.profile ? [id] : [])),
    )
    return { persons: those, groups: new Set(), members: those, lists: new Set() }
  }
  const { key } = request
  const found = await personsByKey(session, siteId, [key])
  const personIds = new Set(found.map(({ id }) => id))
  for (const { id, index } of persons.writes) {
    if (collected.persons.keyOf(index) === key) personIds.add(id)
  }
  const groupIds = new Set<number>()
  for (const group of groups.before.values()) if (group.key === key) groupIds.add(group.id)
  for (const write of groups.writes) if (write.key === key) groupIds.add(write.id)
  return { persons: personIds, groups: groupIds, members: personIds, lists: groupIds }
}
