import { type Delay, type WaitingChange, waits } from '../change/waiting.ts'
import type { Collector } from './collect.ts'
import type { GroupComparison, GroupWrite } from './compare-groups.ts'
import { buildTree, groupWrites, isInTrouble, type Tree } from './group-tree.ts'

const NOTHING = { otherId: 0, relation: '', fields: [] } as const

/**
 * The groups without what waits: those that were to go stay with their children under them, what is said anew of others
 * is not heard yet, and the tree is made once more of what is left.
 */
export function withholdGroups(
  collected: Collector,
  groups: GroupComparison,
  sourceId: number,
  delay: Delay,
  changes: WaitingChange[],
): {
  readonly comparison: GroupComparison
  /** Groups that hang elsewhere than the source says, and whose own record says nothing new. */
  readonly unheard: ReadonlySet<number>
  /** References of groups that wait with the removal of those whose keys they have. */
  readonly waitingRefs: ReadonlySet<number>
  /** Whether some of them only wait to hang elsewhere because another relation names the parent now. */
  readonly reparented: boolean
} {
  const waitingRemovals = new Set<number>()
  const removed = groups.removed.filter(({ id, kind }) => {
    if (!waits(delay, { kind: 'group', effect: 'remove', group: id })) return true
    waitingRemovals.add(id)
    changes.push({ ...NOTHING, kind: 'group', action: 'remove', id })
    if (kind === 'course') changes.push({ ...NOTHING, kind: 'course', action: 'archive', id })
    return false
  })
  const waitingWrites = new Map<number, GroupWrite>()
  for (const write of groups.writes) {
    const effect = unmakesCourse(collected, write) ? 'remove' : 'update'
    if (waits(delay, { kind: 'group', effect, group: write.id })) waitingWrites.set(write.id, write)
  }
  const waitingRefs = new Set(
    [...groups.replaced].flatMap(([id, ref]) => (waitingRemovals.has(id) ? [ref] : [])),
  )
  // There cannot be two groups under one key: this year's waits for last year's to go.
  const added = new Map([...groups.added].filter(([, ref]) => !waitingRefs.has(ref)))
  const tree = placeWithout(collected, { ...groups, added }, waitingRemovals, waitingWrites, delay)
  keepYears(tree, groups, waitingRemovals, waitingWrites)
  const left = groups.writes.filter(
    ({ id, index }) => index !== undefined && !waitingWrites.has(id),
  )
  const known = new Map(left.map(({ id, index }) => [id, index as number]))
  const { writes, schoolMoves } = groupWrites(collected, groups.before, tree, {
    known,
    changes: new Map(left.flatMap((write) => (write.changes ? [[write.id, write.changes]] : []))),
    sourceId,
  })
  const unheard = new Set<number>()
  for (const write of waitingWrites.values()) {
    // A child of a group that stays moves nowhere: that was only what followed.
    const follows = write.index === undefined && groups.placed.get(write.id)?.trouble === 'left'
    unheard.add(write.id)
    if (!follows) changes.push(...waitingWrite(collected, write))
  }
  const unsettled = new Set<number>()
  for (const [id, { trouble }] of tree.placed) {
    if (isInTrouble(collected.groups, trouble, tree.parentKeys.get(id))) unsettled.add(id)
  }
  const movesOnly = [...waitingWrites.values()].some(({ index }) => index === undefined)
  return {
    unheard,
    waitingRefs,
    reparented: groups.reparented !== undefined && movesOnly,
    comparison: {
      ...groups,
      added,
      replaced: new Map([...groups.replaced].filter(([id]) => !waitingRemovals.has(id))),
      removed,
      removedSlots: groups.removedSlots.filter(
        (slot) => !waitingRemovals.has(collected.groups.idAt(slot)),
      ),
      writes,
      schoolMoves,
      placed: tree.placed,
      parentKeys: tree.parentKeys,
      unsettled,
    },
  }
}

/** Years are as planned, but for groups that wait, and under year nodes that wait. */
function keepYears(
  { placed }: Tree,
  { placed: planned, before, replaced, keepYear }: GroupComparison,
  waitingRemovals: ReadonlySet<number>,
  waitingWrites: ReadonlyMap<number, GroupWrite>,
): void {
  const last = new Map([...replaced].map(([id, ref]) => [ref, id]))
  for (const [id, place] of placed) {
    const stays = waitingRemovals.has(id) || waitingWrites.has(id) || keepYear.has(id)
    const year = planned.get(id)?.yearId ?? null
    const there = year === null || placed.has(year) ? year : (last.get(year) ?? null)
    const yearId = stays ? (before.get(id)?.yearId ?? null) : there
    if (yearId !== place.yearId) placed.set(id, { ...place, yearId })
  }
}

/** What a group says anew may make a circle with what another says no longer, but still is: then that waits too. */
function placeWithout(
  collected: Collector,
  groups: GroupComparison,
  waitingRemovals: ReadonlySet<number>,
  waitingWrites: Map<number, GroupWrite>,
  delay: Delay,
): Tree {
  const { before, added, relation, reparented, aliases, removed } = groups
  const removedIds = new Set(removed.flatMap(({ id }) => (waitingRemovals.has(id) ? [] : [id])))
  for (;;) {
    const known = new Map<number, number>()
    const comingKeys = new Map<number, string>()
    for (const { id, index, action } of groups.writes) {
      if (index === undefined) continue
      if (!waitingWrites.has(id)) known.set(id, index)
      else if (action === 'rekey') comingKeys.set(id, collected.groups.keyOf(index))
    }
    const tree = buildTree(collected, {
      stored: before.values(),
      added,
      known,
      removedIds,
      relation,
      reparented,
      aliases,
      comingKeys,
      staying: (group) =>
        waitingWrites.has(group) || waits(delay, { kind: 'group', effect: 'update', group }),
    })
    const circle = groups.writes.filter(
      ({ id, index }) =>
        index !== undefined && !waitingWrites.has(id) && tree.placed.get(id)?.trouble === 'cycle',
    )
    if (circle.length === 0) return tree
    for (const write of circle) waitingWrites.set(write.id, write)
  }
}

function unmakesCourse({ groups }: Collector, { index, kindBefore }: GroupWrite): boolean {
  return (
    index !== undefined && kindBefore === 'course' && groups.records.get(index).kind !== 'course'
  )
}

function waitingWrite(collected: Collector, write: GroupWrite): WaitingChange[] {
  const { id, index, action, changes, moved } = write
  const fields = Object.keys({ ...changes?.before, ...changes?.after })
  if (moved) fields.push('parent')
  if (action === 'rekey') fields.push('key')
  const group = { ...NOTHING, kind: 'group', action, id, fields } as const
  if (index === undefined || !unmakesCourse(collected, write)) return [group]
  return [group, { ...NOTHING, kind: 'course', action: 'archive', id }]
}
