import { ListMirror, LOOK_AGAIN } from '../change/list-mirror.ts'
import { NOT_TAKEN, type RecordMirror } from '../change/mirror.ts'
import type { ClaimComparison } from './claims.ts'
import type { Collector, Mirror } from './collect.ts'
import type { Comparison } from './compare.ts'
import type { Plan } from './plan.ts'
import type { RecordsRead } from './records-read.ts'
import type { WaitingMarks } from './withhold.ts'

/**
 * The mirror as it is once the plan is applied, packed. What was set aside keeps its old entry. What depended on
 * another record gets no raw fingerprint, so that it is looked at again every time; so does everything of a delta.
 */
export function nextMirror(
  collected: Collector,
  mirror: Mirror,
  comparison: Comparison,
): Plan['mirror'] {
  const settled = collected.deliveryType === 'full'
  const { persons, groups, lists, relations } = comparison
  // Another context: what the bytes of a record that was not read anew meant before says nothing any more.
  const forgets = settled && collected.readsEverything
  move(
    mirror.persons,
    collected.persons,
    persons,
    (index) => settled && !relations.unsettled.has(index) && !persons.withoutUsername.has(index),
    settled,
    forgets,
  )
  move(mirror.groups, collected.groups, groups, () => settled, settled, forgets)
  for (const id of groups.unsettled) {
    const slot = mirror.groups.findId(id)
    if (slot !== undefined) mirror.groups.setRaw(slot, 0n, 0n)
  }
  const { waiting } = comparison
  if (waiting !== undefined) {
    readAgain(mirror.persons, waiting.persons)
    readAgain(mirror.groups, waiting.groups)
  }
  let nextLists = mirror.lists.replace(
    (groupId, entry) =>
      lists.lookedAt.has(groupId) ||
      (entry >= 0 &&
        (forgets ||
          (settled && groupId === NOT_TAKEN && collected.lists.knownLengths[entry] === 0))),
    lists.mirror,
    (groupId) => groupId,
  )
  // Without elements a list would not be missed: it is looked at the next time, whether it is sent or not.
  for (const groupId of forgets ? nextLists.states.keys() : []) {
    if (!lists.lookedAt.has(groupId)) nextLists.states.set(groupId, LOOK_AGAIN)
  }
  if (waiting !== undefined) nextLists = compareAgain(nextLists, waiting)
  return {
    persons: mirror.persons.pack(),
    groups: mirror.groups.pack(),
    lists: nextLists.packElements(),
    states: nextLists.packStates(),
  }
}

/** What waits says next time what it says now: it keeps no shortcut past that. */
function readAgain(mirror: RecordMirror, ids: ReadonlySet<number>): void {
  for (const id of ids) {
    const slot = mirror.findId(id)
    if (slot !== undefined) mirror.setRaw(slot, 0n, 0n)
  }
}

function compareAgain(lists: ListMirror, waiting: WaitingMarks): ListMirror {
  const next = lists.replace(
    (groupId, entry) => waiting.lists.has(groupId) || (waiting.everyList && entry >= 0),
    new ListMirror(),
    (groupId) => groupId,
  )
  for (const groupId of waiting.everyList ? lists.states.keys() : []) {
    next.states.set(groupId, LOOK_AGAIN)
  }
  for (const groupId of waiting.lists) next.states.set(groupId, LOOK_AGAIN)
  return next
}

interface Outcome {
  readonly added: ReadonlyMap<number, number>
  readonly writes: readonly { readonly id: number; readonly index?: number }[]
  readonly removedSlots: readonly number[]
  readonly claims: ClaimComparison
  readonly touched: readonly number[]
}

function move(
  mirror: RecordMirror,
  read: RecordsRead<{ readonly key: string }>,
  { added, writes, removedSlots, claims, touched }: Outcome,
  isSettled: (index: number) => boolean,
  settled: boolean,
  forgets: boolean,
): void {
  const unread = new Uint8Array(mirror.length).fill(1)
  const accept = (slot: number, index: number): void => {
    if (slot < unread.length) unread[slot] = 0
    mirror.setCanonical(slot, read.canonicalHigh.at(index), read.canonicalLow.at(index))
    if (isSettled(index)) mirror.setRaw(slot, read.rawHigh.at(index), read.rawLow.at(index))
    else mirror.setRaw(slot, 0n, 0n)
  }
  for (const slot of touched) accept(slot, read.readOf(slot) as number)
  for (const { id, index } of writes) {
    if (index === undefined) continue
    const keyHigh = read.keyHigh.at(index)
    const keyLow = read.keyLow.at(index)
    let slot = mirror.findId(id)
    if (slot === undefined) {
      const leftOut = mirror.findKey(keyHigh, keyLow)
      if (leftOut >= 0) mirror.remove(leftOut)
      slot = mirror.add(id, keyHigh, keyLow)
    } else if (mirror.keyLow.at(slot) !== keyLow || mirror.keyHigh.at(slot) !== keyHigh) {
      const leftOut = mirror.findKey(keyHigh, keyLow)
      if (leftOut >= 0 && mirror.ids.at(leftOut) === NOT_TAKEN) mirror.remove(leftOut)
      mirror.setKey(slot, keyHigh, keyLow)
    }
    accept(slot, index)
  }
  for (const slot of removedSlots) mirror.remove(slot)
  // A claim has no place here: it is another source's record, and is read every time.
  for (const index of claims.claimed.keys()) {
    const leftOut = read.slots.at(index)
    if (leftOut >= 0) mirror.remove(leftOut)
  }
  for (const [index, ref] of added) {
    const leftOut = read.slots.at(index)
    if (leftOut >= 0) mirror.remove(leftOut)
    accept(mirror.add(ref, read.keyHigh.at(index), read.keyLow.at(index)), index)
  }
  leaveOut(mirror, read, unread, settled)
  if (!forgets) return
  unread.forEach((isUnread, slot) => {
    if (isUnread === 1) mirror.setRaw(slot, 0n, 0n)
  })
}

function leaveOut(
  mirror: RecordMirror,
  read: RecordsRead<{ readonly key: string }>,
  unread: Uint8Array,
  settled: boolean,
): void {
  const { slots, keyHigh, keyLow, rawHigh, rawLow } = read.notTaken
  for (let index = 0; index < slots.length; index++) {
    if (read.findNewAt(keyHigh, keyLow, index) >= 0) continue
    const known = mirror.findKey(keyHigh.at(index), keyLow.at(index))
    if (known >= 0 && mirror.ids.at(known) !== NOT_TAKEN) continue
    const slot = known >= 0 ? known : mirror.add(NOT_TAKEN, keyHigh.at(index), keyLow.at(index))
    if (settled) mirror.setRaw(slot, rawHigh.at(index), rawLow.at(index))
    else mirror.setRaw(slot, 0n, 0n)
    if (slot < unread.length) unread[slot] = 0
  }
}
