import { ListMirror } from '../change/list-mirror.ts'
import { type Delay, type Effect, type WaitingChange, waits } from '../change/waiting.ts'
import type { ListComparison } from './compare-lists.ts'
import { ACTIVE } from './lists-read.ts'
import { ADD, MembershipChanges, REMOVE } from './membership-changes.ts'

/**
 * The memberships without what waits. Whoever leaves takes his memberships along, and so does a group.
 *
 * @param leaving Who leaves at once.
 */
export function withholdLists(
  lists: ListComparison,
  leaving: { readonly persons: ReadonlySet<number>; readonly groups: ReadonlySet<number> },
  delay: Delay,
  waitingChanges: WaitingChange[],
): {
  readonly comparison: ListComparison
  /** Groups in which something waits. */
  readonly waiting: Set<number>
} {
  const { changes } = lists
  /** Made only once something waits: of a first import's million changes nothing does. */
  let left: MembershipChanges | undefined
  const waiting = new Set<number>()
  for (let row = 0; row < changes.length; row++) {
    const group = changes.groups.at(row)
    const person = changes.persons.at(row)
    const effect = effectOf(changes, row)
    const goesAlong = leaving.persons.has(person) || leaving.groups.has(group)
    if (goesAlong || !waits(delay, { kind: 'membership', effect, group, person })) {
      left?.take(changes, row)
      continue
    }
    if (left === undefined) {
      left = new MembershipChanges()
      for (let before = 0; before < row; before++) left.take(changes, before)
    }
    waiting.add(group)
    waitingChanges.push({
      kind: 'membership',
      action: effect === 'remove' ? 'remove' : 'update',
      id: group,
      otherId: person,
      relation: '',
      fields: effect === 'remove' && changes.actions.at(row) !== REMOVE ? ['active'] : [],
    })
  }
  return { comparison: { ...lists, changes: left ?? changes }, waiting }
}

/** The memberships and links of all groups but these. */
export function withoutLists(lists: ListComparison, groups: ReadonlySet<number>): ListComparison {
  if (groups.size === 0) return lists
  const changes = new MembershipChanges()
  for (let row = 0; row < lists.changes.length; row++) {
    if (!groups.has(lists.changes.groups.at(row))) changes.take(lists.changes, row)
  }
  return {
    ...lists,
    changes,
    links: lists.links.filter(({ groupId }) => !groups.has(groupId)),
    mirror: lists.mirror.replace(
      (groupId) => groups.has(groupId),
      new ListMirror(),
      (groupId) => groupId,
    ),
  }
}

/** Ending and becoming inactive take away; what is inactive before and after is only updated. */
function effectOf(changes: MembershipChanges, row: number): Effect {
  const action = changes.actions.at(row)
  if (action === ADD) return 'add'
  const was = (changes.codesBefore.at(row) & ACTIVE) !== 0
  const is = (changes.codes.at(row) & ACTIVE) !== 0
  if (action === REMOVE || (was && !is)) return 'remove'
  return is && !was ? 'add' : 'update'
}
