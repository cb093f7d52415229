import { NOT_TAKEN, type RecordMirror } from '../change/mirror.ts'
import type { RelationClaim, RelationKind } from '../roster/person.ts'
import { statedElsewhere } from '../store/claims.ts'
import { claimsAbout, keysOf, relationsOf } from '../store/lookups.ts'
import type { Collector } from './collect.ts'
import type { CompareContext, PersonComparison } from './compare-persons.ts'
import type { PersonsElsewhere } from './elsewhere.ts'
import { TAKEN } from './records-read.ts'
import { LEFT_OUT, personResolver, UNKNOWN } from './resolve.ts'

/** Who says that two persons are related: the younger (child, pupil), the elder (guardian, mentor), or both. */
const YOUNGER_SAYS = 1
const ELDER_SAYS = 2

export interface RelationChange {
  readonly personId: number
  readonly otherId: number
  readonly kind: RelationKind
  /** 0 where there is, or will be, none. */
  readonly saidBefore: number
  readonly saidAfter: number
}

export interface RelationComparison {
  readonly changes: readonly RelationChange[]
  /** Numbers of persons read whose statements depend on someone who is not known. */
  readonly unsettled: ReadonlySet<number>
  readonly setAside: number
}

interface Pair {
  readonly personId: number
  readonly otherId: number
  readonly kind: RelationKind
  readonly saidBefore: number
  saidAfter: number
}

/**
 * What the persons read say about their relations, against what the roster holds. A relation is gone when neither
 * side says it any more; one to a person in the recycle bin is kept.
 */
export async function compareRelations(
  context: CompareContext,
  collected: Collector,
  mirror: RecordMirror,
  persons: PersonComparison,
  elsewhere: PersonsElsewhere,
): Promise<RelationComparison> {
  const { session, siteId, problems } = context
  const { claims } = collected
  const { keys } = collected.lists
  const resolve = personResolver(mirror, collected.persons, persons, elsewhere.found)
  const meantBy = (key: string): number => resolve(keys.high, keys.low, keys.number(key))
  const speakers = speakersOf(collected, mirror, persons)
  const spoken = new Set(speakers.values())
  // Persons of other sources of whom this one says nothing any more.
  const silent = persons.claims.dropped.map(({ id }) => id).filter((id) => !spoken.has(id))
  const existing = [...spoken, ...silent].filter((id) => id > 0)
  const others = await saidElsewhere(context, existing)
  await elsewhere.lookUpKeys(unknownKeys())
  const leaving = new Set(persons.removed.map(({ id }) => id))
  const isHere = (id: number): boolean =>
    id < 0 || (mirror.findId(id) !== undefined && !leaving.has(id))

  const pairs = new Map<string, Pair>()
  if (existing.length > 0) {
    for (const { personId, otherId, kind, saidBy } of await relationsOf(
      session,
      siteId,
      existing,
    )) {
      const pair = {
        personId,
        otherId,
        kind: kind as RelationKind,
        saidBefore: saidBy,
        saidAfter: saidBy,
      }
      pairs.set(keyOf(personId, otherId, kind), pair)
    }
    const speaking = new Map([...speakers].map(([index, id]) => [id, index]))
    const away = new Set<number>()
    for (const { personId, otherId } of pairs.values()) {
      for (const id of [personId, otherId]) if (!isHere(id)) away.add(id)
    }
    // Somebody in the recycle bin cannot be resolved: what is still said of him is found by his key.
    const keys =
      away.size === 0
        ? new Map<number, string>()
        : (await keysOf(session, siteId, [...away], [])).persons
    const stillSays = (speaker: number, of: number, pair: Pair, otherIs: string): boolean =>
      [...(claims.get(speaking.get(speaker) as number) ?? []), ...(others.get(speaker) ?? [])].some(
        ({ kind, otherIs: is, other }) =>
          kind === pair.kind &&
          is === otherIs &&
          (other === keys.get(of) || elsewhere.isName(other, of)),
      )
    for (const id of silent) speaking.set(id, -1)
    for (const pair of pairs.values()) {
      const { personId, otherId } = pair
      if (speaking.has(personId) && !stillSays(personId, otherId, pair, 'elder')) {
        pair.saidAfter &= ~YOUNGER_SAYS
      }
      if (speaking.has(otherId) && !stillSays(otherId, personId, pair, 'younger')) {
        pair.saidAfter &= ~ELDER_SAYS
      }
    }
  }
  const unsettled = new Set<number>()
  const standIns = new Set(
    [...persons.standIns.keys()].map((index) => collected.persons.keyOf(index)),
  )
  let setAside = 0
  for (const [index, id] of speakers) {
    for (const { kind, other, otherIs } of claims.get(index) ?? []) {
      const otherId = meantBy(other)
      if (otherId === LEFT_OUT) continue
      if (standIns.has(other)) unsettled.add(index)
      if (otherId === UNKNOWN || otherId === id) {
        unsettled.add(index)
        setAside++
        problems.add({
          code: otherId === id ? 'RELATION_TO_SELF' : 'RELATION_UNKNOWN',
          place: collected.persons.places.at(index),
          kind: 'person',
          found: other,
        })
        continue
      }
      say(pairs, id, otherId, kind, otherIs)
    }
  }
  for (const [id, stated] of others) {
    for (const { kind, other, otherIs } of stated) {
      const otherId = meantBy(other)
      if (otherId !== LEFT_OUT && otherId !== UNKNOWN && otherId !== id) {
        say(pairs, id, otherId, kind, otherIs)
      }
    }
  }
  const heard = new Set(existing)
  const newlyTaken = newlyTakenKeys(collected, mirror)
  for (const { id, claims: stated } of await claimsNaming(context, newlyTaken)) {
    if (heard.has(id) || leaving.has(id)) continue
    for (const { kind, other, otherIs } of stated) {
      if (!newlyTaken.has(other)) continue
      const otherId = meantBy(other)
      if (otherId !== LEFT_OUT && otherId !== UNKNOWN) say(pairs, id, otherId, kind, otherIs)
    }
  }
  const changes = [...pairs.values()].filter((pair) => pair.saidAfter !== pair.saidBefore)
  return { changes, unsettled, setAside }

  function unknownKeys(): string[] {
    if (!elsewhere.isUsed) return []
    const said = [...speakers.keys()].map((index) => claims.get(index) ?? [])
    const named = [...said, ...others.values()].flat().map(({ other }) => other)
    return [...new Set(named)].filter((key) => meantBy(key) === UNKNOWN)
  }
}

/** What the records of other sources state about these persons: it holds whatever this one says. */
async function saidElsewhere(
  { session, siteId, sourceId, hasOthers }: CompareContext,
  ids: readonly number[],
): Promise<ReadonlyMap<number, readonly RelationClaim[]>> {
  if (!hasOthers || ids.length === 0) return new Map()
  const said = new Map<number, readonly RelationClaim[]>()
  for (const { id, claims } of await statedElsewhere(session, siteId, sourceId, ids)) {
    said.set(id, [...(said.get(id) ?? []), ...claims])
  }
  return said
}

function say(
  pairs: Map<string, Pair>,
  id: number,
  otherId: number,
  kind: RelationKind,
  otherIs: RelationClaim['otherIs'],
): void {
  const [young, old, bit] =
    otherIs === 'elder' ? [id, otherId, YOUNGER_SAYS] : [otherId, id, ELDER_SAYS]
  const key = keyOf(young, old, kind)
  const pair = pairs.get(key) ?? {
    personId: young,
    otherId: old,
    kind,
    saidBefore: 0,
    saidAfter: 0,
  }
  pair.saidAfter |= bit
  pairs.set(key, pair)
}

/**
 * Keys of persons whom the rules left out last time. Whoever named one of them was settled then, and is not read
 * again for it: what he states is looked up now.
 */
function newlyTakenKeys({ persons }: Collector, mirror: RecordMirror): ReadonlySet<string> {
  const keys = new Set<string>()
  for (let index = 0; index < persons.length; index++) {
    const slot = persons.slots.at(index)
    const isTaken = persons.states.at(index) === TAKEN
    if (isTaken && slot >= 0 && mirror.ids.at(slot) === NOT_TAKEN) keys.add(persons.keyOf(index))
  }
  return keys
}

async function claimsNaming(
  { session, siteId, sourceId }: CompareContext,
  keys: ReadonlySet<string>,
): ReturnType<typeof claimsAbout> {
  return keys.size === 0 ? [] : claimsAbout(session, siteId, sourceId, [...keys])
}

/** Persons whose statements are looked at: number of the record to roster id or reference. */
function speakersOf(
  { persons, claims }: Collector,
  mirror: RecordMirror,
  { added, writes, touched, claims: { here } }: PersonComparison,
): Map<number, number> {
  const speakers = new Map<number, number>(here)
  for (const [index, ref] of added) if (claims.has(index)) speakers.set(index, ref)
  for (const { index, id } of writes) speakers.set(index, id)
  for (const slot of touched) {
    const index = persons.readOf(slot)
    if (index !== undefined && !mirror.hasRaw(slot)) speakers.set(index, mirror.ids.at(slot))
  }
  return speakers
}

function keyOf(personId: number, otherId: number, kind: string): string {
  return `${personId} ${otherId} ${kind}`
}
