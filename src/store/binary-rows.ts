import { RollcallError } from '../errors.ts'

// The driver decodes every value as UTF-8 text, also where the server was asked for binary form, and so spoils it. COPY in
// binary form goes past the driver: https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format".

/** Signature (11 bytes), flags, and length of a header extension that no version has used. */
const HEADER_BYTES = 19

/** Hands out exact numbers of bytes of a stream of chunks. */
class ByteTaker {
  readonly #chunks: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  /** Whether `length` bytes are at hand; if not, `more` must be awaited before they are taken. */
  has(length: number): boolean {
    return this.#rest.length >= length
  }

  async more(length: number): Promise<void> {
    const parts = [this.#rest]
    for (let have = this.#rest.length; have < length;) {
      const next = await this.#chunks.next()
      if (next.done === true) throw new RollcallError('ERR_INTERNAL', 'a binary COPY ended early')
      parts.push(next.value)
      have += next.value.length
    }
    this.#rest = Buffer.concat(parts)
  }

  take(length: number): Buffer {
    const taken = this.#rest.subarray(0, length)
    this.#rest = this.#rest.subarray(length)
    return taken
  }

  /** Reads to the end: the connection is free for the next statement only then. */
  async drain(): Promise<void> {
    while ((await this.#chunks.next()).done !== true);
  }
}

/** A column of the rows: its name, and how its bytes become a value. */
export interface BinaryColumn {
  readonly name: string
  readonly read: (bytes: Buffer) => unknown
}

/** Reads the rows of a `COPY … TO STDOUT (FORMAT binary)`. Bytes of a value are a view of what came, not a copy. */
export async function readBinaryRows(
  chunks: AsyncIterable<Buffer>,
  columns: readonly BinaryColumn[],
): Promise<Record<string, unknown>[]> {
  const bytes = new ByteTaker(chunks)
  const take = async (length: number): Promise<Buffer> => {
    if (!bytes.has(length)) await bytes.more(length)
    return bytes.take(length)
  }
  const rows: Record<string, unknown>[] = []
  await take(HEADER_BYTES)
  while ((await take(2)).readInt16BE(0) >= 0) {
    const row: Record<string, unknown> = {}
    for (const { name, read } of columns) {
      const length = (await take(4)).readInt32BE(0)
      row[name] = length < 0 ? null : read(await take(length))
    }
    rows.push(row)
  }
  await bytes.drain()
  return rows
}

/**
 * Puts `values` where `text` says $1, $2 …: COPY takes no parameters. `quote` makes a literal of a text.
 * @throws RollcallError ERR_INTERNAL for values that are not numbers, texts, booleans, null or lists of numbers.
 */
export function withLiterals(
  text: string,
  values: readonly unknown[],
  quote: (text: string) => string,
): string {
  return text.replaceAll(/\$(\d+)/g, (_, number: string) => {
    const value = values[Number(number) - 1]
    if (value === null) return 'null'
    if (typeof value === 'string') return quote(value)
    if (typeof value === 'number' || typeof value === 'boolean') return quote(String(value))
    if (Array.isArray(value) && value.every((each) => Number.isSafeInteger(each))) {
      return quote(`{${value.join(',')}}`)
    }
    throw new RollcallError('ERR_INTERNAL', `parameter $${number} cannot be written as a literal`)
  })
}
