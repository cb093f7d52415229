/** Which bytes of a file have been written. A file with a hole in it is not whole, whatever its size. */
export class Pieces {
  /** In order, neither overlapping nor touching. */
  readonly #list: [from: number, to: number][] = []

  constructor(bytes: number) {
    if (bytes > 0) this.#list.push([0, bytes])
  }

  add(from: number, to: number): void {
    if (to <= from) return
    const list = this.#list
    // Nearly always right behind the last one.
    const last = list.at(-1)
    if (last !== undefined && last[1] === from) {
      last[1] = to
      return
    }
    let at = list.length
    while (at > 0 && (list[at - 1] as [number, number])[1] >= from) at--
    let end = at
    let [low, high] = [from, to]
    while (end < list.length && (list[end] as [number, number])[0] <= to) {
      const [begin, until] = list[end] as [number, number]
      low = Math.min(low, begin)
      high = Math.max(high, until)
      end++
    }
    list.splice(at, end - at, [low, high])
  }

  /** What lies beyond is gone. */
  cut(bytes: number): void {
    while ((this.#list.at(-1)?.[0] ?? -1) >= bytes) this.#list.pop()
    const last = this.#list.at(-1)
    if (last !== undefined) last[1] = Math.min(last[1], bytes)
  }

  get count(): number {
    return this.#list.length
  }

  /** Where the last byte ends. */
  get end(): number {
    return this.#list.at(-1)?.[1] ?? 0
  }

  /** How far it goes without a hole. */
  get whole(): number {
    const first = this.#list[0]
    return first !== undefined && first[0] === 0 ? first[1] : 0
  }
}
