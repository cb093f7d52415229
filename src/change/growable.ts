type Numbers = Float64Array | BigUint64Array | Uint8Array | Int32Array
type Element<A> = A extends BigUint64Array ? bigint : number

/**
 * A typed array that grows by doubling: a million entries of a column cost their bytes and nothing more,
 * where a million objects would cost a hundred times that.
 */
export class Growable<A extends Numbers> {
  length = 0
  #array: A
  readonly #make: (length: number) => A

  constructor(make: (length: number) => A, capacity = 1024) {
    this.#make = make
    this.#array = make(capacity)
  }

  /** The entries, as a view that holds until the next push. */
  get array(): A {
    return this.#array
  }

  push(value: Element<A>): number {
    if (this.length === this.#array.length) this.#grow(Math.max(1, this.length * 2))
    ;(this.#array as unknown as { [index: number]: Element<A> })[this.length] = value
    return this.length++
  }

  at(index: number): Element<A> {
    return (this.#array as unknown as { [index: number]: Element<A> })[index] as Element<A>
  }

  set(index: number, value: Element<A>): void {
    ;(this.#array as unknown as { [index: number]: Element<A> })[index] = value
  }

  /** Makes room up to `length`; new entries are zero. */
  extend(length: number): void {
    if (length > this.#array.length) this.#grow(Math.max(length, this.#array.length * 2))
    if (length > this.length) this.length = length
  }

  /** Takes an array for its entries. Whoever gave it lets go of it. */
  adopt(array: A): void {
    this.length = array.length
    this.#array = array
  }

  /** Lets go of all entries. */
  clear(): void {
    this.length = 0
    this.#array = this.#make(0)
  }

  #grow(capacity: number): void {
    const larger = this.#make(capacity)
    ;(larger as Uint8Array).set(this.#array as Uint8Array)
    this.#array = larger
  }
}

export const float64s = (capacity?: number): Growable<Float64Array> =>
  new Growable((n) => new Float64Array(n), capacity)
export const uint64s = (capacity?: number): Growable<BigUint64Array> =>
  new Growable((n) => new BigUint64Array(n), capacity)
export const uint8s = (capacity?: number): Growable<Uint8Array> =>
  new Growable((n) => new Uint8Array(n), capacity)
export const int32s = (capacity?: number): Growable<Int32Array> =>
  new Growable((n) => new Int32Array(n), capacity)
