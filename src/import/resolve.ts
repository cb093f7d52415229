import type { Growable } from '../change/growable.ts'
import { NOT_TAKEN, type RecordMirror } from '../change/mirror.ts'
import type { GroupComparison } from './compare-groups.ts'
import type { PersonComparison } from './compare-persons.ts'
import type { Elsewhere } from './elsewhere.ts'
import { type RecordsRead, TAKEN } from './records-read.ts'

/** In place of a reference: nobody has this key. */
export const UNKNOWN = 0
/** In place of a reference: the rules leave the record out. */
export const LEFT_OUT = Number.POSITIVE_INFINITY

type Hashed = Growable<BigUint64Array>
type Refs = (index: number) => number | undefined

/**
 * Whom a key means after this plan, over the whole site: the roster's id, a negative reference for something new or for
 * what takes the place of what leaves, {@link UNKNOWN} or {@link LEFT_OUT}. What leaves with this plan is unknown. The key
 * is given by its hash, at `index` of two columns.
 */
export type Resolve = (high: Hashed, low: Hashed, index: number) => number

export function personResolver(
  mirror: RecordMirror,
  read: RecordsRead<{ readonly key: string }>,
  { added, writes, removedSlots, handedOver, claims, standIns }: PersonComparison,
  elsewhere: Elsewhere,
): Resolve {
  const refs = refsOf(added, claims.here, writes)
  const leave = leaving(mirror, removedSlots, handedOver)
  return resolver(mirror, read, refs, leave, elsewhere, standIns)
}

/**
 * Whether a key is that of a record that was left out, whose lists mean somebody of the roster for now: what depends on
 * it must be looked at again. Undefined where there is none.
 */
export function standInFinder(
  mirror: RecordMirror,
  read: RecordsRead<{ readonly key: string }>,
  { standIns }: PersonComparison,
): ((high: Hashed, low: Hashed, index: number) => boolean) | undefined {
  if (standIns.size === 0) return undefined
  return (high, low, at) => {
    const slot = mirror.findKeyAt(high, low, at)
    const index = slot >= 0 ? read.readOf(slot) : read.findNewAt(high, low, at)
    return index !== undefined && standIns.has(index)
  }
}

export function groupResolver(
  mirror: RecordMirror,
  read: RecordsRead<{ readonly key: string }>,
  { added, writes, removedSlots, handedOver, claims }: GroupComparison,
  elsewhere: Elsewhere,
): Resolve {
  const refs = refsOf(added, claims.here, writes)
  return resolver(mirror, read, refs, leaving(mirror, removedSlots, handedOver), elsewhere)
}

/** What records stand for, by their number. Those that are added are looked up where they are: there may be a million. */
function refsOf(
  added: ReadonlyMap<number, number>,
  here: ReadonlyMap<number, number>,
  writes: readonly { readonly index?: number | undefined; readonly id: number }[],
): Refs {
  const others = new Map(here)
  for (const { index, id } of writes) if (index !== undefined) others.set(index, id)
  return (index) => others.get(index) ?? added.get(index)
}

/** Slots of those who leave; who is handed over to another source stays. */
function leaving(
  mirror: RecordMirror,
  removedSlots: readonly number[],
  handedOver: ReadonlyMap<number, unknown>,
): ReadonlySet<number> {
  return new Set(removedSlots.filter((slot) => !handedOver.has(mirror.ids.at(slot))))
}

function resolver(
  mirror: RecordMirror,
  read: RecordsRead<{ readonly key: string }>,
  refs: Refs,
  removed: ReadonlySet<number>,
  elsewhere: Elsewhere,
  standIns: ReadonlyMap<number, number> = new Map(),
): Resolve {
  const refOf = (index: number): number | undefined =>
    read.states.at(index) === TAKEN ? (refs(index) ?? UNKNOWN) : standIns.get(index)
  const own: Resolve = (high, low, at) => {
    const slot = mirror.findKeyAt(high, low, at)
    if (slot >= 0) {
      const id = mirror.ids.at(slot)
      if (id !== NOT_TAKEN) {
        if (!removed.has(slot)) return id
        const inItsPlace = read.readOf(slot)
        const ref = inItsPlace === undefined ? undefined : refs(inItsPlace)
        if (ref !== undefined) return ref
        return read.notTaken.hasAt(high, low, at) ? LEFT_OUT : UNKNOWN
      }
      const index = read.readOf(slot)
      return index === undefined ? LEFT_OUT : (refOf(index) ?? LEFT_OUT)
    }
    const index = read.findNewAt(high, low, at)
    if (index >= 0) return refOf(index) ?? UNKNOWN
    return read.notTaken.hasAt(high, low, at) ? LEFT_OUT : UNKNOWN
  }
  return (high, low, at) => {
    const ref = own(high, low, at)
    // Rules that take no record of the kind leave nobody out: who is meant is another source's business.
    const goesOn = ref === UNKNOWN || (ref === LEFT_OUT && elsewhere.isOnlyPlace)
    return goesOn ? (elsewhere.findAt(high, low, at) ?? ref) : ref
  }
}
