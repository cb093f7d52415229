import { readFully } from './source.ts'
import type { ByteSource } from './source.ts'

const BLOCK_BYTES = 1 << 20

/** UTF-16 by its byte order mark or by the zeros beside its first character; undefined for everything else. */
export function utf16Of(source: ByteSource): 'utf-16le' | 'utf-16be' | undefined {
  const head = Buffer.alloc(2)
  if (readFully(source, head, 0) < 2) return undefined
  const [first = 0, second = 0] = head
  if ((first === 0xff && second === 0xfe) || (second === 0 && isFirst(first))) return 'utf-16le'
  if ((first === 0xfe && second === 0xff) || (first === 0 && isFirst(second))) return 'utf-16be'
  return undefined
}

/**
 * The same text in UTF-8, without byte order mark, piece by piece. Half of a surrogate pair becomes bytes that are no
 * UTF-8, so that it is the problem of its record; so does an odd byte at the end.
 */
export function* transcodeUtf16(
  source: ByteSource,
  encoding: 'utf-16le' | 'utf-16be',
): Generator<Uint8Array, void> {
  const high = encoding === 'utf-16be' ? 0 : 1
  const block = new Uint8Array(BLOCK_BYTES)
  let lead = 0
  for (let base = 0; ; base += BLOCK_BYTES) {
    const have = readFully(source, block, base)
    const out = Buffer.allocUnsafeSlow(3 * (have >> 1) + 8)
    let to = 0
    const put = (unit: number): void => {
      out[to++] = 0xe0 | (unit >> 12)
      out[to++] = 0x80 | ((unit >> 6) & 0x3f)
      out[to++] = 0x80 | (unit & 0x3f)
    }
    for (let at = 0; at + 1 < have; at += 2) {
      const unit = (block[at + high]! << 8) | block[at + 1 - high]!
      if (lead !== 0) {
        if (unit >= 0xdc00 && unit < 0xe000) {
          const code = 0x10000 + ((lead - 0xd800) << 10) + (unit - 0xdc00)
          out[to++] = 0xf0 | (code >> 18)
          out[to++] = 0x80 | ((code >> 12) & 0x3f)
          out[to++] = 0x80 | ((code >> 6) & 0x3f)
          out[to++] = 0x80 | (code & 0x3f)
          lead = 0
          continue
        }
        put(lead)
        lead = 0
      }
      if (unit >= 0xd800 && unit < 0xdc00) lead = unit
      else if (unit < 0x80) out[to++] = unit
      else if (unit < 0x800) {
        out[to++] = 0xc0 | (unit >> 6)
        out[to++] = 0x80 | (unit & 0x3f)
      } else if (unit !== 0xfeff || base + at > 0) put(unit)
    }
    if (have < BLOCK_BYTES) {
      if (lead !== 0) put(lead)
      if ((have & 1) === 1) out[to++] = 0xff
      yield out.subarray(0, to)
      return
    }
    yield out.subarray(0, to)
  }
}

/** What a document begins with: a tag, or blanks before it. */
function isFirst(byte: number): boolean {
  return byte === 0x3c || byte === 0x20 || (byte >= 9 && byte <= 13)
}
