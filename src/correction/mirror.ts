import { ListMirror, LOOK_AGAIN } from '../change/list-mirror.ts'
import { NOT_TAKEN, RecordMirror } from '../change/mirror.ts'
import { type Hashes, openHashes } from '../ims/fingerprint.ts'
import { canonicalGroup, canonicalPerson } from '../roster/canonical.ts'
import type { Session } from '../store/connect.ts'
import {
  listsMoved,
  type MovedList,
  type MovedRecord,
  movedRecords,
  personsRelatedAnew,
} from '../store/hand-effects.ts'
import { sourceIds } from '../store/hand-runs.ts'
import { loadMirror, saveMirror } from '../store/mirrors.ts'
import type { HandContext } from '../store/rewrite.ts'

const encoder = new TextEncoder()

/**
 * Brings every source's mirror in step with what a run by hand did: what was sent last is what the roster keeps as
 * sent. Records that it touched lose their raw fingerprint, lists that it touched are looked at again.
 *
 * @param leftOut Persons in the recycle bin whom their source still sends: they stay there as long as it says
 * nothing new of them.
 * @param keepLists Lists are taken as they are: what was ended by hand stays so until a list says something new.
 */
export async function settleMirrors(
  session: Session,
  hand: HandContext,
  {
    leftOut = new Set(),
    keepLists = false,
  }: { readonly leftOut?: ReadonlySet<number>; readonly keepLists?: boolean } = {},
): Promise<void> {
  const { persons, groups } = await movedRecords(session, hand)
  const related = await personsRelatedAnew(session, hand)
  const lists = keepLists ? [] : await listsMoved(session, hand)
  if (persons.length + groups.length + related.length + lists.length === 0) return
  const hashes = await openHashes()
  for (const sourceId of await sourceIds(session, hand.siteId)) {
    const parts = await loadMirror(session, hand.siteId, sourceId)
    const part = (name: string): Uint8Array => parts.get(name) ?? new Uint8Array()
    const personMirror = RecordMirror.unpack(part('persons'))
    const groupMirror = RecordMirror.unpack(part('groups'))
    const listMirror = ListMirror.unpack(part('lists'), part('states'))
    const ours = lists.filter((list) => list.sourceId === sourceId)
    let moved = ours.length > 0
    let takenAgain = false
    const move = <R extends { readonly key: string }>(
      mirror: RecordMirror,
      records: readonly MovedRecord<R>[],
      canonical: (record: R) => R,
    ): void => {
      for (const record of records) {
        const how = moveRecord(mirror, record, sourceId, hashes, canonical, leftOut)
        if (how !== 'notHere') moved = true
        if (how === 'takenAgain') takenAgain = true
      }
    }
    move(personMirror, persons, canonicalPerson)
    move(groupMirror, groups, canonicalGroup)
    for (const id of related) {
      const slot = personMirror.findId(id)
      if (slot === undefined) continue
      personMirror.setRaw(slot, 0n, 0n)
      moved = true
    }
    if (!moved) continue
    const next = withLists(listMirror, ours)
    // Lists may have been read as naming somebody who was left out.
    if (takenAgain) for (const groupId of next.states.keys()) next.states.set(groupId, LOOK_AGAIN)
    await saveMirror(session, hand.siteId, sourceId, {
      persons: personMirror.pack(),
      groups: groupMirror.pack(),
      lists: next.packElements(),
      states: next.packStates(),
    })
  }
}

/** `takenAgain`: the record was left out until now, and lists that name it say something new. */
function moveRecord<R extends { readonly key: string }>(
  mirror: RecordMirror,
  { id, sourceId: owner, sent }: MovedRecord<R>,
  sourceId: number,
  hashes: Hashes,
  canonical: (record: R) => R,
  leftOut: ReadonlySet<number>,
): 'moved' | 'takenAgain' | 'notHere' {
  const slot = mirror.findId(id)
  if (owner !== sourceId || sent === null) {
    if (slot === undefined) return 'notHere'
    if (leftOut.has(id)) leaveOut(mirror, slot)
    else mirror.remove(slot)
    return 'moved'
  }
  const key = hashes.text(sent.key)
  const other = mirror.findKey(key.high, key.low)
  const isTakenAgain = other >= 0 && mirror.ids.at(other) === NOT_TAKEN
  if (other >= 0 && other !== slot) mirror.remove(other)
  const at = slot ?? mirror.add(id, key.high, key.low)
  mirror.setKey(at, key.high, key.low)
  const { high, low } = hashes.bytes(encoder.encode(JSON.stringify(canonical(sent))))
  mirror.setCanonical(at, high, low)
  mirror.setRaw(at, 0n, 0n)
  return isTakenAgain ? 'takenAgain' : 'moved'
}

/** The same entry, for a record that is not taken: its bytes are known, and say nothing as long as they are the same. */
function leaveOut(mirror: RecordMirror, slot: number): void {
  const [keyHigh, keyLow] = [mirror.keyHigh.at(slot), mirror.keyLow.at(slot)]
  const [rawHigh, rawLow] = [mirror.rawHigh.at(slot), mirror.rawLow.at(slot)]
  const [high, low] = [mirror.canonicalHigh.at(slot), mirror.canonicalLow.at(slot)]
  mirror.remove(slot)
  const kept = mirror.add(NOT_TAKEN, keyHigh, keyLow)
  mirror.setRaw(kept, rawHigh, rawLow)
  mirror.setCanonical(kept, high, low)
}

function withLists(lists: ListMirror, moved: readonly MovedList[]): ListMirror {
  const again = new Set(moved.map(({ groupId }) => groupId))
  const next = lists.replace(
    (groupId) => again.has(groupId),
    new ListMirror(),
    (groupId) => groupId,
  )
  for (const { groupId, isThere } of moved) if (isThere) next.states.set(groupId, LOOK_AGAIN)
  return next
}
