import { AbcElements } from './abc/elements.ts'
import type { AbcRules } from './abc/file.ts'
import { surveyAbc } from './abc/survey.ts'
import { ABC_DIALECT } from './dialect.ts'
import type { Hashes } from './fingerprint.ts'
import { ImsElements } from './ims-elements.ts'
import type { ReadLimits } from './limits.ts'
import { Malformed } from './malformed.ts'
import type { ImsSink, KnownRecords } from './records.ts'
import type { ByteSource } from './source.ts'
import type { Problem } from '../roster/problem.ts'
import { Walk, type WalkOptions } from './walk.ts'

export { RecordReader } from './record-reader.ts'
export type { ByteSource } from './source.ts'

/** Knows no record: everything is read. */
export const NOTHING_KNOWN: KnownRecords = { find: () => -1, has: () => false }

export interface ScanOptions extends WalkOptions {
  /** What rules say about the ids of an ABC-Enterprise file. */
  readonly abc?: AbcRules
}

export interface ScanEnd {
  /** Why nothing of the delivery may be used; what the sink was given is then to be dropped. */
  readonly problem?: Problem
  readonly bytesRead: number
  /** Persons, groups and memberships whose bytes were known, and those that were tokenised. */
  readonly elementsKnown: number
  readonly elementsTokenised: number
}

/**
 * Goes through a delivery once and hands the sink everything, in file order. A record whose bytes `known` has is not
 * tokenised: equal bytes in the same context were tokenised as one whole element when they were accepted, and the
 * same bytes give the same tokens. Everything between such records is. So `known` must have been filled in the same
 * context (`ImsFrame` and datasource), which it can check when the sink gets these: `find` is not called before. Where
 * a file assumed to be UTF-8 turns out after much plain ASCII to be windows-1252, the sink gets a second frame, which
 * replaces the first; what came before reads the same in both.
 *
 * An ABC-Enterprise file is gone through twice, and every record of it is read.
 *
 * UTF-16 has to be transcoded on the way (`utf16Of`, `transcodeUtf16`). Yields the bytes done so far, every window.
 */
export function* scanDelivery(
  source: ByteSource,
  known: KnownRecords,
  limits: ReadLimits,
  sink: ImsSink,
  hashes: Hashes,
  options: ScanOptions = {},
): Generator<number, ScanEnd> {
  const walk = new Walk(source, limits, sink, options)
  let elements: ImsElements | AbcElements = new ImsElements(walk, known, sink, hashes)
  const end = (): ScanEnd => ({
    bytesRead: walk.bytesRead,
    elementsKnown: elements instanceof ImsElements ? elements.elementsKnown : 0,
    elementsTokenised: elements.elementsTokenised,
  })
  try {
    const root = yield* walk.openRoot()
    if (root.frame.dialect === ABC_DIALECT) {
      const file = yield* surveyAbc(source, limits, options)
      elements = new AbcElements(walk, file, sink, hashes)
    }
    yield* walk.content(root, elements)
    return end()
  } catch (error) {
    if (error instanceof Malformed) return { ...end(), problem: error.problem }
    throw error
  }
}
