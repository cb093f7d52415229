import type { Placed } from '../change/tree.ts'
import type { Place } from '../roster/record.ts'
import type { Collector } from './collect.ts'
import type { Comparison } from './compare.ts'
import { NOWHERE } from './records-read.ts'

/** New groups, parents before their children: number of the record and reference. */
export function topDown(
  added: ReadonlyMap<number, number>,
  placed: ReadonlyMap<number, Placed>,
): [number, number][] {
  const depths = new Map<number, number>()
  const depthOf = (id: number | null): number => {
    let depth = 0
    for (let at = id; at !== null; depth++) {
      const known = depths.get(at)
      if (known !== undefined) return depth + known
      at = placed.get(at)?.parentId ?? null
    }
    return depth
  }
  for (const ref of added.values()) depths.set(ref, depthOf(ref))
  return [...added].toSorted(([, a], [, b]) => (depths.get(a) ?? 0) - (depths.get(b) ?? 0))
}

/** Groups that leave, children before their parents. */
export function bottomUp<G extends { readonly id: number; readonly parentId: number | null }>(
  groups: readonly G[],
): G[] {
  const parents = new Map(groups.map(({ id, parentId }) => [id, parentId]))
  const depthOf = (id: number): number => {
    let depth = 0
    let at: number | null | undefined = id
    while (at !== null && at !== undefined && depth <= parents.size) {
      at = parents.get(at)
      depth++
    }
    return depth
  }
  const depths = new Map(groups.map(({ id }) => [id, depthOf(id)]))
  return groups.toSorted((a, b) => (depths.get(b.id) ?? 0) - (depths.get(a.id) ?? 0))
}

/** Where a record stands in the delivery; undefined for one that is not in it. */
export function placeOf(
  { places }: { readonly places: { at(index: number): number } },
  index: number,
): Place | undefined {
  const place = places.at(index)
  return place === NOWHERE ? undefined : place
}

/** The username that a person gets, and whether Rollcall made it. */
export function personUsername(
  { usernames: sent, usernamesAsSent }: Collector,
  { usernames, persons: { withoutUsername } }: Comparison,
  index: number,
): { readonly value: string | null; readonly made: string | null } {
  const made = usernames.get(index)
  if (made !== undefined) return { value: made, made }
  if (withoutUsername.has(index) || sent[index] === undefined) return { value: null, made: null }
  return { value: usernamesAsSent[index] ?? null, made: null }
}
