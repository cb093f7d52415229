import { ListMirror } from '../change/list-mirror.ts'
import { FREE, type RecordMirror } from '../change/mirror.ts'
import type { LookAgain } from '../store/look-again.ts'
import { NO_ALIASES } from './aliases.ts'
import { NO_CLAIMS } from './claims.ts'
import type { Collector, Mirror } from './collect.ts'
import type { Comparison } from './compare.ts'
import { MembershipChanges } from './membership-changes.ts'
import { NO_OTHERS } from './other-sources.ts'
import type { RecordsRead } from './records-read.ts'
import { NO_SUSPECTS } from './suspects.ts'

/**
 * Whether a full delivery holds exactly the bytes that its source sent last, all of them and nothing else: then there
 * is nothing to compare, and not even the tree of groups is fetched.
 */
export function isUnchanged(
  collected: Collector,
  mirror: Mirror,
  { again, hasClaims }: { readonly again: LookAgain; readonly hasClaims: boolean },
): boolean {
  const { deliveryType, recordsRead, persons, groups, lists } = collected
  if (deliveryType !== 'full' || recordsRead > 0) return false
  // Claims are read every time: they have no place in the mirror, so nothing else tells that one is missing.
  if (again.lists.size > 0 || hasClaims) return false
  for (const { unsettled } of mirror.lists.states.values()) if (unsettled > 0) return false
  for (let entry = 0; entry < mirror.lists.groupIds.length; entry++) {
    if (lists.knownLengths[entry] === 0) return false
  }
  return allSame(mirror.persons, persons) && allSame(mirror.groups, groups)
}

function allSame(mirror: RecordMirror, read: RecordsRead<{ readonly key: string }>): boolean {
  for (let slot = 0; slot < mirror.length; slot++) {
    if (mirror.ids.at(slot) !== FREE && !read.hasSameBytes(slot)) return false
  }
  return true
}

/** What an unchanged delivery does. */
export function nothingToDo(relation: 1 | 2 | undefined): Comparison {
  return {
    persons: {
      added: new Map(),
      writes: [],
      removed: [],
      removedSlots: [],
      handedOver: new Map(),
      claims: NO_CLAIMS,
      touched: [],
      withoutUsername: new Set(),
      freedUsernames: [],
      standIns: new Map(),
    },
    groups: {
      added: new Map(),
      writes: [],
      removed: [],
      removedSlots: [],
      handedOver: new Map(),
      claims: NO_CLAIMS,
      aliases: new Map(),
      touched: [],
      replaced: new Map(),
      keepYear: new Set(),
      waiting: new Set(),
      yearsLearned: 0,
      schoolMoves: [],
      placed: new Map(),
      before: new Map(),
      parentKeys: new Map(),
      relation,
      reparented: undefined,
      unsettled: new Set(),
    },
    lists: {
      changes: new MembershipChanges(),
      links: [],
      mirror: new ListMirror(),
      lookedAt: new Set(),
      membersSetAside: 0,
      membersNotTaken: 0,
    },
    relations: { changes: [], unsettled: new Set(), setAside: 0 },
    aliases: { persons: NO_ALIASES, groups: NO_ALIASES },
    others: NO_OTHERS,
    usernames: new Map(),
    suspected: { person: NO_SUSPECTS, group: NO_SUSPECTS },
    removalsLeftOut: [],
    missingKinds: [],
    refs: 0,
  }
}
