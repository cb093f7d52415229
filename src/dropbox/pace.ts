import { setTimeout as wait } from 'node:timers/promises'

/** Bytes of an account go through at a rate: milliseconds that it may be ahead of it, so that short files never wait. */
const AHEAD_MS = 1000

/** Holds each account to so many bytes a second, over all its connections of this process. */
export class Pace {
  readonly #bytesPerMs: number
  readonly #clock: () => number
  /** When, at the rate, everything so far will have come. */
  readonly #doneAt = new Map<string, number>()

  constructor(bytesPerSecond: number, clock: () => number) {
    this.#bytesPerMs = bytesPerSecond / 1000
    this.#clock = clock
  }

  /** Milliseconds to wait before so many bytes more may come. */
  delay(account: string, bytes: number): number {
    const now = this.#clock()
    const doneAt = Math.max(now, this.#doneAt.get(account) ?? now) + bytes / this.#bytesPerMs
    this.#doneAt.set(account, doneAt)
    return Math.max(0, doneAt - now - AHEAD_MS)
  }

  async keep(account: string, bytes: number): Promise<void> {
    const ms = this.delay(account, bytes)
    if (ms >= 1) await wait(ms)
  }
}
