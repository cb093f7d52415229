import type { GroupKind } from '../roster/group.ts'
import { type Pair, type Pairs, settlePairs } from './key-churn.ts'

/** What tells whether two groups are the same. */
export interface GroupTraits {
  /** Roster id, or a reference of one that is new. */
  readonly id: number
  readonly kind: GroupKind
  readonly title: string
  /** Under which group it hangs; null under the site. */
  readonly parent: number | null
  /** Its members, sorted, by roster id or reference; the same person has the same number in both groups. */
  readonly members: Float64Array
}

/**
 * Which of the groups that leave are probably which of those that come: the same kind, title and parent, and most
 * members. Two without any members agree about them. A parent may itself be one of a pair: whole trees get new keys.
 */
export function suspectGroups(
  before: readonly GroupTraits[],
  after: readonly GroupTraits[],
): Pairs {
  const leaving = Map.groupBy(before.keys(), (index) => placeOf(before[index] as GroupTraits))
  /** New group to the one that it was. */
  const was = new Map<number, number>()
  const pairs: Pair[] = []
  let ambiguous = 0
  for (const level of levelsOf(after)) {
    const candidates: Pair[] = []
    for (const index of level) {
      const group = after[index] as GroupTraits
      const { parent } = group
      const place = placeOf({
        ...group,
        parent: parent === null ? null : (was.get(parent) ?? parent),
      })
      for (const other of leaving.get(place) ?? []) {
        if (!sharesMost((before[other] as GroupTraits).members, group.members)) continue
        candidates.push({
          before: other,
          after: index,
          confidence: 'high',
          reasons: group.members.length > 0 ? ['title', 'parent', 'members'] : ['title', 'parent'],
        })
      }
    }
    const settled = settlePairs(candidates)
    ambiguous += settled.ambiguous
    for (const pair of settled.pairs) {
      pairs.push(pair)
      was.set((after[pair.after] as GroupTraits).id, (before[pair.before] as GroupTraits).id)
    }
  }
  return { pairs: pairs.toSorted((a, b) => a.before - b.before), ambiguous }
}

function placeOf({ kind, title, parent }: Omit<GroupTraits, 'members'>): string {
  return `${parent ?? ''}\n${kind}\n${title.trim().toLowerCase()}`
}

/** The groups from top to bottom: those under none of the others first, then those under these, and so on. */
function* levelsOf(groups: readonly GroupTraits[]): Generator<readonly number[]> {
  const open = new Set(groups.map(({ id }) => id))
  let left = [...groups.keys()]
  while (left.length > 0) {
    const isOpen = (index: number): boolean => {
      const { parent, id } = groups[index] as GroupTraits
      return parent !== null && parent !== id && open.has(parent)
    }
    const level = left.filter((index) => !isOpen(index))
    // Cycles are set aside before; were there one, it would end here.
    if (level.length === 0) return
    yield level
    left = left.filter(isOpen)
    for (const index of level) open.delete((groups[index] as GroupTraits).id)
  }
}

/** Whether more than half of each are members of the other one, too. */
function sharesMost(one: Float64Array, other: Float64Array): boolean {
  let shared = 0
  for (let at = 0, to = 0; at < one.length && to < other.length;) {
    const difference = (one[at] as number) - (other[to] as number)
    if (difference === 0) shared++
    if (difference <= 0) at++
    if (difference >= 0) to++
  }
  const most = Math.max(one.length, other.length)
  return most === 0 || shared * 2 > most
}
