import { GREATER } from './bytes.ts'

/** A start tag with attributes, of which one is a recstatus of 1 (add) or 2 (update). Values hold no markup, and so no tag. */
const WITH_STATUS =
  /^<[^\s"'<>/=]+(?:\s+[^\s"'<>/=]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*'))*?\s+recstatus\s*=\s*(["'])(?=[12]\1)/
const TAG_BYTES_MAX = 256
const ONE = 0x31
const TWO = 0x32

/**
 * Where the value of the recstatus stands in the start tag at `at`; -1 if there is none, or it is no 1 or 2.
 */
function statusAt(bytes: Buffer, at: number): number {
  const close = bytes.indexOf(GREATER, at)
  if (close < 0 || close - at > TAG_BYTES_MAX) return -1
  const tag = bytes.toString('latin1', at, close)
  const found = WITH_STATUS.exec(tag)
  return found === null ? -1 : at + found[0].length
}

/**
 * Calls `look` while the recstatus of the record at `at` says 1 in place of 2, or 2 in place of 1, and gives what that gives;
 * undefined for a record without one. In a delivery of everything neither says anything (PIFU-IMS, 5.5), and some senders write 1
 * the first time and 2 ever after: the record is the one that was read before.
 */
export function withOtherStatus<T>(bytes: Buffer, at: number, look: () => T): T | undefined {
  const place = statusAt(bytes, at)
  if (place < 0) return undefined
  const status = bytes[place]!
  bytes[place] = status === ONE ? TWO : ONE
  try {
    return look()
  } finally {
    bytes[place] = status
  }
}
