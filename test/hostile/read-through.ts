import type { ReadLimits } from '../../src/ims/limits.ts'
import { NOTHING_KNOWN, scanDelivery, type ByteSource } from '../../src/ims/scan.ts'
import { CheckSink } from '../../src/import/check-sink.ts'
import { utf8Source } from '../../src/import/file-source.ts'
import { ProblemLog } from '../../src/import/problem-log.ts'
import { compileSourceRules } from '../../src/import/source-rules.ts'
import type { Problem } from '../../src/roster/problem.ts'
import { hashes } from '../ims/gather.ts'

/** What became of an input. */
export interface ReadThrough {
  readonly refusal: Problem | undefined
  /** How often each problem was found. */
  readonly problems: ProblemLog['counts']
  readonly problemsKept: number
  /** Of the source, all passes over it together. */
  readonly bytesRead: number
}

const rules = compileSourceRules(null)

/** Reads an input through the usual rules, as `rollcall check` does, wherever its bytes come from. */
export function readThrough(
  input: ByteSource,
  limits: ReadLimits,
  options: { readonly windowBytes?: number } = {},
): ReadThrough {
  let bytesRead = 0
  const counted: ByteSource = {
    length: input.length,
    read(into, at) {
      const read = input.read(into, at)
      bytesRead += read
      return read
    },
  }
  const log = new ProblemLog(limits.problemsMax)
  const sink = new CheckSink(rules, hashes, log)
  const { source, transcodedFrom } = utf8Source(counted)
  const scan = scanDelivery(source, NOTHING_KNOWN, limits, sink, hashes, {
    ...options,
    abc: rules.abc,
    ...(transcodedFrom && { transcodedFrom }),
  })
  let step = scan.next()
  while (step.done !== true) step = scan.next()
  const refusal = step.value.problem
  if (refusal === undefined) sink.end()
  return { refusal, problems: log.counts, problemsKept: log.details.length, bytesRead }
}
