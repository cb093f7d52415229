import { FREE, NOT_TAKEN, type RecordMirror } from '../change/mirror.ts'
import type { CompareContext } from './compare-persons.ts'
import type { ProblemLog } from './problem-log.ts'
import { DELETED, type RecordsRead, TAKEN } from './records-read.ts'

interface Resolved {
  /** Records whose key neither the mirror nor an old key knows. */
  readonly fresh: number[]
  /** Roster id to the number of its record. */
  readonly known: Map<number, number>
  /** Numbers of records that take over the slot of their old key. */
  readonly rekeyed: Map<number, number>
}

/** Which of the records read the mirror knows, under their key or the one they had before. */
export function resolveKeys(
  { hashes, problems }: CompareContext,
  read: RecordsRead<{ readonly key: string }>,
  mirror: RecordMirror,
): Resolved {
  const fresh: number[] = []
  const known = new Map<number, number>()
  const rekeyed = new Map<number, number>()
  for (let index = 0; index < read.length; index++) {
    if (read.states.at(index) !== TAKEN) continue
    const slot = read.slots.at(index)
    const oldKey = read.oldKeys.get(index)
    const oldHash = oldKey === undefined ? undefined : hashes.text(oldKey)
    const oldSlot = oldHash === undefined ? -1 : mirror.findKey(oldHash.high, oldHash.low)
    const oldId = oldSlot < 0 ? FREE : mirror.ids.at(oldSlot)
    if (slot >= 0 && mirror.ids.at(slot) !== NOT_TAKEN) {
      if (oldId > 0 && oldSlot !== slot && !read.isSeen(oldSlot)) {
        setConflictAside(problems, read, index, oldSlot)
        continue
      }
      const { canonicalHigh, canonicalLow } = read
      if (!mirror.sameCanonical(slot, canonicalHigh.at(index), canonicalLow.at(index))) {
        known.set(mirror.ids.at(slot), index)
      }
    } else if (oldId > 0 && !read.isSeen(oldSlot)) {
      if (known.has(oldId)) {
        setConflictAside(problems, read, index, oldSlot)
        continue
      }
      rekeyed.set(index, oldSlot)
      known.set(oldId, index)
    } else if (slot >= 0 && saysWhatItSaid(read, mirror, index, slot)) {
      read.putAway(index)
    } else {
      fresh.push(index)
    }
  }
  return { fresh, known, rekeyed }
}

/** Of what the rules leave out no fingerprint is kept as read; of what was put away by hand there is. */
function saysWhatItSaid(
  { canonicalHigh, canonicalLow }: RecordsRead<{ readonly key: string }>,
  mirror: RecordMirror,
  index: number,
  slot: number,
): boolean {
  return mirror.sameCanonical(slot, canonicalHigh.at(index), canonicalLow.at(index))
}

export function setConflictAside(
  problems: ProblemLog,
  read: RecordsRead<{ readonly key: string }>,
  index: number,
  oldSlot: number,
): void {
  read.setReadAside(index)
  read.spareSlot(oldSlot)
  problems.add({ code: 'REKEY_CONFLICT', place: read.places.at(index) })
}

/** Which slots of the mirror leave, and which were read without saying anything new. */
export function sweep(
  { removesAbsent }: Pick<CompareContext, 'removesAbsent'>,
  read: RecordsRead<{ readonly key: string }>,
  mirror: RecordMirror,
  rekeyed: ReadonlyMap<number, number>,
): { readonly removedSlots: number[]; readonly touched: number[] } {
  const removedSlots: number[] = []
  const touched: number[] = []
  const movedSlots = new Set(rekeyed.values())
  const leftOut = new Set<number>(read.notTaken.slots.array.subarray(0, read.notTaken.slots.length))
  for (let slot = 0; slot < mirror.length; slot++) {
    const id = mirror.ids.at(slot)
    if (id === FREE || id === NOT_TAKEN || movedSlots.has(slot)) continue
    const index = read.readOf(slot)
    if (!read.isSeen(slot)) {
      if (removesAbsent || leftOut.has(slot)) removedSlots.push(slot)
    } else if (index !== undefined) {
      if (read.states.at(index) === DELETED) removedSlots.push(slot)
      else if (
        read.states.at(index) === TAKEN &&
        mirror.sameCanonical(slot, read.canonicalHigh.at(index), read.canonicalLow.at(index))
      ) {
        touched.push(slot)
      }
    }
  }
  return { removedSlots, touched }
}
