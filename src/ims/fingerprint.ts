import xxhash from 'xxhash-wasm'
import type { RawFingerprint } from './records.ts'

/** 128 bits of bytes or text: two xxHash64 with different seeds. Told apart by accident only, not against an attacker. */
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
