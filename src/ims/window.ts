import { readFully } from './source.ts'
import type { ByteSource } from './source.ts'

/** The part of a delivery that is in memory. It moves forward only, and grows where one record needs it. */
export class Window {
  /** What has been read: from file offset `base` on. Another array after every `fill`. */
  bytes: Buffer = Buffer.alloc(0)
  base = 0
  atEnd = false
  readonly #source: ByteSource
  readonly #most: number
  #room: Buffer

  /** @param keptMax Most bytes that are ever kept: it grows to these and as many more as it has at first. */
  constructor(source: ByteSource, size: number, keptMax: number) {
    this.#source = source
    this.#most = keptMax + Math.max(size, 1)
    this.#room = Buffer.allocUnsafeSlow(Math.max(size, 1))
  }

  get capacity(): number {
    return this.#room.length
  }

  /** Lets go of what stands before index `from`, which becomes index 0, and reads on. Doubles if that frees less than half, as long as it may. */
  fill(from: number): void {
    const kept = this.bytes.length - from
    const wanted = Math.min(2 * this.#room.length, Math.max(this.#most, kept + 1))
    const room =
      2 * kept > this.#room.length && wanted > this.#room.length
        ? Buffer.allocUnsafeSlow(wanted)
        : this.#room
    this.bytes.copy(room, 0, from)
    this.#room = room
    this.base += from
    const read = readFully(this.#source, room.subarray(kept), this.base + kept)
    this.bytes = room.subarray(0, kept + read)
    this.atEnd = kept + read < room.length || this.base + kept + read >= this.#source.length
  }
}
