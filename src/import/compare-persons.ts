import { comparePersons, type FieldChanges } from '../change/compare-fields.ts'
import type { RecordMirror } from '../change/mirror.ts'
import type { Hashes } from '../ims/fingerprint.ts'
import type { PersonRecord } from '../roster/person.ts'
import { type KeyOwner, personHeads, personsByKey, personsById } from '../store/lookups.ts'
import type { AdoptedBy } from '../roster/adoption.ts'
import type { Session } from '../store/connect.ts'
import type { Rules } from '../rules/contract.ts'
import type { Collector } from './collect.ts'
import type { ProblemLog } from './problem-log.ts'
import { adoptedBy, adoptPersons, type Adoptions, asSent, takenBack } from './adopt.ts'
import {
  type ClaimComparison,
  claimPersons,
  type HandedOver,
  handOver,
  reportUnknownDeletes,
  withoutSlot,
} from './claims.ts'
import { resolveKeys, setConflictAside, sweep } from './known-keys.ts'
import { type RecordsRead, TAKEN } from './records-read.ts'
import {
  type FreedUsername,
  setDuplicateUsernamesAside,
  settleFreed,
  settleUsernames,
  waitingForUsername,
} from './usernames-sent.ts'

export interface PersonWrite {
  readonly id: number
  /** Number of the record among those read. */
  readonly index: number
  readonly action: 'update' | 'restore' | 'rekey'
  readonly changes: FieldChanges
  readonly profileBefore: string
  readonly usernameBefore: string | null
  /** Null of a person made by hand, who becomes the source's. */
  readonly keyBefore: string | null
  /** How he was recognised. */
  readonly adoptedBy?: AdoptedBy
  readonly own: { readonly [field: string]: unknown }
}

/** What a delivery does to persons, before relations and memberships. */
export interface PersonComparison {
  /** Numbers of the records that are new, and the reference that each gets: negative. */
  readonly added: Map<number, number>
  readonly writes: PersonWrite[]
  readonly removed: { readonly id: number; readonly key: string; readonly profile: string }[]
  /** Slots of the mirror whose persons leave, or are handed over. */
  readonly removedSlots: number[]
  /** Persons whom another source takes over, by id. */
  readonly handedOver: ReadonlyMap<number, HandedOver & { readonly profile: string }>
  readonly claims: ClaimComparison
  /** Slots whose record was read and says what it said before. */
  readonly touched: number[]
  /** Persons whose username belongs to someone else: they have none. */
  readonly withoutUsername: Set<number>
  /** Usernames that are free only as long as their owner leaves, or gets another. */
  readonly freedUsernames: readonly FreedUsername[]
  /** Records left out because they are probably a person of the roster: whom lists mean that name them. */
  readonly standIns: Map<number, number>
}

export interface CompareContext {
  readonly session: Session
  readonly siteId: number
  readonly sourceId: number
  readonly hashes: Hashes
  readonly problems: ProblemLog
  /** The day on which the run began, `YYYY-MM-DD`: tells the century of a number of ten digits. */
  readonly today: string
  /** Nobody's key or username needs to be looked up: there is nobody. */
  readonly siteIsEmpty: boolean
  /** Gives the next reference for something new: -1, -2, … */
  readonly nextRef: () => number
  /** Absence removes, for this kind. */
  readonly removesAbsent: boolean
  /** The site has other sources. */
  readonly hasOthers: boolean
  /** By what persons and groups made by hand are recognised; by nothing after a source's first delivery. */
  readonly adopt: ReadonlySet<AdoptedBy>
}

export async function comparePersonRecords(
  context: CompareContext,
  collected: Collector,
  mirror: RecordMirror,
  { joinBy }: Pick<Rules, 'joinBy'>,
): Promise<PersonComparison> {
  const { persons } = collected
  setDuplicateUsernamesAside(collected, context.problems)
  const owners = await ownersOf(context, persons, withoutSlot(persons, mirror))
  const claims = await claimPersons(context, collected, mirror, owners, joinBy)
  reportUnknownDeletes(context, 'person', persons, claims)
  // Fields of a claim are not used: its username neither.
  for (const index of claims.claimed.keys()) collected.usernames[index] = undefined
  const unknown = withoutSlot(persons, mirror).filter((index) => !claims.claimed.has(index))
  const adopted = new Map([
    ...(await adoptPersons(
      context,
      collected,
      unknown.filter((index) => !owners.has(persons.keyOf(index))),
    )),
    ...takenBack(persons, unknown, owners),
  ])
  const { without: withoutUsername, freed } = await settleUsernames(
    context,
    collected,
    mirror,
    adopted,
  )
  const { fresh, known, rekeyed } = resolveKeys(context, persons, mirror)
  for (const [index, oldSlot] of rekeyed) {
    // The new key is that of somebody in the recycle bin, or of another source.
    if (!owners.has(persons.records.get(index).key)) continue
    rekeyed.delete(index)
    known.delete(mirror.ids.at(oldSlot))
    setConflictAside(context.problems, persons, index, oldSlot)
  }
  settleFreed(context, collected, freed, withoutUsername)
  const waitForUsername = waitingForUsername(collected, mirror, withoutUsername)
  for (const [id, index] of waitForUsername) if (!known.has(id)) known.set(id, index)

  /** A person who was binned under his old key comes back under the new one. */
  const binnedUnderOldKey = (index: number): KeyOwner | undefined => {
    const owner = owners.get(persons.oldKeys.get(index) ?? '')
    const isHis = owner?.state === 'binned' && owner.sourceId === context.sourceId
    return isHis && !known.has(owner.id) ? owner : undefined
  }
  const added = new Map<number, number>()
  for (const index of fresh) {
    if (claims.claimed.has(index)) continue
    const owner = owners.get(persons.keyOf(index)) ?? binnedUnderOldKey(index)
    const manual = adopted.get(index)
    if (owner) known.set(owner.id, index)
    else if (manual) known.set(manual.id, index)
    else added.set(index, context.nextRef())
  }
  const { removedSlots, touched } = sweep(context, persons, mirror, rekeyed)
  const leaving = await personHeads(
    context.session,
    context.siteId,
    removedSlots.map((slot) => mirror.ids.at(slot)),
  )
  const handed = await handOver(context, 'person', persons, leaving)
  const handedOver = new Map(
    leaving.flatMap(({ id, profile }) => {
      const to = handed.get(id)
      return to === undefined ? [] : [[id, { ...to, profile }] as const]
    }),
  )
  return {
    added,
    writes: await compareKnown(context, persons, known, rekeyed, mirror, touched, adopted),
    removed: leaving.filter(({ id }) => !handed.has(id)),
    removedSlots,
    handedOver,
    claims,
    touched,
    withoutUsername,
    freedUsernames: freed,
    standIns: new Map(),
  }
}

async function ownersOf(
  { session, siteId, siteIsEmpty }: CompareContext,
  persons: RecordsRead<PersonRecord>,
  fresh: readonly number[],
): Promise<Map<string, KeyOwner>> {
  if (fresh.length === 0 || siteIsEmpty) return new Map()
  const keys = fresh.flatMap((index) => {
    const oldKey = persons.oldKeys.get(index)
    return oldKey === undefined ? [persons.keyOf(index)] : [persons.keyOf(index), oldKey]
  })
  const owners = await personsByKey(session, siteId, keys)
  return new Map(owners.map((owner) => [owner.key, owner]))
}

async function compareKnown(
  { session, siteId }: CompareContext,
  persons: RecordsRead<PersonRecord>,
  known: ReadonlyMap<number, number>,
  rekeyed: ReadonlyMap<number, number>,
  mirror: RecordMirror,
  touched: number[],
  adopted: Adoptions,
): Promise<PersonWrite[]> {
  const writes: PersonWrite[] = []
  for await (const stored of personsById(session, siteId, [...known.keys()])) {
    const index = known.get(stored.id)
    if (index === undefined || persons.states.at(index) !== TAKEN) continue
    const record = persons.records.get(index)
    const slot = persons.slots.at(index)
    const { canonicalHigh, canonicalLow } = persons
    let changes = comparePersons(stored.sent ?? asSent(stored.own, record), record)
    const waits = stored.username === null && record.fields.username !== undefined
    if (slot >= 0 && isFromAnother(mirror, slot, stored.id) && isNothing(changes) && !waits) {
      // Taken over, and the former owner sent just the same.
      touched.push(slot)
      continue
    }
    if (slot >= 0 && mirror.sameCanonical(slot, canonicalHigh.at(index), canonicalLow.at(index))) {
      // He was only waiting for the username that he sends, and has it by now or gets it.
      if (stored.username !== null) continue
      const username = record.fields.username
      changes = {
        ...changes,
        before: { username: null },
        after: { username },
        extensionOnly: false,
      }
    }
    writes.push({
      id: stored.id,
      index,
      action: stored.state === 'binned' ? 'restore' : rekeyed.has(index) ? 'rekey' : 'update',
      changes,
      profileBefore: stored.profile,
      usernameBefore: stored.username,
      keyBefore: stored.key,
      ...adoptedBy(adopted, index),
      own: stored.own,
    })
  }
  return writes.toSorted((a, b) => a.index - b.index)
}

/** A slot for a record that another source sent last has no fingerprint yet. */
export function isFromAnother(mirror: RecordMirror, slot: number, id: number): boolean {
  return mirror.ids.at(slot) === id && mirror.sameCanonical(slot, 0n, 0n)
}

export function isNothing({ after }: FieldChanges): boolean {
  return Object.keys(after).length === 0
}
