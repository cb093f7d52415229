import { COPIED_HERE_BYTES_MAX, copierFor, type Copier } from './copier.ts'
import { type OpenFile, openFileSource } from './file-source.ts'

/** A delivery that a thread of its own reads and hashes while the database is still being opened. */
export interface Ahead {
  readonly source: OpenFile
  readonly copier: Copier
}

/** Begins to read a large delivery; undefined for a small one, and for one that cannot be read, which the import will say. */
export function readAhead(file: string): Ahead | undefined {
  try {
    const source = openFileSource(file)
    if (source.length > COPIED_HERE_BYTES_MAX)
      return { source, copier: copierFor(source.descriptor, source.length) }
    source.close()
  } catch {
    // Not yet: the import opens it again.
  }
  return undefined
}
