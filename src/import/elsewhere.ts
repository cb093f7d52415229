import { float64s, type Growable, uint64s } from '../change/growable.ts'
import { HashIndex } from '../change/hash-index.ts'
import type { Hashes } from '../ims/fingerprint.ts'
import { personsElsewhere, personsNamed } from '../store/claims.ts'
import type { StoredGroup } from '../store/lookups.ts'
import type { CompareContext } from './compare-persons.ts'
import type { ListsRead } from './lists-read.ts'
import { type Resolve, UNKNOWN } from './resolve.ts'

type Hashed = Growable<BigUint64Array>

/**
 * Whom keys mean that are not the source's own: records of other sources, aliases, keys of joined claims. The first that is
 * added under a key counts, so that a record's own key goes before a name that another has.
 */
export class Elsewhere {
  /** The rules take no record of this kind: all that a source names is found here. */
  readonly isOnlyPlace: boolean
  readonly #hashes: Hashes
  readonly #high = uint64s(16)
  readonly #low = uint64s(16)
  readonly #ids = float64s(16)
  readonly #index = new HashIndex(this.#high, this.#low, 16)

  constructor(hashes: Hashes, isOnlyPlace: boolean) {
    this.#hashes = hashes
    this.isOnlyPlace = isOnlyPlace
  }

  add(key: string, id: number): void {
    const { high, low } = this.#hashes.text(key)
    if (this.#index.find(high, low) >= 0) return
    this.#high.push(high)
    this.#low.push(low)
    this.#index.add(this.#ids.push(id))
  }

  findAt(high: Hashed, low: Hashed, index: number): number | undefined {
    const entry = this.#index.findAt(high, low, index)
    return entry < 0 ? undefined : this.#ids.at(entry)
  }
}

/** Groups of other sources and made by hand, then what else groups are called. */
export function groupsElsewhere(
  { hashes, sourceId }: CompareContext,
  groups: Iterable<StoredGroup>,
  names: readonly { readonly key: string; readonly id: number }[],
  isOnlyPlace: boolean,
): Elsewhere {
  const elsewhere = new Elsewhere(hashes, isOnlyPlace)
  for (const group of groups) {
    const { id, sentKey } = group
    if (sentKey !== null && group.sourceId !== sourceId) elsewhere.add(sentKey, id)
  }
  for (const { key, id } of names) elsewhere.add(key, id)
  return elsewhere
}

/** Persons, looked up as they are needed: a site may have a million that no list of this delivery names. */
export class PersonsElsewhere {
  readonly found: Elsewhere
  readonly #context: CompareContext
  readonly #names: readonly { readonly key: string; readonly id: number }[]
  /** Whether there is anybody whom the source itself does not know. */
  readonly isUsed: boolean

  constructor(
    context: CompareContext,
    names: readonly { readonly key: string; readonly id: number }[],
    isOnlyPlace: boolean,
  ) {
    this.#context = context
    this.#names = names
    this.isUsed = context.hasOthers || names.length > 0
    this.found = new Elsewhere(context.hashes, isOnlyPlace)
  }

  /** Finds everybody whom one of these hashes of keys means, of those that the source itself does not know. */
  async lookUp(resolve: Resolve, lists: ListsRead): Promise<void> {
    if (!this.isUsed) return
    const { high, low } = lists.keys
    const wantedHigh = uint64s(16)
    const wantedLow = uint64s(16)
    const wanted = new HashIndex(wantedHigh, wantedLow, 16)
    for (const at of lists.keysOfMembers()) {
      const ref = resolve(high, low, at)
      if (ref !== UNKNOWN && !(this.found.isOnlyPlace && ref === Number.POSITIVE_INFINITY)) continue
      wantedLow.push(low.at(at))
      wanted.add(wantedHigh.push(high.at(at)))
    }
    if (wantedHigh.length === 0) return
    const { session, siteId, sourceId, hasOthers, hashes } = this.#context
    const isWanted = (key: string): boolean => {
      const hash = hashes.text(key)
      return wanted.find(hash.high, hash.low) >= 0
    }
    if (hasOthers) {
      for await (const { id, key } of personsElsewhere(session, siteId, sourceId)) {
        if (isWanted(key)) this.found.add(key, id)
      }
    }
    for (const { key, id } of this.#names) if (isWanted(key)) this.found.add(key, id)
  }

  /** Whether a person is called so, beside his key. */
  isName(key: string, id: number): boolean {
    return this.#names.some((name) => name.key === key && name.id === id)
  }

  /** The same for keys as text. */
  async lookUpKeys(keys: readonly string[]): Promise<void> {
    if (!this.isUsed || keys.length === 0) return
    const { session, siteId, sourceId, hasOthers } = this.#context
    const others = hasOthers ? await personsNamed(session, siteId, sourceId, keys) : []
    for (const { key, id } of others) this.found.add(key, id)
    const wanted = new Set(keys)
    for (const { key, id } of this.#names) if (wanted.has(key)) this.found.add(key, id)
  }
}
