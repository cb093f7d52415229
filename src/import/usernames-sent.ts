import { NOT_TAKEN, type RecordMirror } from '../change/mirror.ts'
import { personsById, usernameOwners } from '../store/lookups.ts'
import type { Adoptions } from './adopt.ts'
import type { Collector } from './collect.ts'
import type { CompareContext } from './compare-persons.ts'
import type { ProblemLog } from './problem-log.ts'
import { DELETED, SET_ASIDE, TAKEN } from './records-read.ts'

/** One username on two keys: all of them are set aside. */
export function setDuplicateUsernamesAside(
  { persons, usernames }: Collector,
  problems: ProblemLog,
): void {
  const first = new Map<string, number>()
  usernames.forEach((username, index) => {
    if (username === undefined || persons.states.at(index) !== TAKEN) return
    const other = first.get(username)
    if (other === undefined) {
      first.set(username, index)
      return
    }
    for (const each of [other, index]) {
      if (persons.states.at(each) === SET_ASIDE) continue
      persons.setReadAside(each)
      problems.add({
        code: 'DUPLICATE_USERNAME',
        place: persons.places.at(each),
        kind: 'person',
        key: persons.records.get(each).key,
        found: username,
      })
    }
  })
}

/**
 * Looks up who has the usernames of the persons read. Someone of this delivery who sends it too, with bytes that did
 * not change: both are set aside. Someone who leaves tonight or sends another: it is free. Anyone else, also one who
 * has the name as his own because it is no longer sent for him: the person goes without.
 *
 * @returns who goes without, and whose name is free only as long as its owner's record is used (`settleFreed`).
 */
export async function settleUsernames(
  { session, siteId, sourceId, siteIsEmpty, hashes, problems, removesAbsent }: CompareContext,
  { persons, usernames }: Collector,
  mirror: RecordMirror,
  adopted: Adoptions,
): Promise<{ readonly without: Set<number>; readonly freed: readonly FreedUsername[] }> {
  const without = new Set<number>()
  const freed: FreedUsername[] = []
  if (siteIsEmpty) return { without, freed }
  const wanted = new Map<string, number>()
  usernames.forEach((username, index) => {
    if (username !== undefined && persons.states.at(index) === TAKEN) wanted.set(username, index)
  })
  if (wanted.size === 0) return { without, freed }
  /** Slots that records with another key take over. */
  const takenOver = new Map<number, number>()
  for (const [index, key] of persons.oldKeys) {
    const { high, low } = hashes.text(key)
    const slot = mirror.findKey(high, low)
    if (slot >= 0 && persons.slots.at(index) < 0 && !persons.isSeen(slot))
      takenOver.set(slot, index)
  }
  const goWithout = (index: number, username: string): void => {
    without.add(index)
    reportTaken(problems, persons, index, username)
  }
  /** Roster id to slot, of owners whose bytes did not change. */
  const unread = new Map<number, { readonly slot: number; readonly index: number }>()
  for (const owner of await usernameOwners(session, siteId, [...wanted.keys()])) {
    const index = wanted.get(owner.username)
    if (index === undefined || adopted.get(index)?.id === owner.id) continue
    const slot = mirror.findId(owner.id)
    if (slot === undefined || owner.sourceId !== sourceId) {
      goWithout(index, owner.username)
      continue
    }
    const now = persons.readOf(slot) ?? takenOver.get(slot)
    if (now === index) continue
    if (now !== undefined && persons.states.at(now) !== SET_ASIDE) {
      if (persons.states.at(now) === DELETED || usernames[now] !== undefined) {
        freed.push({ index, username: owner.username, owner: now, slot })
        continue
      }
    } else if (persons.hasSameBytes(slot)) {
      unread.set(owner.id, { slot, index })
      continue
    } else if (!persons.isSeen(slot) && removesAbsent) {
      freed.push({ index, username: owner.username, owner: undefined, slot })
      continue
    }
    goWithout(index, owner.username)
  }
  for await (const { id, sent } of personsById(session, siteId, [...unread.keys()])) {
    const { slot, index } = unread.get(id) as { readonly slot: number; readonly index: number }
    const username = usernames[index] as string
    if (sent?.fields.username?.toLowerCase() !== username) {
      goWithout(index, username)
      continue
    }
    persons.setSlotAside(slot)
    persons.setReadAside(index)
    for (const place of [persons.placeOf(slot), persons.places.at(index)]) {
      problems.add({ code: 'DUPLICATE_USERNAME', place, kind: 'person', found: username })
    }
  }
  return { without, freed }
}

/** A username that its owner gives up tonight. */
export interface FreedUsername {
  /** Number of the record that gets it. */
  readonly index: number
  readonly username: string
  /** Number of the owner's record; none where he leaves. */
  readonly owner: number | undefined
  readonly slot: number
}

/** An owner whose own record came to be set aside keeps his username: who was to have it goes without. */
export function settleFreed(
  { problems }: Pick<CompareContext, 'problems'>,
  { persons }: Pick<Collector, 'persons'>,
  freed: readonly FreedUsername[],
  without: Set<number>,
): void {
  for (const { index, username, owner, slot } of freed) {
    const keeps =
      owner === undefined ? persons.isSeen(slot) : persons.states.at(owner) === SET_ASIDE
    if (!keeps || without.has(index) || persons.states.at(index) !== TAKEN) continue
    without.add(index)
    reportTaken(problems, persons, index, username)
  }
}

function reportTaken(
  problems: ProblemLog,
  persons: Collector['persons'],
  index: number,
  username: string,
): void {
  problems.add({
    code: 'USERNAME_TAKEN',
    place: persons.places.at(index),
    kind: 'person',
    key: persons.records.get(index).key,
    found: username,
  })
}

/**
 * Persons who may have waited for the username that they send: it was someone else's, so their records are read
 * every night, and say nothing new. Roster id to number of the record.
 */
export function waitingForUsername(
  { persons, usernames }: Collector,
  mirror: RecordMirror,
  without: ReadonlySet<number>,
): Map<number, number> {
  const waiting = new Map<number, number>()
  if (mirror.length === 0) return waiting
  usernames.forEach((username, index) => {
    const slot = persons.slots.at(index)
    if (username === undefined || slot < 0 || without.has(index)) return
    if (persons.states.at(index) !== TAKEN || mirror.hasRaw(slot)) return
    const id = mirror.ids.at(slot)
    if (id !== NOT_TAKEN) waiting.set(id, index)
  })
  return waiting
}
