import type { StoredMembership } from '../store/lookups.ts'
import type { Collector } from './collect.ts'
import type { GroupComparison } from './compare-groups.ts'
import type { CompareContext } from './compare-persons.ts'
import { codeOf, IS_DELETED } from './lists-read.ts'
import type { Member } from './members.ts'
import { ADD, type MembershipChanges } from './membership-changes.ts'

/**
 * Groups of another year whose lists the delivery does not hold whole, a delta or one without lists: their members go over
 * to the group that takes their place.
 */
export function carriedOver(
  { removesAbsent }: CompareContext,
  { deliveryType, seenKinds }: Collector,
  { replaced }: GroupComparison,
): ReadonlyMap<number, number> {
  const holdsLists = deliveryType === 'full' && (removesAbsent || seenKinds.has('membership'))
  return holdsLists ? new Map() : replaced
}

/** All of these become members. */
export function addAll(
  groupId: number,
  members: Iterable<Member>,
  changes: MembershipChanges,
): void {
  for (const { person, code, detail, place } of members) {
    if ((code & IS_DELETED) === 0) changes.add(ADD, groupId, person, code, 0, detail, place)
  }
}

/** Who is in last year's group is in this year's too, but for what the delivery says of him. */
export function carryOver(
  ref: number,
  rows: readonly StoredMembership[],
  sent: Iterable<Member>,
  { lists }: Collector,
  changes: MembershipChanges,
): void {
  const members = [...sent]
  const named = new Set(members.map(({ person }) => person))
  addAll(ref, members, changes)
  for (const row of rows) {
    if (named.has(row.personId)) continue
    const detail = lists.detailNumber(row.detail)
    changes.add(ADD, ref, row.personId, codeOf(row), 0, detail, -1)
  }
}

/** Lists of groups that are set aside and may be of another year: whose members they name cannot be told. */
export function setListsAside(
  { problems }: CompareContext,
  { lists, membersSetAside }: Collector,
  elements: readonly number[],
): void {
  for (const element of elements) {
    problems.add({ code: 'LIST_WAITS', place: lists.places.at(element), kind: 'membership' })
    membersSetAside.count += lists.endOf(element) - lists.starts.at(element)
  }
}
