import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { RollcallError } from '../errors.ts'
import type { Rules } from '../rules/contract.ts'
import type { Session } from '../store/connect.ts'
import { deliveryByHash, insertDelivery, KEPT_PACKED, markSecret } from '../store/deliveries.ts'
import { type Line, lineOf } from '../store/queue.ts'
import { endRun, insertProblems, type SourceForRun, sourceForRun } from '../store/runs.ts'
import { attempt, type Attempt, unplanned } from './attempt.ts'
import { settingsOf } from './context.ts'
import type { ImportRequest } from './contract.ts'
import { headOfKept } from './kept.ts'
import { observe } from './observe.ts'
import { closeContent } from './open-delivery.ts'
import { hold, pass } from './outcome.ts'
import { isPausedNow } from './pause.ts'
import type { Run } from './progress.ts'
import { type DeliveryRead, readDelivery } from './read-delivery.ts'
import type { Received, Receiving } from './receive.ts'
import { makeReport, sameReport } from './report-of-run.ts'
import type { RunReport } from './report.ts'
import { compileSourceRules } from './source-rules.ts'
import { unpack } from './unpack.ts'

/** Everything from the first byte to the end of the run, in one transaction. */
export async function settle(
  session: Session,
  request: ImportRequest,
  run: Run,
  runId: number,
  receiving: Receiving,
): Promise<RunReport> {
  const source = await sourceOf(session, request)
  const rules = compileSourceRules(source.rules)
  const finish = (): Promise<Received> => receiving.finish((bytes) => run.letGo(bytes))
  const paused = isPausedNow(source, request.now())
  const line = paused ? NO_LINE : await lineOf(session, request.siteId, request.sourceId)
  const waits = (read: DeliveryRead): Waits => whyItWaits(read, paused, line)
  const isSame = ({ sha256 }: Pick<Received, 'sha256'>): boolean =>
    !paused && line.held.length + line.queued === 0 && isSameDelivery(source, rules, sha256)
  const { whole } = source.state
  if (whole !== undefined && isSame(whole)) {
    const last = await lastThatLooksSo(session, request, whole.sha256, receiving)
    const received = last === undefined ? undefined : { ...(await receiving.hash()), path: last }
    if (received !== undefined && isSame(received)) {
      return answerSame(session, request, run, runId, source, receiving, received)
    }
  }
  void receiving.copy()
  const { packing } = receiving
  if (packing === undefined) {
    // A plain delivery is copied while it is read.
    const read = await readDelivery(session, request, run, source, rules, receiving)
    const received = await finish()
    if (!isSame(received)) {
      const why = waits(read)
      return compareAndApply(session, request, run, runId, source, read, receiving, received, why)
    }
    return answerSame(session, request, run, runId, source, receiving, received)
  }
  const received = await finish()
  if (isSame(received)) {
    return answerSame(session, request, run, runId, source, receiving, received)
  }
  const { limits } = request
  const content = await unpack(receiving, packing, { upTo: limits, folder: receiving.folder })
  try {
    const read = await readDelivery(session, request, run, source, rules, content)
    const why = waits(read)
    return await compareAndApply(
      session,
      request,
      run,
      runId,
      source,
      read,
      receiving,
      received,
      why,
    )
  } finally {
    closeContent(content)
  }
}

/** A delivery that was read whole and whose bytes are copied. */
async function compareAndApply(
  session: Session,
  request: ImportRequest,
  run: Run,
  runId: number,
  source: SourceForRun,
  read: DeliveryRead,
  receiving: Receiving,
  received: Received,
  waits: Waits,
): Promise<RunReport> {
  // The disk syncs while the delivery is compared.
  const kept = receiving.keep(received)
  kept.catch(() => {})
  const delivery = await noteDelivery(session, request, run, received)
  const identity = { runId, delivery }
  if (waits !== undefined) {
    await kept
    return keepForLater(session, request, run, source, read, identity, waits)
  }
  const tried = await attempt(session, request, run, source, read)
  // Records were read again meanwhile.
  receiving.assertSame()
  await kept
  return settleTried(session, request, run, source, tried, identity)
}

type Waits = 'queued' | 'paused' | undefined

const NO_LINE: Line = { held: [], queued: 0 }

/** Whether a delivery has to wait, and for what. One that cannot be used is refused at once. */
function whyItWaits(
  { collected, refusal }: DeliveryRead,
  paused: boolean,
  { held, queued }: Line,
): Waits {
  if (refusal !== undefined) return undefined
  if (paused) return 'paused'
  const full = collected.deliveryType === 'full'
  const blocked = full ? held.some((type) => type !== 'full') : held.length > 0
  return blocked || queued > 0 ? 'queued' : undefined
}

/** Keeps a delivery whose turn has not come: it is neither compared nor judged yet. */
async function keepForLater(
  session: Session,
  request: ImportRequest,
  run: Run,
  source: SourceForRun,
  read: DeliveryRead,
  { runId, delivery }: Identity,
  outcome: 'queued' | 'paused',
): Promise<RunReport> {
  const tried = unplanned(source, read)
  const made = await makeReport(session, request, run, source, tried, { runId, delivery, outcome })
  const report = request.acceptOlder ? { ...made, acceptOlder: true } : made
  await endRun(session, request.siteId, runId, {
    deliveryId: delivery.id,
    state: outcome,
    finishedAt: report.finishedAt,
    report,
  })
  if (read.problems.count('PASSWORD_DROPPED') > 0) {
    await markSecret(session, request.siteId, delivery.id)
  }
  return report
}

/** Ends the run of a delivery that was compared and judged. */
export async function settleTried(
  session: Session,
  request: ImportRequest,
  run: Run,
  source: SourceForRun,
  tried: Attempt,
  identity: Identity,
): Promise<RunReport> {
  const { siteId } = request
  const { runId, delivery } = identity
  const report = await conclude(session, request, run, source, tried, identity)
  await insertProblems(session, siteId, runId, tried.problems.details)
  if (tried.problems.count('PASSWORD_DROPPED') > 0) await markSecret(session, siteId, delivery.id)
  return report
}

export interface Identity {
  readonly runId: number
  readonly delivery: Noted
}

/** A delivery with the very bytes of the last one: only its run is written down. */
async function answerSame(
  session: Session,
  request: ImportRequest,
  run: Run,
  runId: number,
  source: SourceForRun,
  receiving: Receiving,
  received: Received,
): Promise<RunReport> {
  // The same bytes were kept then, and are durable since: they are not kept once more.
  if (!(await isKept(session, request, received))) await receiving.keep(received)
  const delivery = await noteDelivery(session, request, run, received)
  const report = await sameReport(session, request, run, source, { runId, delivery })
  await endRun(session, request.siteId, runId, {
    deliveryId: delivery.id,
    state: 'applied',
    finishedAt: report.finishedAt,
    report,
  })
  return report
}

async function isKept(
  session: Session,
  { siteId, sourceId, deliveriesFolder }: ImportRequest,
  { sha256, bytes }: Received,
): Promise<boolean> {
  const before = await deliveryByHash(session, siteId, sourceId, sha256)
  if (before?.path == null) return false
  const file = statSync(path.join(deliveriesFolder, before.path), { throwIfNoEntry: false })
  return file !== undefined && (before.path.endsWith(KEPT_PACKED) || file.size === bytes)
}

/** So much of a delivery tells it from the last one: its datetime stands there. */
const HEAD_BYTES = 64 * 1024

/**
 * Where the bytes of the last delivery are kept, if this one is as long and begins as it does: then it is most often the same
 * file once more, and hashing it is enough to know.
 */
async function lastThatLooksSo(
  session: Session,
  { siteId, sourceId, deliveriesFolder }: ImportRequest,
  sha256: string,
  receiving: Receiving,
): Promise<string | undefined> {
  const last = await deliveryByHash(session, siteId, sourceId, sha256)
  if (last?.path == null || last.bytes !== receiving.length) return undefined
  const file = path.join(deliveriesFolder, last.path)
  if (!existsSync(file)) return undefined
  const head = await headOfKept(file, receiving.folder, HEAD_BYTES).catch(() => undefined)
  if (head === undefined) return undefined
  return receiving.head(HEAD_BYTES).every((byte, at) => byte === head[at]) ? last.path : undefined
}

/** Applies the plan, holds it, or refuses the delivery; and writes the run down. */
async function conclude(
  session: Session,
  request: ImportRequest,
  run: Run,
  source: SourceForRun,
  tried: Attempt,
  identity: Identity,
): Promise<RunReport> {
  const { plan, verdict } = tried
  if (plan !== undefined && verdict !== undefined) {
    const work = { request, run, source, tried, plan, verdict, ...identity }
    if (source.settings.observe === true) return observe(session, work)
    return verdict.decision === 'hold' ? hold(session, work) : pass(session, work)
  }
  const ending = { ...identity, outcome: 'refused' as const }
  const report = await makeReport(session, request, run, source, tried, ending)
  await endRun(session, request.siteId, identity.runId, {
    deliveryId: identity.delivery.id,
    state: 'refused',
    finishedAt: report.finishedAt,
    report,
  })
  return report
}

interface Noted {
  readonly id: number
  readonly fileName: string
  readonly bytes: number
  readonly sha256: string
}

/** The delivery's row: one for the same bytes that are still kept, else a new one. */
async function noteDelivery(
  session: Session,
  request: ImportRequest,
  run: Run,
  { sha256, bytes, path: place }: Received,
): Promise<Noted> {
  const { siteId, sourceId } = request
  const fileName = fileNameOf(request)
  const before = await deliveryByHash(session, siteId, sourceId, sha256)
  const id =
    (before?.path === place ? before.id : undefined) ??
    (await insertDelivery(session, siteId, {
      sourceId,
      sha256,
      bytes,
      path: place,
      fileName,
      receivedAt: run.startedAt,
    }))
  return { id, fileName, bytes, sha256 }
}

export function fileNameOf({ file, fileName }: ImportRequest): string {
  return fileName ?? path.basename(file)
}

export async function sourceOf(
  session: Session,
  { siteId, sourceId }: Pick<ImportRequest, 'siteId' | 'sourceId'>,
): Promise<SourceForRun> {
  const source = await sourceForRun(session, siteId, sourceId)
  if (source) return source
  throw new RollcallError('ERR_NOT_FOUND', `there is no source ${sourceId} on site ${siteId}`)
}

/** The very same bytes, applied whole under the same rules and settings, and nothing has moved the mirror since. */
function isSameDelivery(source: SourceForRun, rules: Rules, sha256: string): boolean {
  const { whole } = source.state
  return (
    whole !== undefined &&
    whole.sha256 === sha256 &&
    whole.mirrorVersion === source.mirrorVersion &&
    whole.settings === settingsOf(source, rules)
  )
}
