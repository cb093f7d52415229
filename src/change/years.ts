import type { GroupKind, GroupYear } from '../roster/group.ts'

/** A group as it was before a plan and as the plan would place it. */
export interface YearNode {
  readonly kind: GroupKind
  /** Undefined for a group that the plan adds. */
  readonly kindBefore: GroupKind | undefined
  /** Nearest ancestor of kind year, as placed. */
  readonly yearId: number | null
  /** The one under which it has been known so far. */
  readonly yearBefore: number | null
  /** Whether the delivery speaks of it, so that it may be replaced. */
  readonly mayGo: boolean
  /** The year in its key is another one. */
  readonly yearTurned: boolean
}

export interface YearTurn {
  /** Groups that are another group under the same key now: last year's goes, this year's comes. */
  readonly replaced: ReadonlySet<number>
  /** How many groups are known by a year from now on, or no longer, because other groups are called years now. */
  readonly learned: number
}

/**
 * A group under a year node is known by that node and its key. It is replaced when it comes under another one, when
 * its year node goes, or when that node is replaced itself. A group that only learns of a year, or is no longer told
 * one, stays the group that it is: naming year nodes in the rules ends nothing.
 */
export function turnOfYears(nodes: ReadonlyMap<number, YearNode>): YearTurn {
  const steps = new Map<number, 'stays' | 'replaced' | 'learned'>()
  let learned = 0
  const replaced = new Set<number>()
  const isYear = (id: number): boolean => {
    const node = nodes.get(id)
    return node?.kind === 'year' || node?.kindBefore === 'year'
  }
  const [years, others] = [[...nodes.keys()].filter(isYear), [...nodes.keys()]]
  for (const start of [...years, ...others]) {
    // Years are looked at before what is under them, from the outermost inwards.
    const path: number[] = []
    for (let id: number | null = start; id !== null && !steps.has(id) && !path.includes(id);) {
      path.push(id)
      id = nodes.get(id)?.yearId ?? null
    }
    for (const id of path.toReversed()) {
      const step = stepOf(nodes.get(id) as YearNode)
      steps.set(id, step)
      if (step === 'replaced') replaced.add(id)
      else if (step === 'learned') learned++
    }
  }
  return { replaced, learned }

  function stepOf(node: YearNode): 'stays' | 'replaced' | 'learned' {
    const { kindBefore, yearId, yearBefore, mayGo, yearTurned } = node
    if (kindBefore === undefined || !mayGo) return 'stays'
    if (yearTurned) return 'replaced'
    const now = yearId === null ? undefined : nodes.get(yearId)
    if (yearBefore === null) {
      return now !== undefined && now.kindBefore !== 'year' ? 'learned' : 'stays'
    }
    const before = nodes.get(yearBefore)
    if (before === undefined || replaced.has(yearBefore)) return 'replaced'
    if (yearId === yearBefore) return 'stays'
    if (before.kind !== 'year') return 'learned'
    if (now === undefined) return 'stays'
    const isNamedAnew = now.kindBefore !== undefined && now.kindBefore !== 'year'
    return isNamedAnew && isUnder(now, yearBefore) ? 'learned' : 'replaced'
  }

  function isUnder(node: YearNode, year: number): boolean {
    let id = node.yearId
    for (let steps = 0; id !== null && steps <= nodes.size; steps++) {
      if (id === year) return true
      id = nodes.get(id)?.yearId ?? null
    }
    return false
  }
}

/**
 * What another year in a group's key means. `turned`: other dates are sent, or the rules give another date; it is
 * another group. `learned`: the rules make a year of the same dates that they did not, or not this one; it is the same.
 */
export function turnOfKey(
  before: GroupYear | undefined,
  after: GroupYear | undefined,
): 'same' | 'turned' | 'learned' {
  if (before?.name === after?.name) return 'same'
  if (before === undefined || after === undefined || before.from !== after.from) return 'learned'
  return after.from === 'rules' || before.date !== after.date ? 'turned' : 'learned'
}
