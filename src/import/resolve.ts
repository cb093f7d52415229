import { NOT_TAKEN, type RecordMirror } from '../change/mirror.ts'
import type { GroupComparison } from './compare-groups.ts'
import type { PersonComparison } from './compare-persons.ts'
import { type RecordsRead, TAKEN } from './records-read.ts'

/** In place of a reference: nobody has this key. */
export const UNKNOWN = 0
/** In place of a reference: the rules leave the record out. */
export const LEFT_OUT = Number.POSITIVE_INFINITY

/**
 * Whom a key means after this plan: the roster's id, a negative reference for something new, {@link UNKNOWN} or
 * {@link LEFT_OUT}. What leaves with this plan is unknown.
 */
export type Resolve = (keyHigh: bigint, keyLow: bigint) => number

export function personResolver(
  mirror: RecordMirror,
  read: RecordsRead<{ readonly key: string }>,
  { added, writes, removedSlots }: PersonComparison,
): Resolve {
  const refs = new Map(added)
  for (const { index, id } of writes) refs.set(index, id)
  return resolver(mirror, read, refs, new Set(removedSlots))
}

export function groupResolver(
  mirror: RecordMirror,
  read: RecordsRead<{ readonly key: string }>,
  { added, writes, removedSlots }: GroupComparison,
): Resolve {
  const refs = new Map(added)
  for (const { index, id } of writes) if (index !== undefined) refs.set(index, id)
  return resolver(mirror, read, refs, new Set(removedSlots))
}

function resolver(
  mirror: RecordMirror,
  read: RecordsRead<{ readonly key: string }>,
  refs: ReadonlyMap<number, number>,
  removed: ReadonlySet<number>,
): Resolve {
  return (high, low) => {
    const slot = mirror.findKey(high, low)
    if (slot >= 0) {
      const id = mirror.ids.at(slot)
      if (id !== NOT_TAKEN) {
        if (!removed.has(slot)) return id
        return read.isLeftOut(high, low) ? LEFT_OUT : UNKNOWN
      }
      const index = read.readOf(slot)
      if (index === undefined || read.states.at(index) !== TAKEN) return LEFT_OUT
      return refs.get(index) ?? UNKNOWN
    }
    const index = read.findNew(high, low)
    if (index >= 0) {
      return read.states.at(index) === TAKEN ? (refs.get(index) ?? UNKNOWN) : UNKNOWN
    }
    return read.isLeftOut(high, low) ? LEFT_OUT : UNKNOWN
  }
}
