import { ListMirror, LOOK_AGAIN } from '../change/list-mirror.ts'
import { FREE, NOT_TAKEN, RecordMirror } from '../change/mirror.ts'
import type { Hashes } from '../ims/fingerprint.ts'
import { canonicalPerson } from '../roster/canonical.ts'
import type { Session } from '../store/connect.ts'
import type { Unrelated } from '../store/erasure.ts'
import { sourceIds } from '../store/hand-runs.ts'
import { loadMirror, saveMirror } from '../store/mirrors.ts'

/** Fingerprints of a source's persons; the hash of a key that is a national number is personal data too. */
export interface PersonMirror {
  readonly sourceId: number
  readonly parts: ReadonlyMap<string, Uint8Array>
  readonly persons: RecordMirror
}

/** Every source's mirror of persons. */
export async function personMirrors(session: Session, siteId: number): Promise<PersonMirror[]> {
  const mirrors: PersonMirror[] = []
  for (const sourceId of await sourceIds(session, siteId)) {
    const parts = await loadMirror(session, siteId, sourceId)
    const persons = RecordMirror.unpack(parts.get('persons') ?? new Uint8Array())
    mirrors.push({ sourceId, parts, persons })
  }
  return mirrors
}

/** The entry of a person, by his number or by a key that he has or had. */
export function slotsOf(
  mirror: RecordMirror,
  id: number,
  keys: readonly string[],
  hashes: Hashes,
): number[] {
  const slots = new Set<number>()
  const byId = mirror.findId(id)
  if (byId !== undefined) slots.add(byId)
  for (const key of keys) {
    const { high, low } = hashes.text(key)
    const slot = mirror.findKey(high, low)
    if (slot >= 0 && [id, NOT_TAKEN].includes(mirror.ids.at(slot))) slots.add(slot)
  }
  return [...slots].filter((slot) => mirror.ids.at(slot) !== FREE)
}

/** What is to go from the mirrors. */
export interface ToForget {
  readonly persons: readonly { readonly id: number; readonly keys: readonly string[] }[]
  /** Whose record no longer is what was sent: it is read again. */
  readonly unrelated: readonly Unrelated[]
  /** Lists that named them: they are looked at again. */
  readonly lists: readonly { readonly sourceId: number; readonly groupId: number }[]
}

/** Takes persons out of every mirror that has them, and hashes of what named them. */
export async function forgetInMirrors(
  session: Session,
  siteId: number,
  mirrors: readonly PersonMirror[],
  { persons: gone, unrelated, lists }: ToForget,
  hashes: Hashes,
): Promise<void> {
  for (const { sourceId, parts, persons } of mirrors) {
    let moved = false
    for (const { id, keys } of gone) {
      for (const slot of slotsOf(persons, id, keys, hashes)) {
        persons.remove(slot)
        moved = true
      }
    }
    for (const { id, sourceId: owner, sent } of unrelated) {
      const slot = persons.findId(id)
      if (slot === undefined) continue
      persons.setRaw(slot, 0n, 0n)
      if (owner === sourceId) {
        const record = new TextEncoder().encode(JSON.stringify(canonicalPerson(sent)))
        const { high, low } = hashes.bytes(record)
        persons.setCanonical(slot, high, low)
      }
      moved = true
    }
    const groups = new Set(
      lists.filter((list) => list.sourceId === sourceId).map(({ groupId }) => groupId),
    )
    if (!moved && groups.size === 0) continue
    const part = (name: string): Uint8Array => parts.get(name) ?? new Uint8Array()
    const listMirror = ListMirror.unpack(part('lists'), part('states')).replace(
      (groupId) => groups.has(groupId),
      new ListMirror(),
      (groupId) => groupId,
    )
    for (const groupId of groups) listMirror.states.set(groupId, LOOK_AGAIN)
    await saveMirror(session, siteId, sourceId, {
      ...Object.fromEntries(parts),
      persons: persons.pack(),
      lists: listMirror.packElements(),
      states: listMirror.packStates(),
    })
  }
}
