import type { Hashes } from './fingerprint.ts'
import type { ReadLimits } from './limits.ts'
import { Malformed } from './malformed.ts'
import type { ImsSink, KnownRecords } from './records.ts'
import { Scan } from './scanner.ts'
import type { ScanEnd, ScanOptions } from './scanner.ts'
import type { ByteSource } from './source.ts'

export { RecordReader } from './record-reader.ts'
export type { ScanEnd, ScanOptions } from './scanner.ts'
export type { ByteSource } from './source.ts'

/**
 * Goes through a delivery once and hands the sink everything, in file order. A record whose bytes `known` has is not
 * tokenised: equal bytes in the same context were tokenised as one whole element when they were accepted, and the
 * same bytes give the same tokens. Everything between such records is. So `known` must have been filled in the same
 * context (`ImsFrame` and datasource), which it can check when the sink gets these: `find` is not called before. Where
 * a file assumed to be UTF-8 turns out after much plain ASCII to be windows-1252, the sink gets a second frame, which
 * replaces the first; what came before reads the same in both.
 *
 * UTF-16 has to be transcoded before (`utf16Of`, `transcodeUtf16`). Yields the bytes done so far, every window.
 */
export function* scanDelivery(
  source: ByteSource,
  known: KnownRecords,
  limits: ReadLimits,
  sink: ImsSink,
  hashes: Hashes,
  options: ScanOptions = {},
): Generator<number, ScanEnd> {
  const scan = new Scan(source, known, limits, sink, hashes, options)
  try {
    yield* scan.run()
    return scan.end()
  } catch (error) {
    if (error instanceof Malformed) return { ...scan.end(), problem: error.problem }
    throw error
  }
}
