import { ListMirror, LOOK_AGAIN } from '../change/list-mirror.ts'
import { FREE, NOT_TAKEN } from '../change/mirror.ts'
import type { ImsMembership } from '../ims/records.ts'
import { groupLinksOf, hasGroupLinks } from '../store/group-links.ts'
import { groupsOfPersons, membershipsOfGroups, type StoredMembership } from '../store/lookups.ts'
import { anyNewlyTaken, type Collector, type Mirror } from './collect.ts'
import type { GroupComparison } from './compare-groups.ts'
import type { CompareContext, PersonComparison } from './compare-persons.ts'
import type { Elsewhere, PersonsElsewhere } from './elsewhere.ts'
import { ACTIVE, codeOf, IS_DELETED, IS_GROUP, ROLE_BITS } from './lists-read.ts'
import { addAll, carriedOver, carryOver, setListsAside } from './lists-of-years.ts'
import { ADD, MembershipChanges, REMOVE, UPDATE } from './membership-changes.ts'
import { type GroupLinkChange, Members } from './members.ts'
import {
  groupResolver,
  LEFT_OUT,
  personResolver,
  type Resolve,
  standInFinder,
  UNKNOWN,
} from './resolve.ts'

export interface ListComparison {
  readonly changes: MembershipChanges
  readonly links: readonly GroupLinkChange[]
  /** Elements and sums of every group that was looked at; they take the place of the mirror's. */
  readonly mirror: ListMirror
  readonly lookedAt: ReadonlySet<number>
  /** Memberships in groups that leave or of persons that leave are among the changes; these are set aside. */
  readonly membersSetAside: number
  readonly membersNotTaken: number
}

/** What the lists of a delivery have to do with the rest of the site. */
export interface ListTies {
  readonly persons: PersonsElsewhere
  readonly groups: Elsewhere
  /** Groups of whose lists another run has ended something. */
  readonly again: ReadonlySet<number>
  /** Persons who stay, of whom the source says nothing any more. */
  readonly letGo: readonly number[]
  /** Records that are no longer meant by a name that they had. */
  readonly renamed: {
    readonly persons: ReadonlySet<number>
    readonly groups: ReadonlySet<number>
  }
}

const NOTHING = { sumHigh: 0n, sumLow: 0n, unsettled: new Set<number>() }

/** Reads a list again that was known, at its place in the delivery. */
export type ReadAgain = (place: number, length: number) => ImsMembership

/**
 * Compares lists of members. A group is looked at when any of its elements is new, missing or unsettled, or when
 * someone in it leaves; for the others not even their keys are read. The order-free sum tells a list that was only
 * reordered or split from one that changed, before any row is fetched.
 */
export async function compareLists(
  context: CompareContext,
  collected: Collector,
  mirror: Mirror,
  persons: PersonComparison,
  groups: GroupComparison,
  ties: ListTies,
  readAgain: ReadAgain,
): Promise<ListComparison> {
  const full = collected.deliveryType === 'full'
  const group = groupResolver(mirror.groups, collected.groups, groups, ties.groups)
  const person = personResolver(mirror.persons, collected.persons, persons, ties.persons.found)
  const leaving = [...persons.removed.map(({ id }) => id), ...ties.letGo]
  const left = new Set(leaving)
  const gone = new Set(groups.removed.map(({ id }) => id))
  // In a full delivery the lists say what is left of them.
  if (!full) for (const id of groups.handedOver.keys()) gone.add(id)
  const inPlay = new Set([
    ...(await groupsOfPersons(context.session, context.siteId, context.sourceId, [
      ...leaving,
      ...ties.renamed.persons,
    ])),
    ...ties.renamed.groups,
    ...(full ? ties.again : []),
  ])
  const dirty = findDirty(context, collected, mirror, groups, new Set([...inPlay, ...gone]))
  // A new element of a group makes its known ones needed too: together they are the list.
  for (let element = 0; element < collected.lists.length; element++) {
    const { keys, groupKeys } = collected.lists
    const ref = group(keys.high, keys.low, groupKeys.at(element))
    if (ref !== UNKNOWN && ref !== LEFT_OUT) dirty.add(ref)
  }
  readKnownAgain(collected, mirror, dirty, readAgain)
  await ties.persons.lookUp(person, collected.lists)

  const isStandIn = standInFinder(mirror.persons, collected.persons, persons)
  const members = new Members(collected, person, context, readAgain, isStandIn)
  const byGroup = elementsByGroup(context, collected, group)
  const next = new ListMirror()
  const changes = new MembershipChanges()
  const compareIds: number[] = [...gone]
  /** Groups whose list does not add up to what it did: only their group links can have changed. */
  const newSums: number[] = []
  const carried = carriedOver(context, collected, groups)
  const refsCarried = new Set(carried.values())

  for (const groupId of new Set([...dirty, ...byGroup.keys()])) {
    if (gone.has(groupId)) continue
    const elements = byGroup.get(groupId) ?? []
    if (groups.waiting.has(groupId)) {
      setListsAside(context, collected, elements)
      keep(next, collected, groupId, [], NOTHING, false)
      if (inPlay.has(groupId)) compareIds.push(groupId)
      continue
    }
    if (groupId === NOT_TAKEN) {
      members.leaveOut(elements)
      keep(next, collected, groupId, elements, NOTHING, full && context.removesAbsent)
      continue
    }
    const state = members.settle(elements)
    if (groupId < 0) {
      newSums.push(groupId)
      if (!refsCarried.has(groupId)) addAll(groupId, members.of(elements), changes)
    } else {
      const before = mirror.lists.states.get(groupId)
      const same =
        full &&
        !state.hasStandIn &&
        before !== undefined &&
        before.sumHigh === state.sumHigh &&
        before.sumLow === state.sumLow
      if (!same || inPlay.has(groupId)) compareIds.push(groupId)
      if (full ? !same : members.hasLinks(elements)) newSums.push(groupId)
    }
    const settled = full && context.removesAbsent
    // Where somebody cannot be read, the roster keeps more than the sum says.
    const certain = settled && !members.hasUnreadable(elements)
    keep(next, collected, groupId, elements, state, settled, certain)
  }
  compareIds.sort((a, b) => a - b)
  const linked =
    newSums.length > 0 &&
    (collected.lists.linkKeys.size > 0 || (await hasGroupLinks(context.session, context.siteId)))
  for (const ref of refsCarried) if (!byGroup.has(ref)) newSums.push(ref)
  const mayEnd = (groupId: number): boolean =>
    gone.has(groupId) ||
    (full &&
      context.removesAbsent &&
      !groups.waiting.has(groupId) &&
      !members.hasUnreadable(byGroup.get(groupId) ?? []))
  await compareStored(context, compareIds, (groupId, rows) => {
    const elements =
      gone.has(groupId) || groups.waiting.has(groupId) ? [] : (byGroup.get(groupId) ?? [])
    const ends = mayEnd(groupId)
    const endsIfAbsent = (row: StoredMembership): boolean => ends || left.has(row.personId)
    compareGroup(groupId, rows, members, elements, endsIfAbsent, changes)
    const ref = carried.get(groupId)
    if (ref === undefined) return
    const staying = rows.filter((row) => !left.has(row.personId))
    carryOver(ref, staying, members.of(byGroup.get(ref) ?? []), collected, changes)
  })
  return {
    changes,
    links: linked ? members.links(newSums, byGroup, await stayingLinks()) : [],
    mirror: next,
    lookedAt: dirty,
    membersSetAside: members.setAside,
    membersNotTaken: members.notTaken,
  }

  /** Links of groups where absence means nothing. */
  async function stayingLinks(): Promise<
    Map<number, readonly { readonly key: string; readonly role: number }[]>
  > {
    const settled = full && context.removesAbsent
    const incomplete = newSums.filter(
      (id) => id > 0 && (!settled || members.hasUnreadable(byGroup.get(id) ?? [])),
    )
    const asked = [...incomplete, ...carried.keys()]
    if (asked.length === 0) return new Map()
    const links = await groupLinksOf(context.session, context.siteId, context.sourceId, asked)
    return Map.groupBy(links, ({ groupId }) => carried.get(groupId) ?? groupId)
  }
}

/** The groups whose lists must be looked at. */
function findDirty(
  { removesAbsent }: CompareContext,
  { lists, persons, groups, deliveryType }: Collector,
  mirror: Mirror,
  comparison: GroupComparison,
  also: ReadonlySet<number>,
): Set<number> {
  const dirty = new Set(also)
  const everything = anyNewlyTaken(mirror.persons, persons) || anyNewlyTaken(mirror.groups, groups)
  const watch = removesAbsent && deliveryType === 'full'
  for (let entry = 0; entry < mirror.lists.groupIds.length; entry++) {
    const groupId = mirror.lists.groupIds.at(entry)
    if (groupId === FREE) continue
    const there = (lists.knownLengths[entry] as number) > 0
    if (there ? everything : watch) dirty.add(groupId)
  }
  if (watch) {
    for (const [groupId, state] of mirror.lists.states) {
      if (state.unsettled > 0) dirty.add(groupId)
    }
  }
  for (const { id } of comparison.removed) dirty.add(id)
  return dirty
}

function readKnownAgain(
  collected: Collector,
  mirror: Mirror,
  dirty: ReadonlySet<number>,
  readAgain: ReadAgain,
): void {
  const { lists } = collected
  if (dirty.size === 0) return
  for (let entry = 0; entry < lists.knownLengths.length; entry++) {
    const length = lists.knownLengths[entry] as number
    if (length === 0 || !dirty.has(mirror.lists.groupIds.at(entry))) continue
    collected.recordsRead++
    const membership = readAgain(lists.knownPlaces[entry] as number, length)
    collected.addMembership(membership, {
      high: mirror.lists.rawHigh.at(entry),
      low: mirror.lists.rawLow.at(entry),
    })
  }
}

/** Elements by the group they mean. Those of a group that nobody knows are set aside with all their members. */
function elementsByGroup(
  { problems }: CompareContext,
  collected: Collector,
  group: Resolve,
): Map<number, number[]> {
  const { lists } = collected
  const byGroup = new Map<number, number[]>()
  for (let element = 0; element < lists.length; element++) {
    const ref = group(lists.keys.high, lists.keys.low, lists.groupKeys.at(element))
    if (ref === UNKNOWN) {
      const place = lists.places.at(element)
      problems.add({ code: 'GROUP_UNKNOWN', place, kind: 'membership' })
      collected.membersSetAside.count += lists.endOf(element) - lists.starts.at(element)
      continue
    }
    const key = ref === LEFT_OUT ? NOT_TAKEN : ref
    const elements = byGroup.get(key)
    if (elements) elements.push(element)
    else byGroup.set(key, [element])
  }
  return byGroup
}

/** Puts a group's elements and sum into the next mirror. */
function keep(
  next: ListMirror,
  { lists }: Collector,
  groupId: number,
  elements: readonly number[],
  state: {
    readonly sumHigh: bigint
    readonly sumLow: bigint
    readonly unsettled: ReadonlySet<number>
  },
  settled: boolean,
  certain = settled,
): void {
  for (const element of elements) {
    if (!settled || state.unsettled.has(element)) continue
    const high = lists.rawHigh.at(element)
    const low = lists.rawLow.at(element)
    // The same element twice is one: next time both have the same bytes, and count as that one.
    if (next.findRaw(high, low) < 0) next.add(groupId, high, low)
  }
  if (groupId === NOT_TAKEN) return
  if (certain) next.states.set(groupId, { ...state, unsettled: state.unsettled.size })
  else next.states.set(groupId, LOOK_AGAIN)
}

/** Walks what the roster holds of these groups, group by group. */
async function compareStored(
  { session, siteId, sourceId }: CompareContext,
  groupIds: readonly number[],
  compareRows: (groupId: number, rows: readonly StoredMembership[]) => void,
): Promise<void> {
  if (groupIds.length === 0) return
  let at = 0
  for await (const rows of membershipsOfGroups(session, siteId, sourceId, groupIds)) {
    const { groupId } = rows[0] as StoredMembership
    while ((groupIds[at] as number) < groupId) compareRows(groupIds[at++] as number, [])
    compareRows(groupIds[at++] as number, rows)
  }
  while (at < groupIds.length) compareRows(groupIds[at++] as number, [])
}

function compareGroup(
  groupId: number,
  rows: readonly StoredMembership[],
  members: Members,
  elements: readonly number[],
  endsIfAbsent: (row: StoredMembership) => boolean,
  changes: MembershipChanges,
): void {
  const before = new Map(rows.map((row) => [row.personId, row]))
  for (const member of members.of(elements)) {
    const row = before.get(member.person)
    before.delete(member.person)
    const { person, code, detail, place } = member
    if (code & IS_DELETED) {
      if (row) changes.add(REMOVE, groupId, person, codeOf(row), codeOf(row), 0, place)
    } else if (!row) {
      changes.add(ADD, groupId, person, code, 0, detail, place)
    } else if (
      codeOf(row) !== (code & (ROLE_BITS | ACTIVE | IS_GROUP)) ||
      row.detail !== members.detailText(detail)
    ) {
      const sameRole = codeOf(row) === code && (code & ACTIVE) !== 0
      const extensionOnly = sameRole && members.isSameButExtension(row.detail, detail, code)
      changes.add(UPDATE, groupId, person, code, codeOf(row), detail, place, extensionOnly)
    }
  }
  for (const row of before.values()) {
    if (endsIfAbsent(row))
      changes.add(REMOVE, groupId, row.personId, codeOf(row), codeOf(row), 0, -1)
  }
}
