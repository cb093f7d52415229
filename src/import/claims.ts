import { NOT_TAKEN, type RecordMirror } from '../change/mirror.ts'
import type { JoinAttribute } from '../roster/person.ts'
import {
  claimsOfSource,
  type NamedKind,
  personsWith,
  type StoredClaim,
  type Successor,
  successors,
} from '../store/claims.ts'
import type { KeyOwner } from '../store/lookups.ts'
import type { Collector } from './collect.ts'
import type { CompareContext } from './compare-persons.ts'
import { DELETED, type RecordsRead, TAKEN } from './records-read.ts'

/** What a delivery claims of other sources' persons or groups. */
export interface ClaimComparison {
  /** Number of the record to the person or group; they are neither added nor compared. */
  readonly claimed: ReadonlyMap<number, number>
  /** The same, without those that somebody has put in the recycle bin: whom references mean. */
  readonly here: ReadonlyMap<number, number>
  /** Claims that are new or say something new. */
  readonly set: readonly {
    readonly index: number
    readonly id: number
    readonly joinedBy: string | null
  }[]
  readonly dropped: readonly { readonly key: string; readonly id: number }[]
}

export const NO_CLAIMS: ClaimComparison = {
  claimed: new Map(),
  here: new Map(),
  set: [],
  dropped: [],
}

/** A person or group that its source no longer sends and another takes over. */
export interface HandedOver extends Successor {
  readonly keyBefore: string
}

interface Found {
  readonly id: number
  readonly joinedBy: string | null
  readonly isHere: boolean
}

/** The hexadecimal canonical fingerprint of a record that was read. */
export function fingerprintOf(
  { canonicalHigh, canonicalLow }: RecordsRead<{ readonly key: string }>,
  index: number,
): string {
  const hex = (half: bigint): string => half.toString(16).padStart(16, '0')
  return hex(canonicalHigh.at(index)) + hex(canonicalLow.at(index))
}

/** Numbers of the records that the mirror has no record of the source for. */
export function withoutSlot(
  read: RecordsRead<{ readonly key: string }>,
  mirror: RecordMirror,
): number[] {
  const indexes: number[] = []
  for (let index = 0; index < read.length; index++) {
    if (read.states.at(index) !== TAKEN) continue
    const slot = read.slots.at(index)
    if (slot < 0 || mirror.ids.at(slot) === NOT_TAKEN) indexes.push(index)
  }
  return indexes
}

/**
 * Finds persons who are another source's: by key; by a claim of old that was joined; by the attribute that the rules join by.
 * Where several fit, the record is set aside.
 */
export async function claimPersons(
  context: CompareContext,
  { persons, deliveryType }: Collector,
  mirror: RecordMirror,
  owners: ReadonlyMap<string, KeyOwner>,
  joinBy: JoinAttribute | undefined,
): Promise<ClaimComparison> {
  if (!context.hasOthers) return NO_CLAIMS
  const { session, siteId, sourceId, hashes } = context
  const stored = await storedClaims(context, 'person')
  const found = new Map<number, Found>()
  const unknown: number[] = []
  for (const index of withoutSlot(persons, mirror)) {
    if (takesOverOldSlot(index)) continue
    const key = persons.keyOf(index)
    const owner = owners.get(key)
    const before = stored.get(key)
    if (owner && isElsewhere(owner, sourceId)) {
      found.set(index, { id: owner.id, joinedBy: null, isHere: owner.state === 'active' })
    } else if (owner) {
      continue
    } else if (before?.holds === true && before.joinedBy === joinBy) {
      found.set(index, { id: before.id, joinedBy: before.joinedBy, isHere: true })
    } else if (joinBy !== undefined) {
      unknown.push(index)
    }
  }
  if (joinBy !== undefined && unknown.length > 0) await join(joinBy)
  report(context, persons, 'person', found)
  return settle(context, persons, deliveryType === 'full', found, stored)

  function takesOverOldSlot(index: number): boolean {
    const oldKey = persons.oldKeys.get(index)
    if (oldKey === undefined) return false
    const { high, low } = hashes.text(oldKey)
    const slot = mirror.findKey(high, low)
    return slot >= 0 && mirror.ids.at(slot) > 0 && !persons.isSeen(slot)
  }

  async function join(attribute: JoinAttribute): Promise<void> {
    const wanted = new Map<number, string>()
    for (const index of unknown) {
      const value = normalised(persons.records.get(index).fields[attribute])
      if (value !== undefined) wanted.set(index, value)
    }
    if (wanted.size === 0) return
    const values = [...new Set(wanted.values())]
    const having = Map.groupBy(
      await personsWith(session, siteId, sourceId, attribute, values),
      ({ value }) => value,
    )
    const records = Map.groupBy(wanted.keys(), (index) => wanted.get(index) as string)
    const taken = new Set([...found.values()].map(({ id }) => id))
    for (const [value, indexes] of records) {
      const [only, ...others] = having.get(value) ?? []
      if (only === undefined) continue
      const isClear = others.length === 0 && indexes.length === 1 && !taken.has(only.id)
      for (const index of indexes) {
        if (isClear) found.set(index, { id: only.id, joinedBy: attribute, isHere: true })
        else setAmbiguousAside(index)
      }
    }
  }

  function setAmbiguousAside(index: number): void {
    persons.setReadAside(index)
    const place = persons.places.at(index)
    context.problems.add({
      code: 'JOIN_AMBIGUOUS',
      place,
      kind: 'person',
      key: persons.keyOf(index),
    })
  }
}

/** Claims of groups that another source has: number of the record to the group with the same key. */
export async function claimGroups(
  context: CompareContext,
  { groups, deliveryType }: Collector,
  claimed: ReadonlyMap<number, number>,
): Promise<ClaimComparison> {
  if (!context.hasOthers) return NO_CLAIMS
  const stored = await storedClaims(context, 'group')
  const found = new Map(
    [...claimed].map(([index, id]): [number, Found] => [
      index,
      { id, joinedBy: null, isHere: true },
    ]),
  )
  report(context, groups, 'group', found)
  return settle(context, groups, deliveryType === 'full', found, stored)
}

/** Those of the records that leave which another source takes over. */
export async function handOver(
  { session, siteId, sourceId, hasOthers, hashes }: CompareContext,
  kind: NamedKind,
  read: RecordsRead<{ readonly key: string }>,
  leaving: readonly { readonly id: number; readonly key: string }[],
): Promise<Map<number, HandedOver>> {
  if (!hasOthers || leaving.length === 0) return new Map()
  const ids = leaving.map(({ id }) => id)
  const keys = new Map(leaving.map(({ id, key }) => [id, key]))
  const handed = new Map<number, HandedOver>()
  for (const successor of await successors(session, siteId, sourceId, kind, ids)) {
    const keyBefore = keys.get(successor.id) as string
    const { high, low } = hashes.text(successor.key)
    // A key under which somebody comes tonight is his, and no name of another any more.
    if (successor.key !== keyBefore && read.findNew(high, low) >= 0) continue
    handed.set(successor.id, { ...successor, keyBefore })
  }
  return handed
}

/** Removals of persons or groups that the source does not have, nor claims. */
export function reportUnknownDeletes(
  { problems }: CompareContext,
  kind: NamedKind,
  read: RecordsRead<{ readonly key: string }>,
  { dropped }: ClaimComparison,
): void {
  const known = new Set(dropped.map(({ key }) => key))
  for (let index = 0; index < read.length; index++) {
    if (read.states.at(index) !== DELETED || read.slots.at(index) >= 0) continue
    const key = read.keyOf(index)
    if (known.has(key)) continue
    problems.add({ code: 'DELTA_UNKNOWN', place: read.places.at(index), kind, key })
  }
}

/** A value by which persons are matched: whatever the case of its letters, without blanks around it. */
export function normalised(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const text = value.trim().toLowerCase()
  return text === '' ? undefined : text
}

function isElsewhere({ sourceId: owner, state, binnedByHand }: KeyOwner, own: number): boolean {
  return owner !== null && owner !== own && (state === 'active' || binnedByHand)
}

async function storedClaims(
  { session, siteId, sourceId }: CompareContext,
  kind: NamedKind,
): Promise<Map<string, StoredClaim>> {
  const claims = await claimsOfSource(session, siteId, sourceId, kind)
  return new Map(claims.map((claim) => [claim.key, claim]))
}

function report(
  { problems }: CompareContext,
  read: RecordsRead<{ readonly key: string }>,
  kind: NamedKind,
  found: ReadonlyMap<number, Found>,
): void {
  for (const [index, { joinedBy }] of found) {
    const code = joinedBy === null ? 'KEY_OWNED_ELSEWHERE' : 'PERSON_JOINED'
    problems.add({ code, place: read.places.at(index), kind, key: read.keyOf(index) })
  }
}

function settle(
  { removesAbsent }: CompareContext,
  read: RecordsRead<{ readonly key: string }>,
  full: boolean,
  found: ReadonlyMap<number, Found>,
  stored: ReadonlyMap<string, StoredClaim>,
): ClaimComparison {
  const set = []
  for (const [index, { id, joinedBy }] of found) {
    const before = stored.get(read.keyOf(index))
    const isSame =
      before?.id === id &&
      before.joinedBy === joinedBy &&
      before.fingerprint === fingerprintOf(read, index)
    if (!isSame) set.push({ index, id, joinedBy })
  }
  const dropped = [...stored.values()].filter(({ key }) => {
    const said = read.saidOf(key)
    if (said === 'aside') return false
    if (said === undefined) return (full && removesAbsent) || read.isLeftOut(key)
    return !found.has(said)
  })
  return {
    claimed: new Map([...found].map(([index, { id }]) => [index, id])),
    here: new Map([...found].flatMap(([index, { id, isHere }]) => (isHere ? [[index, id]] : []))),
    set,
    dropped,
  }
}
