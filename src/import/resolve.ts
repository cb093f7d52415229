import { uint64s, type Growable } from '../change/growable.ts'
import { NOT_TAKEN, type RecordMirror } from '../change/mirror.ts'
import type { GroupComparison } from './compare-groups.ts'
import type { PersonComparison } from './compare-persons.ts'
import { type RecordsRead, TAKEN } from './records-read.ts'

/** In place of a reference: nobody has this key. */
export const UNKNOWN = 0
/** In place of a reference: the rules leave the record out. */
export const LEFT_OUT = Number.POSITIVE_INFINITY

type Hashed = Growable<BigUint64Array>

/**
 * Whom a key means after this plan: the roster's id, a negative reference for something new, {@link UNKNOWN} or
 * {@link LEFT_OUT}. What leaves with this plan is unknown. The key is given by its hash, at `index` of two columns.
 */
export type Resolve = (high: Hashed, low: Hashed, index: number) => number

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

/** The same for a hash that stands in no column. */
export function resolveOne(
  resolve: Resolve,
  hash: { readonly high: bigint; readonly low: bigint },
): number {
  const high = uint64s(1)
  const low = uint64s(1)
  high.push(hash.high)
  low.push(hash.low)
  return resolve(high, low, 0)
}

function resolver(
  mirror: RecordMirror,
  read: RecordsRead<{ readonly key: string }>,
  refs: ReadonlyMap<number, number>,
  removed: ReadonlySet<number>,
): Resolve {
  return (high, low, at) => {
    const slot = mirror.findKeyAt(high, low, at)
    if (slot >= 0) {
      const id = mirror.ids.at(slot)
      if (id !== NOT_TAKEN) {
        if (!removed.has(slot)) return id
        return read.isLeftOutAt(high, low, at) ? LEFT_OUT : UNKNOWN
      }
      const index = read.readOf(slot)
      if (index === undefined || read.states.at(index) !== TAKEN) return LEFT_OUT
      return refs.get(index) ?? UNKNOWN
    }
    const index = read.findNewAt(high, low, at)
    if (index >= 0) {
      return read.states.at(index) === TAKEN ? (refs.get(index) ?? UNKNOWN) : UNKNOWN
    }
    return read.isLeftOutAt(high, low, at) ? LEFT_OUT : UNKNOWN
  }
}
