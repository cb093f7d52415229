import {
  endedByBin,
  listsElsewhere,
  type OtherMembership,
  otherMemberships,
} from '../store/other-memberships.ts'
import type { AliasComparison } from './aliases.ts'
import type { Comparison } from './compare.ts'
import type { GroupComparison } from './compare-groups.ts'
import type { CompareContext, PersonComparison } from './compare-persons.ts'

/** What a plan means for what other sources, and people by hand, have said. */
export interface OtherSources {
  /** Memberships that end with their person or group. */
  readonly ended: readonly OtherMembership[]
  /** Memberships by hand that come back with their person. */
  readonly restored: readonly OtherMembership[]
  /** Lists that use a name which means somebody else now, or nobody. */
  readonly lists: readonly { readonly sourceId: number; readonly groupId: number }[]
}

export const NO_OTHERS: OtherSources = { ended: [], restored: [], lists: [] }

export async function otherSources(
  { session, siteId, sourceId, hasOthers }: CompareContext,
  persons: PersonComparison,
  groups: GroupComparison,
  aliases: { readonly persons: AliasComparison; readonly groups: AliasComparison },
): Promise<OtherSources> {
  const idsOf = (records: readonly { readonly id: number }[]): number[] =>
    records.map(({ id }) => id)
  const removed = { persons: idsOf(persons.removed), groups: idsOf(groups.removed) }
  const restored = idsOf(persons.writes.filter(({ action }) => action === 'restore'))
  const losers = { persons: [...aliases.persons.losers], groups: [...aliases.groups.losers] }
  const gone = new Set(removed.groups)
  const some = (lists: { readonly [kind in 'persons' | 'groups']: readonly number[] }): boolean =>
    lists.persons.length + lists.groups.length > 0
  const byHand = restored.length === 0 ? [] : await endedByBin(session, siteId, restored)
  return {
    ended: some(removed)
      ? await otherMemberships(session, siteId, sourceId, removed.persons, removed.groups)
      : [],
    restored: byHand.filter(({ groupId }) => !gone.has(groupId)),
    lists:
      hasOthers && some(losers)
        ? await listsElsewhere(session, siteId, sourceId, losers.persons, losers.groups)
        : [],
  }
}

/** Whose removal waits keeps his aliases, and the memberships that others hold with him. */
export function tiesOfStaying(
  {
    aliases,
    others,
    persons,
    groups,
  }: Pick<Comparison, 'aliases' | 'others' | 'persons' | 'groups'>,
  personsRemoved: readonly { readonly id: number }[],
  groupsRemoved: readonly { readonly id: number }[],
): Pick<Comparison, 'aliases' | 'others'> {
  const staying = (
    all: readonly { readonly id: number }[],
    leaving: readonly { readonly id: number }[],
  ): ReadonlySet<number> => {
    const leave = new Set(leaving.map(({ id }) => id))
    return new Set(all.flatMap(({ id }) => (leave.has(id) ? [] : [id])))
  }
  const stays = {
    persons: staying(persons.removed, personsRemoved),
    groups: staying(groups.removed, groupsRemoved),
  }
  const gone = {
    persons: new Set(personsRemoved.map(({ id }) => id)),
    groups: new Set(groupsRemoved.map(({ id }) => id)),
  }
  const kept = (kind: 'persons' | 'groups'): AliasComparison => ({
    ...aliases[kind],
    dropped: aliases[kind].dropped.filter(({ id }) => !stays[kind].has(id)),
  })
  return {
    aliases: { persons: kept('persons'), groups: kept('groups') },
    others: {
      ...others,
      ended: others.ended.filter(
        ({ personId, groupId }) => gone.persons.has(personId) || gone.groups.has(groupId),
      ),
    },
  }
}
