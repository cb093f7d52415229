import xxhash from 'xxhash-wasm'
import type { RawFingerprint } from './records.ts'

/**
 * 128 bits of bytes or text: two xxHash64 with different seeds.
 *
 * By accident two of n have the same with a probability of n² / 2^129: 2 in 10^25 for eleven million, which is the largest
 * roster with all its lists ten times over; a million records of a night against a mirror of a million, 3 in 10^27.
 *
 * On purpose anybody makes two texts that have the same: the hash is fast because it keeps nothing secret, and 16 bytes are
 * enough (test/hostile/colliding-keys.ts does it in a tenth of a second, for every seed). What that is good for:
 *
 * - Keys: nothing. They are looked up by hash and compared as text (import/key-texts.ts); a delivery in which two differ
 *   and have one hash is refused.
 * - Bytes of a record: a sender has a record taken for the one that he sent before, and not read. He could have sent the old
 *   one. Its bytes become no value: where a known list is read again, it is by the tokeniser, which refuses what is no XML.
 * - A record as read, and the sum over a list: a sender has a change of his own records overlooked until the next one.
 *
 * Mirrors are a source's own: nobody reaches another's.
 */
export interface Hashes {
  bytes(bytes: Uint8Array): RawFingerprint
  /** Of the text's UTF-8. */
  text(text: string): RawFingerprint
}

const SEED_HIGH = 0x526f6c6cn
const SEED_LOW = 0x63616c6cn

/** Loads the hash once; what it gives is used without waiting. */
export async function openHashes(): Promise<Hashes> {
  const hash = await xxhash()
  return {
    bytes: (bytes) => ({ high: hash.h64Raw(bytes, SEED_HIGH), low: hash.h64Raw(bytes, SEED_LOW) }),
    text: (text) => ({ high: hash.h64(text, SEED_HIGH), low: hash.h64(text, SEED_LOW) }),
  }
}

/**
 * Adds fingerprints up, whatever their order: what was summed can be re-ordered and split without a difference. Each
 * half counts modulo 2^64. What was added twice counts twice.
 */
export class FingerprintSum {
  readonly #halves = new BigUint64Array(2)

  get high(): bigint {
    return this.#halves[0]!
  }

  get low(): bigint {
    return this.#halves[1]!
  }

  add(fingerprint: RawFingerprint): void {
    // The array cuts what is beyond 64 bits off.
    this.#halves[0] = this.#halves[0]! + fingerprint.high
    this.#halves[1] = this.#halves[1]! + fingerprint.low
  }

  subtract(fingerprint: RawFingerprint): void {
    this.#halves[0] = this.#halves[0]! - fingerprint.high
    this.#halves[1] = this.#halves[1]! - fingerprint.low
  }

  value(): RawFingerprint {
    return { high: this.high, low: this.low }
  }
}
