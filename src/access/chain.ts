import { createHash } from 'node:crypto'
import type { ChainedEntry, ChainPlace } from '../store/audit.ts'

/** What the first entry of a chain comes after. */
export const CHAIN_BEGIN: ChainPlace = { entry: 0, hash: Buffer.alloc(32) }

/**
 * The hash of an entry: SHA-256 of the hash before it and of the entry as JSON, a list in this order. Whoever changes,
 * removes or moves an entry would have to make every later one anew.
 */
export function hashOfEntry(before: Uint8Array, entry: ChainedEntry): Buffer {
  const { siteId, at, actorKind, actorId, action, phase, begun, detail, digest } = entry
  const said = [siteId, entry.entry, at, actorKind, actorId, action, phase, begun, detail]
  const text = JSON.stringify([...said, digest === null ? null : digest.toString('hex')])
  return createHash('sha256').update(before).update(text).digest()
}

/** The digest of values. Without the salt, which is erased with them, it tells nothing of what they were. */
export function digestOf(salt: Uint8Array, content: string): Buffer {
  return createHash('sha256').update(salt).update(content).digest()
}
