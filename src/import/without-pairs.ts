import { isProposed } from '../change/key-churn.ts'
import type { Comparison } from './compare.ts'
import type { GroupComparison } from './compare-groups.ts'
import { ACTIVE } from './lists-read.ts'
import { ADD, MembershipChanges, REMOVE, UPDATE } from './membership-changes.ts'

/**
 * A comparison without the pairs that are sure enough, as if each were one record with a new key that else says what it
 * said: nobody of them leaves or comes, and memberships of the old key go on under the new one. For counting only.
 */
export function withoutPairs(comparison: Comparison): Comparison {
  const { persons, groups, lists, suspected } = comparison
  /** Reference of a new record to the id of the one that it is. */
  const was = new Map<number, number>()
  const paired = new Set<number>()
  for (const { oldId, ref, leftOut, confidence } of [
    ...suspected.person.pairs,
    ...suspected.group.pairs,
  ]) {
    if (leftOut || !isProposed({ confidence })) continue
    was.set(ref, oldId)
    paired.add(oldId)
  }
  const staying = ({ id }: { readonly id: number }): boolean => !paired.has(id)
  const coming = ([, ref]: readonly [number, number]): boolean => !was.has(ref)
  return {
    ...comparison,
    persons: {
      ...persons,
      added: new Map([...persons.added].filter(coming)),
      removed: persons.removed.filter(staying),
    },
    groups: {
      ...groups,
      added: new Map([...groups.added].filter(coming)),
      removed: groups.removed.filter(staying),
      placed: placedAsBefore(groups, was),
    },
    lists: { ...lists, changes: matched(lists.changes, was, paired) },
  }
}

function placedAsBefore(
  { placed }: GroupComparison,
  was: ReadonlyMap<number, number>,
): GroupComparison['placed'] {
  const id = (ref: number): number => was.get(ref) ?? ref
  const orNull = (ref: number | null): number | null => (ref === null ? null : id(ref))
  return new Map(
    [...placed].map(([ref, { parentId, schoolId, ...place }]) => [
      id(ref),
      { ...place, parentId: orNull(parentId), schoolId: orNull(schoolId) },
    ]),
  )
}

/** Membership changes where one that ends and one that begins are the same membership, and no change any more. */
function matched(
  changes: MembershipChanges,
  was: ReadonlyMap<number, number>,
  paired: ReadonlySet<number>,
): MembershipChanges {
  const id = (ref: number): number => was.get(ref) ?? ref
  const next = new MembershipChanges()
  /** By group and person: the row that ends a membership, until the one that begins it is found. */
  const ending = new Map<string, number>()
  const beginning: number[] = []
  for (let row = 0; row < changes.length; row++) {
    const group = changes.groups.at(row)
    const person = changes.persons.at(row)
    const isPaired = [group, person].some((each) => was.has(each) || paired.has(each))
    const action = changes.actions.at(row)
    if (isPaired && action === REMOVE) ending.set(`${id(group)} ${id(person)}`, row)
    else if (isPaired && action === ADD) beginning.push(row)
    else next.take(changes, row)
  }
  for (const row of beginning) {
    const group = id(changes.groups.at(row))
    const person = id(changes.persons.at(row))
    const key = `${group} ${person}`
    const other = ending.get(key)
    if (other === undefined) {
      next.add(ADD, group, person, changes.codes.at(row), 0, 0, changes.places.at(row))
      continue
    }
    ending.delete(key)
    const before = changes.codesBefore.at(other)
    const code = changes.codes.at(row)
    if ((before & ACTIVE) === (code & ACTIVE)) continue
    next.add(UPDATE, group, person, code, before, 0, changes.places.at(row))
  }
  for (const row of ending.values()) next.take(changes, row)
  return next
}
