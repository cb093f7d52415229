/**
 * Blocks of bytes in PostgreSQL's binary COPY format: as parameters they would be sent as text, twice their size, and
 * the mirror of a large source is 80 MB. Rows are (part text, block int, bytes bytea).
 */

/** Bytes of one block. */
const BLOCK_BYTES = 1024 * 1024
/** The signature, no flags, no header extension. */
const HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const TRAILER = Buffer.from([0xff, 0xff])

export function* writeBlocks(parts: { readonly [part: string]: Uint8Array }): Generator<Buffer> {
  yield HEADER
  for (const [part, whole] of Object.entries(parts)) {
    for (let from = 0; from < whole.length; from += BLOCK_BYTES) {
      const length = Math.min(BLOCK_BYTES, whole.length - from)
      const name = Buffer.from(part)
      const head = Buffer.alloc(2 + 4 + name.length + 4 + 4 + 4)
      let at = head.writeInt16BE(3, 0)
      at = head.writeInt32BE(name.length, at)
      at += name.copy(head, at)
      at = head.writeInt32BE(4, at)
      at = head.writeInt32BE(from / BLOCK_BYTES, at)
      head.writeInt32BE(length, at)
      yield head
      yield Buffer.from(whole.buffer, whole.byteOffset + from, length)
    }
  }
  yield TRAILER
}
