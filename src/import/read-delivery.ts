import { ListMirror } from '../change/list-mirror.ts'
import { NOT_TAKEN, RecordMirror } from '../change/mirror.ts'
import type { Hashes } from '../ims/fingerprint.ts'
import type { ImsProperties } from '../ims/records.ts'
import { type ByteSource, scanDelivery } from '../ims/scan.ts'
import { memorySource } from '../ims/source.ts'
import { type Problem, storableProblem } from '../roster/problem.ts'
import type { Rules } from '../rules/contract.ts'
import { parseDateTime } from '../rules/dates.ts'
import type { Session } from '../store/connect.ts'
import { type LookAgain, lookAgainOf, NOTHING_AGAIN } from '../store/look-again.ts'
import { loadMirror } from '../store/mirrors.ts'
import type { SourceForRun, SourceState } from '../store/runs.ts'
import { Collector, type Mirror } from './collect.ts'
import { contextOf } from './context.ts'
import type { ImportRequest } from './contract.ts'
import { utf8Source } from './file-source.ts'
import { ProblemLog } from './problem-log.ts'
import type { Run } from './progress.ts'

/** Bytes of the delivery in memory at a time; a larger record takes more. So many stay in the cache of a core. */
const WINDOW_BYTES = 1024 * 1024

/** How far ahead of now a delivery's datetime may be and still tell older from newer. */
const AHEAD_MAX_MS = 24 * 60 * 60 * 1000

/** A delivery that was gone through once. */
export interface DeliveryRead {
  readonly rules: Rules
  readonly problems: ProblemLog
  readonly mirror: Mirror
  readonly collected: Collector
  /** The delivery as it was read, to read records of it again. */
  readonly bytes: ByteSource
  /** How long it is, in the encoding that it came in. */
  readonly bytesRead: number
  /** Why it is not used. */
  readonly refusal?: Problem
  /** The source's state once it is applied. */
  readonly nextState: SourceState
  /** What other runs have left to look at. */
  readonly again: LookAgain
}

const NOTHING = memorySource(new Uint8Array())

/**
 * Index and read: goes through the delivery against the source's mirror. Decides nothing about the roster. A delivery
 * that could not be unpacked comes as the problem that refuses it.
 */
export async function readDelivery(
  session: Session,
  request: ImportRequest,
  run: Run,
  source: SourceForRun,
  rules: Rules,
  content: ByteSource | Problem,
): Promise<DeliveryRead> {
  const unpackable = 'code' in content ? content : undefined
  const file = 'code' in content ? NOTHING : content
  const mirror = unpackMirror(await loadMirror(session, request.siteId, request.sourceId))
  const again = source.looksAgain
    ? await lookAgainOf(session, request.siteId, request.sourceId)
    : NOTHING_AGAIN
  readAgain(mirror.persons, again.persons, run.hashes)
  readAgain(mirror.groups, again.groups, run.hashes)
  run.enter('index')
  const { source: bytes, transcodedFrom } = utf8Source(file)
  const goThrough = async (properties?: ImsProperties): Promise<Gone> => {
    const problems = new ProblemLog(request.limits.problemsMax)
    const isSame = (so: Collector): boolean => contextOf(so, rules) === source.state.context
    const collected = new Collector(mirror, rules, run.hashes, problems, isSame)
    if (properties !== undefined) collected.properties(properties)
    const isOlder = (datetime: number | undefined): Problem | undefined =>
      olderProblem(request, source, collected, datetime)
    const letGo = (done: number): Promise<void> => run.letGo(done, collected.recordsRead)
    const unreadable =
      unpackable ??
      (await index(request, run, rules, collected, bytes, transcodedFrom, letGo, (text) =>
        isOlder(parseDateTime(text, rules.timeZone)),
      ))
    const { lateProperties } = collected
    if (lateProperties !== undefined && properties === undefined) return goThrough(lateProperties)
    return { problems, collected, unreadable, isOlder }
  }
  const { problems, collected, unreadable, isOlder } = await goThrough()
  const datetime = readDateTime(collected, rules, problems)
  const found = collected.refusal ?? unreadable ?? emptyProblem(collected) ?? isOlder(datetime)
  const refusal = found && storableProblem(found)
  if (refusal) problems.add(refusal)
  return {
    rules,
    problems,
    mirror,
    collected,
    bytes,
    again,
    bytesRead: file.length,
    ...(refusal ? { refusal } : {}),
    nextState: stateAfter(request, source, collected, rules, datetime),
  }
}

interface Gone {
  readonly problems: ProblemLog
  readonly collected: Collector
  readonly unreadable: Problem | undefined
  readonly isOlder: (datetime: number | undefined) => Problem | undefined
}

/** Has records read whatever their bytes; those that have become the source's since its last delivery get a place. */
function readAgain(
  mirror: RecordMirror,
  records: readonly { readonly id: number; readonly key: string }[],
  hashes: Hashes,
): void {
  for (const { id, key } of records) {
    const slot = mirror.findId(id)
    if (slot !== undefined) {
      mirror.setRaw(slot, 0n, 0n)
      continue
    }
    const { high, low } = hashes.text(key)
    const leftOut = mirror.findKey(high, low)
    if (leftOut >= 0 && mirror.ids.at(leftOut) === NOT_TAKEN) mirror.remove(leftOut)
    mirror.add(id, high, low)
  }
}

/**
 * Goes through the delivery once; gives why it cannot be used. A delivery whose properties already say that it is not
 * wanted is not read further.
 */
async function index(
  { limits }: ImportRequest,
  { hashes }: Run,
  rules: Rules,
  collected: Collector,
  bytes: ByteSource,
  transcodedFrom: 'utf-16le' | 'utf-16be' | undefined,
  letGo: (done: number) => Promise<void>,
  isOlder: (datetime: string) => Problem | undefined,
): Promise<Problem | undefined> {
  const options = {
    windowBytes: WINDOW_BYTES,
    abc: rules.abc,
    ...(transcodedFrom && { transcodedFrom }),
  }
  const scan = scanDelivery(bytes, collected, limits, collected, hashes, options)
  for (;;) {
    const step = scan.next()
    if (step.done === true) return step.value.problem
    await letGo(step.value)
    const { datetime } = collected.propertiesRead ?? {}
    const older = datetime === undefined ? undefined : isOlder(datetime)
    if (older ?? collected.refusal) return older
  }
}

function unpackMirror(parts: ReadonlyMap<string, Uint8Array>): Mirror {
  const part = (name: string): Uint8Array => parts.get(name) ?? new Uint8Array()
  return {
    persons: RecordMirror.unpack(part('persons')),
    groups: RecordMirror.unpack(part('groups')),
    lists: ListMirror.unpack(part('lists'), part('states')),
  }
}

function readDateTime(
  { propertiesRead }: Collector,
  rules: Rules,
  problems: ProblemLog,
): number | undefined {
  if (propertiesRead?.datetime === undefined) return undefined
  const datetime = parseDateTime(propertiesRead.datetime, rules.timeZone)
  if (datetime === undefined) {
    const { place, datetime: found } = propertiesRead
    problems.add({ code: 'DATETIME_UNREADABLE', place, found, expected: 'YYYY-MM-DDThh:mm:ss' })
  }
  return datetime
}

function emptyProblem({ seenKinds, deliveryType }: Collector): Problem | undefined {
  if (seenKinds.size > 0 || deliveryType !== 'full') return undefined
  return { code: 'ROSTER_EMPTY', place: 0 }
}

function olderProblem(
  { acceptOlder }: ImportRequest,
  { state }: SourceForRun,
  { propertiesRead }: Collector,
  datetime: number | undefined,
): Problem | undefined {
  if (acceptOlder || datetime === undefined || state.datetime === undefined) return undefined
  if (datetime >= state.datetime) return undefined
  return {
    code: 'OLDER_THAN_ACCEPTED',
    place: propertiesRead?.place ?? 0,
    found: new Date(datetime).toISOString(),
    expected: `${new Date(state.datetime).toISOString()} or later`,
  }
}

function stateAfter(
  { now }: ImportRequest,
  { state }: SourceForRun,
  collected: Collector,
  rules: Rules,
  datetime: number | undefined,
): SourceState {
  const { whole: _, reviewNext: __, needsFull, ...kept } = state
  const plausible = datetime !== undefined && datetime <= now().getTime() + AHEAD_MAX_MS
  const { frameRead } = collected
  return {
    ...kept,
    ...(needsFull === undefined || collected.deliveryType === 'full' ? {} : { needsFull }),
    // A delta clears the raw fingerprints that it touches: the others keep the context of the last full delivery.
    ...(collected.deliveryType === 'full' ? { context: contextOf(collected, rules) } : {}),
    ...(frameRead === undefined ? {} : { encoding: frameRead.encoding }),
    ...(plausible ? { datetime } : {}),
  }
}
