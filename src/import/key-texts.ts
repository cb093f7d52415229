import { uint64s } from '../change/growable.ts'
import { HashIndex } from '../change/hash-index.ts'
import type { Hashes } from '../ims/fingerprint.ts'
import type { RawFingerprint } from '../ims/records.ts'

/** Two different texts that have one hash. */
export interface Collision {
  readonly one: string
  readonly other: string
}

/**
 * Hashes of keys, with the keys: keys are looked up by hash everywhere, and compared here, once for each key that a run
 * meets. Two that have the same hash are noticed, and their delivery is refused (`KEYS_COLLIDE`): nothing is ever taken for
 * something else. How unlikely that is by accident, and how easy on purpose, is said in ims/fingerprint.ts.
 *
 * A key that was met before costs a look into a map, about what hashing it once more would cost: a list of a million members
 * has a tenth as many keys.
 */
export class KeyTexts implements Hashes {
  readonly high = uint64s()
  readonly low = uint64s()
  readonly bytes: Hashes['bytes']
  readonly #hash: Hashes['text']
  /** Numbers, not hashes: a hundred thousand pairs of bigints are 10 MB. */
  readonly #numbers = new Map<string, number>()
  readonly #texts: string[] = []
  readonly #byHash = new HashIndex(this.high, this.low)
  #collision: Collision | undefined

  constructor(hashes: Hashes) {
    this.bytes = (bytes) => hashes.bytes(bytes)
    this.#hash = (text) => hashes.text(text)
  }

  /** How many different keys there were so far; their hashes stand in `high` and `low`. */
  get length(): number {
    return this.#texts.length
  }

  /** The first two keys that have one hash; undefined while all are told apart. */
  get collision(): Collision | undefined {
    return this.#collision
  }

  text(text: string): RawFingerprint {
    const number = this.number(text)
    return { high: this.high.at(number), low: this.low.at(number) }
  }

  /** Lets go of all keys, and begins anew: numbers that were given mean nothing any more. 100 MB at a million keys. */
  forget(): void {
    this.#numbers.clear()
    this.#texts.length = 0
    this.high.clear()
    this.low.clear()
    this.#byHash.clear()
  }

  /** Its number: where its hash stands in `high` and `low`. A million members are kept as numbers of a tenth as many keys. */
  number(text: string): number {
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    const hash = this.#hash(text)
    const same = this.#byHash.find(hash.high, hash.low)
    if (same >= 0) this.#collision ??= { one: this.#texts[same] ?? '', other: text }
    this.high.push(hash.high)
    const number = this.low.push(hash.low)
    this.#texts.push(text)
    this.#numbers.set(text, number)
    this.#byHash.add(number)
    return number
  }
}
