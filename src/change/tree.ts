import type { GroupKind, GroupLink } from '../roster/group.ts'

/** A group as the tree needs it. `id` is negative for one that the plan adds. */
export interface TreeNode {
  readonly id: number
  readonly key: string
  /** The key that it is to have and does not have yet: children may name it so already. */
  readonly comingKey?: string
  readonly kind: GroupKind
  /** What the source says, as a key; undefined for a top group. */
  readonly parentKey: string | undefined
  /** Where it hung before this plan, or null under the site; undefined for a new group. */
  readonly parentBefore: number | null | undefined
  /** True where it stays under `parentBefore`, or under the nearest ancestor left, whatever its key says. */
  readonly stays?: boolean
}

export interface Placed {
  readonly parentId: number | null
  readonly schoolId: number | null
  /** Nearest ancestor of kind year: beside its key, what a group is known by. */
  readonly yearId: number | null
  /** `unknown` the parent is not here and never was · `left` it was here and is no longer · `cycle` see below. */
  readonly trouble?: 'unknown' | 'left' | 'cycle'
}

export type ParentRelation = 1 | 2

/**
 * Which relation names the parent in this file. By the standard 1 points to the parent; some senders write 2.
 * Decided by who points to whom: where every link is 2, 2 it is; where any group points up with 1, 1 it is.
 * Undefined when no group says anything.
 */
export function detectParentRelation(links: {
  readonly ones: number
  readonly twos: number
}): ParentRelation | undefined {
  if (links.ones > 0) return 1
  return links.twos > 0 ? 2 : undefined
}

/**
 * The parent's key, or undefined for a top group: one without a parent, or one that points to itself. Of several
 * parents the first counts that the rules do not leave out: a course section names its term beside its course.
 */
export function parentKeyOf(
  key: string,
  links: readonly GroupLink[],
  relation: ParentRelation,
  isLeftOut: (key: string) => boolean,
): string | undefined {
  const parents = links.filter((link) => link.relation === relation)
  const [first] = parents
  const parent =
    parents.length < 2 ? first : (parents.find((link) => !isLeftOut(link.key)) ?? first)
  return parent?.key === key ? undefined : parent?.key
}

/**
 * Hangs every group under its parent. A child whose parent is gone hangs under the nearest ancestor left; one whose
 * parent was never known hangs under the site. Groups that are their own ancestors are in trouble, all of them.
 *
 * @param gone Groups that this plan removes: id to the parent that they had.
 * @param aliases Further keys by which a group may be named as a parent.
 */
export function placeGroups(
  nodes: readonly TreeNode[],
  gone: ReadonlyMap<number, number | null>,
  goneByKey: ReadonlyMap<string, number>,
  aliases: ReadonlyMap<string, number> = new Map(),
): Map<number, Placed> {
  const byKey = new Map(nodes.map((node) => [node.key, node]))
  for (const node of nodes) {
    const { comingKey } = node
    if (comingKey !== undefined && !byKey.has(comingKey)) byKey.set(comingKey, node)
  }
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const parents = new Map<number, { id: number | null; trouble?: 'unknown' | 'left' }>()
  for (const node of nodes) parents.set(node.id, parentOf(node))

  const placed = new Map<number, Placed>()
  const cyclic = cycles(nodes, (id) => parents.get(id)?.id ?? null)
  for (const node of nodes) placed.set(node.id, place(node))
  return placed

  function parentOf(node: TreeNode): { id: number | null; trouble?: 'unknown' | 'left' } {
    if (node.stays === true && node.parentBefore !== undefined) {
      const id = node.parentBefore === null ? null : nearestLeft(node.parentBefore)
      return id === node.parentBefore ? { id } : { id, trouble: 'left' }
    }
    if (node.parentKey === undefined) return { id: null }
    const parent = byKey.get(node.parentKey) ?? named(node.parentKey)
    if (parent) return { id: parent.id }
    const left = goneByKey.get(node.parentKey) ?? node.parentBefore ?? undefined
    if (left === undefined) return { id: null, trouble: 'unknown' }
    return { id: nearestLeft(left), trouble: 'left' }
  }

  /** A group without a key is named by its number. */
  function named(key: string): TreeNode | undefined {
    const number = /^#([0-9]+)$/.exec(key)?.[1]
    const id = number === undefined ? aliases.get(key) : Number(number)
    return id === undefined ? undefined : byId.get(id)
  }

  function nearestLeft(start: number): number | null {
    let id: number | null = start
    for (let steps = 0; id !== null && !byId.has(id) && steps <= gone.size; steps++) {
      id = gone.get(id) ?? null
    }
    return id !== null && byId.has(id) ? id : null
  }

  function place(node: TreeNode): Placed {
    if (cyclic.has(node.id))
      return { parentId: null, schoolId: null, yearId: null, trouble: 'cycle' }
    const { id, trouble } = parents.get(node.id) as {
      id: number | null
      trouble?: 'unknown' | 'left'
    }
    const schoolId = nearest('school', node)
    const yearId = nearest('year', above(node))
    return { parentId: id, schoolId, yearId, ...(trouble ? { trouble } : {}) }
  }

  /** The first of this kind from a group upwards. */
  function nearest(kind: GroupKind, start: TreeNode | undefined): number | null {
    let node = start
    for (let steps = 0; node !== undefined && steps <= nodes.length; steps++) {
      if (node.kind === kind) return node.id
      node = above(node)
    }
    return null
  }

  function above(node: TreeNode): TreeNode | undefined {
    const up = parents.get(node.id)?.id ?? null
    return up === null ? undefined : byId.get(up)
  }
}

/** Every node that is its own ancestor. */
function cycles(nodes: readonly TreeNode[], parent: (id: number) => number | null): Set<number> {
  const UNDERWAY = 1
  const DONE = 2
  const states = new Map<number, number>()
  const cyclic = new Set<number>()
  for (const { id: start } of nodes) {
    const path: number[] = []
    let id: number | null = start
    while (id !== null && !states.has(id)) {
      states.set(id, UNDERWAY)
      path.push(id)
      id = parent(id)
    }
    if (id !== null && states.get(id) === UNDERWAY) {
      for (const node of path.slice(path.indexOf(id))) cyclic.add(node)
    }
    for (const node of path) states.set(node, DONE)
  }
  return cyclic
}
