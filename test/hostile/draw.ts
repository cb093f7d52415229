/** Numbers from a seed: the same seed draws the same, on every machine. */
export class Draw {
  #state: number

  constructor(seed: number) {
    // Neighbouring seeds must not draw alike: Murmur's finaliser spreads them.
    let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b)
    state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35)
    this.#state = (state ^ (state >>> 16)) >>> 0 || 1
  }

  /** A whole number from 0 on, below `limit`; 0 where there is none. */
  below(limit: number): number {
    // Marsaglia's xorshift32.
    let state = this.#state
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    this.#state = state >>> 0
    return limit < 1 ? 0 : this.#state % limit
  }

  /** True once in so many times. */
  onceIn(times: number): boolean {
    return this.below(times) === 0
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)]
    if (item === undefined) throw new Error('nothing to pick from')
    return item
  }

  /** A short length most of the time, seldom a long one. */
  length(limit: number): number {
    return 1 + this.below(Math.min(limit, this.pick([2, 8, 64, 512, 8192])))
  }
}
