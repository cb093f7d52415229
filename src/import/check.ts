import { tmpdir } from 'node:os'
import { basename } from 'node:path'
import { openHashes } from '../ims/fingerprint.ts'
import type { ReadLimits } from '../ims/limits.ts'
import type { DeliveryType, ImsFrame } from '../ims/records.ts'
import { NOTHING_KNOWN, scanDelivery } from '../ims/scan.ts'
import type { Problem } from '../roster/problem.ts'
import type { Rules } from '../rules/contract.ts'
import { CheckSink, type CheckCounts } from './check-sink.ts'
import { utf8Source } from './file-source.ts'
import { linesOf, type LineColumn } from './lines.ts'
import { openDelivery } from './open-delivery.ts'
import { ProblemLog } from './problem-log.ts'
import type { RunReport } from './report.ts'

/** A problem with its line, for people. */
export interface PlacedProblem extends Problem {
  readonly at: LineColumn
  /** It stands in a record of a protected person: what was found there is not shown. */
  readonly protected: boolean
}

/** What a file is, and everything that is wrong with it, found without a database. */
export interface CheckReport {
  /** What an import into an empty roster would do with it. */
  readonly outcome: 'accepted' | 'setAside' | 'refused'
  readonly fileName: string
  readonly bytes: number
  /** Absent where the file was refused before it was known. */
  readonly frame?: Pick<
    ImsFrame,
    'dialect' | 'encoding' | 'declaredEncoding' | 'namespace' | 'root'
  >
  readonly type: DeliveryType
  readonly datasource?: string
  readonly datetime?: string
  readonly targets: readonly string[]
  readonly counts: CheckCounts
  /** How often each problem was found, all of them counted. */
  readonly problems: RunReport['problems']
  /** Problems with their places, in the order of the file; as many as limits allow. */
  readonly details: readonly PlacedProblem[]
  readonly refusal?: PlacedProblem
}

export interface CheckRequest {
  readonly file: string
  readonly rules: Rules
  readonly limits: ReadLimits
  readonly onProgress?: (bytes: number, bytesTotal: number, records: number) => void
}

/** Reads a file as an import into an empty roster would. Throws ERR_FILE_UNREADABLE. */
export async function checkFile({
  file,
  rules,
  limits,
  onProgress,
}: CheckRequest): Promise<CheckReport> {
  const hashes = await openHashes()
  const problems = new ProblemLog(limits.problemsMax)
  const sink = new CheckSink(rules, hashes, problems)
  const delivery = await openDelivery(file, { upTo: limits, folder: tmpdir() })
  const { content, bytes } = delivery
  try {
    if ('code' in content) return await report(file, bytes, sink, problems, content)
    const { source, transcodedFrom } = utf8Source(content)
    const options = { abc: rules.abc, ...(transcodedFrom && { transcodedFrom }) }
    const scan = scanDelivery(source, NOTHING_KNOWN, limits, sink, hashes, options)
    let step = scan.next()
    while (!step.done) {
      const { person, group, membership } = sink.counts.elements
      onProgress?.(step.value, source.length, person + group + membership)
      // Lets Ctrl-C and the progress line in.
      await new Promise(setImmediate)
      step = scan.next()
    }
    const refusal = step.value.problem ?? sink.refusal ?? emptyRoster(sink)
    if (refusal === undefined) sink.end()
    return await report(file, bytes, sink, problems, refusal)
  } finally {
    delivery.close()
  }
}

function emptyRoster({ counts, propertiesRead }: CheckSink): Problem | undefined {
  const { person, group, membership } = counts.elements
  const hasNone = person + group + membership === 0
  return hasNone ? { code: 'ROSTER_EMPTY', place: propertiesRead?.place ?? 0 } : undefined
}

async function report(
  file: string,
  bytes: number,
  sink: CheckSink,
  log: ProblemLog,
  refusal: Problem | undefined,
): Promise<CheckReport> {
  const { frameRead: frame, propertiesRead, counts } = sink
  // Of a refused file nothing else counts: its records may be half of what was meant.
  const found = refusal === undefined ? log.details : [refusal]
  const lines = await linesOf(
    file,
    frame?.encoding ?? 'utf-8',
    found.map(({ place }) => place),
  )
  const isProtected = protection(sink)
  const details = found.map((problem) => ({
    ...problem,
    at: lines.get(problem.place) ?? { line: 1, column: 1 },
    protected: isProtected(problem.place),
  }))
  const { person, group, membership } = counts.setAside
  const anyAside = person + group + membership + counts.relationsSetAside > 0
  const outcome = refusal ? 'refused' : anyAside ? 'setAside' : 'accepted'
  const [refused] = details
  return {
    outcome,
    fileName: basename(file),
    bytes,
    ...(frame === undefined ? {} : { frame: frameText(frame) }),
    type: sink.deliveryType,
    ...(propertiesRead?.datasource === undefined ? {} : { datasource: propertiesRead.datasource }),
    ...(propertiesRead?.datetime === undefined ? {} : { datetime: propertiesRead.datetime }),
    targets: propertiesRead?.targets ?? [],
    counts,
    problems: refusal === undefined ? log.counts : { [refusal.code]: 1 },
    details,
    ...(refusal === undefined || refused === undefined ? {} : { refusal: refused }),
  }
}

function frameText(frame: ImsFrame): NonNullable<CheckReport['frame']> {
  const { dialect, encoding, declaredEncoding, namespace, root } = frame
  return {
    dialect,
    encoding,
    namespace,
    root,
    ...(declaredEncoding === undefined ? {} : { declaredEncoding }),
  }
}

/** Tells whether a place lies in a record of a protected person. Ranges come in the order of the file. */
function protection({ protectedRanges: ranges }: CheckSink): (place: number) => boolean {
  return (place) => {
    let low = 0
    let high = ranges.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((ranges[middle]?.to ?? 0) <= place) low = middle + 1
      else high = middle
    }
    const range = ranges[low]
    return range !== undefined && range.from <= place && place < range.to
  }
}
