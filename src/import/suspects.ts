import { suspectGroups, type GroupTraits } from '../change/group-pairs.ts'
import type { RecordMirror } from '../change/mirror.ts'
import {
  type Confidence,
  type PairReason,
  type Pairs,
  type SuspectedPair,
} from '../change/key-churn.ts'
import { personTraits, type PersonTraits, suspectPersons } from '../change/person-pairs.ts'
import type { NationalNumber } from '../numbers/number.ts'
import type { PersonFields } from '../roster/person.ts'
import { personsById } from '../store/lookups.ts'
import type { Collector } from './collect.ts'
import type { GroupComparison } from './compare-groups.ts'
import type { ListComparison } from './compare-lists.ts'
import type { CompareContext, PersonComparison } from './compare-persons.ts'
import { ADD, REMOVE } from './membership-changes.ts'
import { settleFreed } from './usernames-sent.ts'

/** A record that leaves and one that comes, probably the same under a new key. */
export interface Suspect {
  readonly oldId: number
  readonly oldKey: string
  /** Number of the record among those read, and the reference that it has in the plan. */
  readonly index: number
  readonly ref: number
  readonly confidence: Confidence
  readonly reasons: readonly PairReason[]
  readonly leftOut: boolean
  readonly protected: boolean
}

export interface Suspects {
  readonly pairs: readonly Suspect[]
  readonly ambiguous: number
}

export interface Suspected {
  readonly person: Suspects
  readonly group: Suspects
}

export const NO_SUSPECTS: Suspects = { pairs: [], ambiguous: 0 }

/** Persons who leave and those who come, compared by what they have in common. Asks nothing where nobody does both. */
export async function suspectPersonPairs(
  { session, siteId }: CompareContext,
  { persons: read }: Collector,
  { added, removed }: PersonComparison,
  readNumber: (text: string) => NationalNumber,
): Promise<Suspects> {
  if (added.size === 0 || removed.length === 0) return NO_SUSPECTS
  const traits = (fields: PersonFields): PersonTraits => {
    const { nationalNumber } = fields
    return personTraits(
      fields,
      nationalNumber === undefined ? undefined : readNumber(nationalNumber),
    )
  }
  const leaving: { id: number; key: string; protected: boolean }[] = []
  const before: PersonTraits[] = []
  for await (const { id, key, sent } of personsById(
    session,
    siteId,
    removed.map(({ id }) => id),
  )) {
    // Made by hand, or by another source under no key of its own: nothing of them leaves.
    if (key === null || sent === null) continue
    leaving.push({ id, key, protected: sent.protected })
    before.push(traits(sent.fields))
  }
  const coming = [...added]
  const after = coming.map(([index]) => traits(read.records.get(index).fields))
  const found = suspectPersons(before, after)
  return suspects(found, (one, other) => {
    const old = leaving[one] as (typeof leaving)[number]
    const [index, ref] = coming[other] as (typeof coming)[number]
    return {
      oldId: old.id,
      oldKey: old.key,
      index,
      ref,
      protected: old.protected || read.records.get(index).protected,
    }
  })
}

function suspects(
  { pairs, ambiguous }: Pairs,
  records: (before: number, after: number) => Omit<Suspect, 'confidence' | 'reasons' | 'leftOut'>,
): Suspects {
  return {
    pairs: pairs.map(({ before, after, confidence, reasons }) => ({
      ...records(before, after),
      confidence,
      reasons,
      leftOut: confidence === 'certain',
    })),
    ambiguous,
  }
}

/**
 * Whoever shares a national number with one who leaves is never added beside him: he is left out of the plan, the other
 * stays, and lists that name the new key mean the person who is there. So until somebody settles it.
 */
export function leaveOutSameNumbers(
  { problems }: CompareContext,
  { persons: read }: Collector,
  mirror: RecordMirror,
  { added, removed, removedSlots, standIns, freedUsernames, withoutUsername }: PersonComparison,
  { pairs }: Suspects,
): void {
  const staying = new Map(pairs.filter(({ leftOut }) => leftOut).map((pair) => [pair.oldId, pair]))
  if (staying.size === 0) return
  for (const { oldId, index } of staying.values()) {
    added.delete(index)
    standIns.set(index, oldId)
    read.setReadAside(index)
    problems.add({
      code: 'NUMBER_UNDER_NEW_KEY',
      place: read.places.at(index),
      kind: 'person',
      key: read.keyOf(index),
    })
  }
  removed.splice(0, removed.length, ...removed.filter(({ id }) => !staying.has(id)))
  const slots = removedSlots.filter((slot) => {
    if (!staying.has(mirror.ids.at(slot))) return true
    read.spareSlot(slot)
    return false
  })
  removedSlots.splice(0, removedSlots.length, ...slots)
  settleFreed({ problems }, { persons: read }, freedUsernames, withoutUsername)
}

/** Groups that leave and those that come; their members are in the plan, so nothing need be asked. */
export function suspectGroupPairs(
  { groups: read }: Collector,
  groups: GroupComparison,
  { changes }: ListComparison,
  persons: Suspects,
): Suspects {
  const { placed, replaced } = groups
  // What takes the place of last year's group is another one, and has its key.
  const replacing = new Set(replaced.values())
  const added = new Map([...groups.added].filter(([, ref]) => !replacing.has(ref)))
  const removed = groups.removed.filter(({ id }) => !replaced.has(id))
  if (added.size === 0 || removed.length === 0) return NO_SUSPECTS
  const was = new Map(persons.pairs.map(({ ref, oldId }) => [ref, oldId]))
  const members = new Map<number, number[]>()
  for (const { id } of removed) members.set(id, [])
  for (const ref of added.values()) members.set(ref, [])
  for (let row = 0; row < changes.length; row++) {
    const action = changes.actions.at(row)
    if (action !== ADD && action !== REMOVE) continue
    const person = changes.persons.at(row)
    members.get(changes.groups.at(row))?.push(was.get(person) ?? person)
  }
  const membersOf = (id: number): Float64Array => Float64Array.from(members.get(id) ?? []).sort()
  const before = removed.map(({ id, kind, title, parentId }): GroupTraits => ({
    id,
    kind,
    title,
    parent: parentId,
    members: membersOf(id),
  }))
  const coming = [...added]
  const after = coming.map(([index, ref]): GroupTraits => {
    const { kind, key, fields } = read.records.get(index)
    const parent = placed.get(ref)?.parentId ?? null
    return { id: ref, kind, title: fields.title ?? key, parent, members: membersOf(ref) }
  })
  const found = suspectGroups(before, after)
  return suspects(found, (one, other) => {
    const { id, key } = removed[one] as (typeof removed)[number]
    const [index, ref] = coming[other] as (typeof coming)[number]
    return { oldId: id, oldKey: key ?? '', index, ref, protected: false }
  })
}

/** Most pairs of a kind that a report lists, the surest first. */
export const PAIRS_LISTED_MAX = 1000

/** Pairs as a report lists them. */
export function listedPairs(
  { persons, groups }: Pick<Collector, 'persons' | 'groups'>,
  suspected: Suspected,
): SuspectedPair[] {
  const order: readonly Confidence[] = ['certain', 'high', 'low']
  return (['person', 'group'] as const).flatMap((kind) => {
    const read = kind === 'person' ? persons : groups
    return suspected[kind].pairs
      .toSorted((a, b) => order.indexOf(a.confidence) - order.indexOf(b.confidence))
      .slice(0, PAIRS_LISTED_MAX)
      .map(({ index, ref: _, ...pair }) => ({
        kind,
        ...pair,
        newKey: read.keyOf(index),
        place: read.places.at(index),
        rekeyed: false,
      }))
  })
}
