/** Memory of a ring, as it is given to a thread. */
export interface RingMemory {
  readonly bytes: SharedArrayBuffer
  /** How far the writer is, and how far the reader. */
  readonly state: SharedArrayBuffer
}

/** How many bytes were written; where no more will come, minus one less than that: one number, so that nobody waits for what was before. */
const FILLED = 0
/** Up to where bytes may be overwritten. */
const FREED = 1
/**
 * Who waits is woken when so much has come, or when half of the ring is free, not at every step: a thread that is woken costs up to
 * half a millisecond of the other's time where the machine is busy. The ring has to be several times as large.
 */
const WAKING_BYTES = 1024 * 1024
/** Waiting is given up when nothing has come for so long, in ms: a network drive that hangs. */
const STALL_MS = 300_000
/** Further than any file. */
const EVERYTHING = 2n ** 62n

/** Nothing came for too long. */
export class RingStalled extends Error {
  constructor() {
    super(`nothing came for ${STALL_MS} ms`)
  }
}

/**
 * The last bytes of a file that one thread reads, for another that goes over them behind it: so both have the same bytes, whatever
 * becomes of the file, and nobody waits for the disk twice. Who writes waits where who reads is a whole ring behind, until he lets
 * go of it.
 */
export class Ring {
  readonly memory: RingMemory
  /** A Buffer: what it copies out of shared memory it copies four times as fast as a plain array of bytes does. */
  readonly #bytes: Buffer
  readonly #state: BigInt64Array
  /** What is read last: from where to where. */
  #from = 0
  #to = 0

  constructor(memory: RingMemory) {
    this.memory = memory
    this.#bytes = Buffer.from(memory.bytes)
    this.#state = new BigInt64Array(memory.state)
  }

  static of(bytes: number): Ring {
    return new Ring({ bytes: new SharedArrayBuffer(bytes), state: new SharedArrayBuffer(2 * 8) })
  }

  /** How many bytes were written. */
  get filled(): number {
    return written(Atomics.load(this.#state, FILLED))
  }

  /** Where the next bytes go, `wanted` at most; waits until there is room for them. */
  room(wanted: number): Uint8Array {
    const at = this.filled
    const start = at % this.#bytes.length
    const size = Math.min(wanted, this.#bytes.length - start)
    for (;;) {
      const freed = Atomics.load(this.#state, FREED)
      if (BigInt(at + size - this.#bytes.length) <= freed) break
      Atomics.wait(this.#state, FREED, freed)
    }
    return this.#bytes.subarray(start, start + size)
  }

  /** Whether `room` would wait. */
  isFull(wanted: number): boolean {
    return BigInt(this.filled + wanted - this.#bytes.length) > Atomics.load(this.#state, FREED)
  }

  /** So many bytes were written where there was room. */
  fill(bytes: number): void {
    const before = this.filled
    const isWorthIt =
      Math.floor((before + bytes) / WAKING_BYTES) > Math.floor(before / WAKING_BYTES)
    this.#say(FILLED, BigInt(before + bytes), isWorthIt)
  }

  /** No more will come. */
  end(): void {
    this.#say(FILLED, -1n - BigInt(this.filled), true)
  }

  /**
   * Reads from a place in the file on, waiting for what is still to come; gives how many bytes it read, 0 at the end. Undefined for
   * bytes that are gone: places may go forward without a gap, or back into what was read last.
   * @throws RingStalled
   */
  read(into: Uint8Array, at: number): number | undefined {
    if (at < this.#from || at > this.#to) return undefined
    this.#from = at
    this.#say(FREED, BigInt(at), this.filled - at <= this.#bytes.length / 2)
    const there = this.reached(at + Math.min(into.length, WAKING_BYTES)) - at
    const start = at % this.#bytes.length
    const size = Math.max(0, Math.min(into.length, there, this.#bytes.length - start))
    this.#bytes.copy(into, 0, start, start + size)
    this.#to = at + size
    return size
  }

  /** Waits until so many bytes were written, or no more will come; gives how many were. Throws RingStalled. */
  reached(bytes: number): number {
    for (;;) {
      const filled = Atomics.load(this.#state, FILLED)
      if (filled < 0n || filled >= BigInt(bytes)) return written(filled)
      if (Atomics.wait(this.#state, FILLED, filled, STALL_MS) === 'timed-out')
        throw new RingStalled()
    }
  }

  /** Nobody reads any more: who writes need not wait. */
  letGo(): void {
    this.#from = Infinity
    this.#say(FREED, EVERYTHING, true)
  }

  #say(what: number, value: bigint, wakes: boolean): void {
    Atomics.store(this.#state, what, value)
    if (wakes) Atomics.notify(this.#state, what)
  }
}

function written(filled: bigint): number {
  return Number(filled < 0n ? -1n - filled : filled)
}
