/** Longer texts seldom repeat. */
export const SHORT_BYTES_MAX = 32

/**
 * The plain ASCII text met last for each name: sources, states, roles and dates repeat a million times in a delivery,
 * and seeing that the string made before is the same is cheaper than making it again.
 */
export class SharedTexts {
  readonly #last: string[] = []

  /** `name` is a number of `Names`; of a wrong one the text is right all the same. */
  text(name: number, bytes: Buffer, from: number, to: number): string {
    while (this.#last.length <= name) this.#last.push('')
    const last = this.#last[name]!
    if (last.length === to - from) {
      let at = from
      while (at < to && last.charCodeAt(at - from) === bytes[at]) at++
      if (at === to) return last
    }
    const text = bytes.toString('latin1', from, to)
    this.#last[name] = text
    return text
  }
}
