/** The bytes of a delivery, wherever they lie. */
export interface ByteSource {
  readonly length: number
  /** Fills `into` from file offset `at` on; gives how many bytes it read, 0 at the end. */
  read(into: Uint8Array, at: number): number
}

/** Bytes that are in memory already. */
export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    length: bytes.length,
    read(into, at) {
      const part = bytes.subarray(at, at + into.length)
      into.set(part)
      return part.length
    },
  }
}

/** The first bytes of a source, fewer where it has no more. */
export function headOf(source: ByteSource, bytesMax: number): Uint8Array {
  const head = new Uint8Array(Math.min(bytesMax, source.length))
  return head.subarray(0, readFully(source, head, 0))
}

/** Reads until `into` is full or the source ends; gives how many bytes it read. */
export function readFully(source: ByteSource, into: Uint8Array, at: number): number {
  let have = 0
  while (have < into.length) {
    const read = source.read(into.subarray(have), at + have)
    if (read === 0) break
    have += read
  }
  return have
}
