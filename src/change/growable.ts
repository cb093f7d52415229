type Numbers = Float64Array | BigUint64Array | Uint8Array | Int32Array
type Element<A> = A extends BigUint64Array ? bigint : number

/**
 * A typed array that grows as it is filled: a million entries of a column cost their bytes and nothing more,
 * where a million objects would cost a hundred times that.
 */
export class Growable<A extends Numbers> {
  length = 0
  #array: A
  readonly #view: (buffer: ArrayBuffer) => A

  constructor(view: (buffer: ArrayBuffer) => A, bytes: number) {
    this.#view = view
    this.#array = view(new ArrayBuffer(bytes))
  }

  /** The entries, as a view that holds until the next push: it has none left then. */
  get array(): A {
    return this.#array
  }

  push(value: Element<A>): number {
    if (this.length === this.#array.length) this.#grow(this.#nextCapacity())
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
    if (length > this.#array.length) this.#grow(Math.max(length, this.#nextCapacity()))
    if (length > this.length) this.length = length
  }

  /** Takes an array, whole with its buffer, for its entries. Whoever gave it lets go of it. */
  adopt(array: A): void {
    this.length = array.length
    this.#array = array
  }

  /** Lets go of all entries. */
  clear(): void {
    this.length = 0
    this.#array = this.#view(new ArrayBuffer(0))
  }

  #nextCapacity(): number {
    const { length } = this.#array
    return length < DOUBLES_MAX ? Math.max(1, length * 2) : Math.ceil(length * 1.25)
  }

  /** The entries move: their old room is given back at once, where a copy would wait for a collection of garbage. */
  #grow(capacity: number): void {
    const { buffer, BYTES_PER_ELEMENT } = this.#array
    this.#array = this.#view((buffer as ArrayBuffer).transfer(capacity * BYTES_PER_ELEMENT))
  }
}

const CAPACITY = 1024
/** From so many entries on it grows by a quarter: room that nothing is in is memory all the same, as it is filled with zeros. */
const DOUBLES_MAX = 256 * 1024

export const float64s = (capacity = CAPACITY): Growable<Float64Array> =>
  new Growable((buffer) => new Float64Array(buffer), 8 * capacity)
export const uint64s = (capacity = CAPACITY): Growable<BigUint64Array> =>
  new Growable((buffer) => new BigUint64Array(buffer), 8 * capacity)
export const uint8s = (capacity = CAPACITY): Growable<Uint8Array> =>
  new Growable((buffer) => new Uint8Array(buffer), capacity)
export const int32s = (capacity = CAPACITY): Growable<Int32Array> =>
  new Growable((buffer) => new Int32Array(buffer), 4 * capacity)
