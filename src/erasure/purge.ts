import { rmSync } from 'node:fs'
import path from 'node:path'
import { eraseFromAudit } from '../access/audit.ts'
import { byHand, type HandResult } from '../correction/by-hand.ts'
import type { ErasureReport, HandRequest, LeftAlone } from '../correction/contract.ts'
import { nameOf, notPossible } from '../correction/named.ts'
import { RollcallError } from '../errors.ts'
import { type Hashes, openHashes } from '../ims/fingerprint.ts'
import type { ReadLimits } from '../ims/limits.ts'
import { daysBefore, periodsOf } from '../roster/retention.ts'
import type { Session } from '../store/connect.ts'
import { forgetPaths } from '../store/deliveries.ts'
import {
  alsoOthers,
  type Erasable,
  erasableBefore,
  erasableNamed,
  eraseRows,
  forgetRelations,
  groupsOfErased,
  identifiersOf,
} from '../store/erasure.ts'
import {
  forgetInChanges,
  forgetInJudgement,
  forgetProblems,
  rewriteRun,
  runsNaming,
  searchEverywhere,
} from '../store/erasure-traces.ts'
import { claimed } from '../store/hand-lookups.ts'
import { keptFiles } from '../store/kept-deliveries.ts'
import { siteSettings } from '../store/periods.ts'
import type { HandContext } from '../store/rewrite.ts'
import type { DeadRows } from '../store/vacuum.ts'
import { findInDelivery } from './find-in-delivery.ts'
import { forgetInMirrors, type PersonMirror, personMirrors, slotsOf } from './forget-in-mirrors.ts'
import { rejectPlansWith } from './held-plans.ts'
import { type Traces, tracesOf, withoutTraces } from './identifiers.ts'

/** Most persons that one run erases: a search for more at a time would be slow. */
export const ERASED_AT_ONCE_MAX = 100

export interface PurgeRequest extends HandRequest {
  readonly deliveriesFolder: string
  readonly limits: ReadLimits
  readonly who:
    | { readonly name: string }
    /** All who have been in the recycle bin for so many days. */
    | { readonly olderThanDays: number }
  /** Also within the quarantine, and though a source still sends him. */
  readonly atOnce: boolean
  readonly reason?: string
}

export interface PurgeResult {
  /** One for each run; one of a dry run. */
  readonly runs: readonly HandResult[]
  /** Undefined where nobody was erased. */
  readonly deadRows?: DeadRows
}

interface Person extends Erasable {
  readonly keys: readonly string[]
}

/**
 * Erases persons for good: nothing that is personal of them stays in a table, an index or a kept delivery, only their
 * numbers, so that counts and history of others stay true. A run by hand for every hundred, which cannot be undone.
 *
 * @throws RollcallError ERR_NOT_FOUND, ERR_NOT_POSSIBLE (in the roster, within the quarantine, still sent), ERR_USAGE
 */
export async function purge(request: PurgeRequest): Promise<PurgeResult> {
  const runs: HandResult[] = []
  let erased: number
  do {
    const run = await byHand(request, 'purge', (session, hand) => erase(session, hand, request))
    erased = run.report.erasure?.persons.length ?? 0
    // A run after a full one may have found nobody.
    if (runs.length === 0 || erased > 0) runs.push(run)
  } while (!request.dryRun && erased === ERASED_AT_ONCE_MAX)
  if (request.dryRun || runs[0]?.report.erasure?.persons.length === 0) return { runs }
  return { runs, deadRows: await request.database.vacuum() }
}

async function erase(
  session: Session,
  hand: HandContext,
  request: PurgeRequest,
): Promise<{
  readonly left: readonly LeftAlone[]
  readonly keepLists: true
  readonly erasure: ErasureReport
  readonly decision: { readonly reason?: string }
}> {
  const { siteId, reason, sender, now, dryRun } = request
  const hashes = await openHashes()
  const mirrors = await personMirrors(session, siteId)
  const { persons, left, stillSent } = await chosen(session, request, mirrors, hashes)
  const ids = persons.map(({ id }) => id)
  const { traces, keys } = await tracesOfAll(session, siteId, persons)

  const at = now().toISOString()
  const plans = await rejectPlansWith(session, siteId, persons, traces, { at, by: sender }, hashes)
  const deliveries = await forgetDeliveries(session, request, traces, stillSent, hashes)
  const lists = await groupsOfErased(session, siteId, ids)
  await forgetProblems(session, siteId, keys, traces)
  await forgetInJudgement(session, siteId, keys, traces)
  const own = keys.filter((key) => traces?.values.includes(key))
  const unrelated = await forgetRelations(session, siteId, ids, own)
  await eraseRows(session, hand, ids)
  if (traces !== undefined) {
    await forgetInChanges(session, siteId, traces)
    await eraseFromAudit(session, siteId, traces.inJson, now())
    for (const run of await runsNaming(session, siteId, traces)) {
      const [report, decision] = [run.report, run.decision].map((each) =>
        withoutTraces(each, traces),
      )
      await rewriteRun(session, siteId, { id: run.id, report, decision })
    }
  }
  await forgetInMirrors(session, siteId, mirrors, { persons, unrelated, lists }, hashes)
  const remains = traces === undefined ? [] : await searchEverywhere(session, siteId, traces)
  // The files go last, and before it is written down that they are gone: stopped between the two, the next run does both.
  if (!dryRun) {
    for (const each of deliveries.gone)
      rmSync(path.join(request.deliveriesFolder, each), { force: true })
  }
  return {
    left,
    keepLists: true,
    erasure: {
      persons: ids,
      deliveriesDeleted: deliveries.gone.length,
      deliveriesKept: deliveries.kept,
      plansRejected: plans,
      othersNamedThem: unrelated.length,
      remains,
    },
    decision: reason === undefined ? {} : { reason },
  }
}

/** Whom to erase, who is left, and through which sources the ones to erase are still sent. */
async function chosen(
  session: Session,
  request: PurgeRequest,
  mirrors: readonly PersonMirror[],
  hashes: Hashes,
): Promise<{
  readonly persons: readonly Person[]
  readonly left: readonly LeftAlone[]
  readonly stillSent: ReadonlySet<number>
}> {
  const { siteId, who, atOnce, now } = request
  const { quarantine } = periodsOf(await siteSettings(session, siteId))
  const since = daysBefore(now(), quarantine)
  const found = await candidates(session, request, quarantine)
  const known = await identifiersOf(
    session,
    siteId,
    found.map(({ id }) => id),
  )
  const claims = await claimed(
    session,
    siteId,
    found.map(({ id }) => id),
  )
  const persons: Person[] = []
  const left: LeftAlone[] = []
  const stillSent = new Set<number>()
  for (const each of found) {
    const keys = known.filter(({ id, field }) => id === each.id && field === 'key')
    const person = { ...each, keys: keys.map(({ value }) => value) }
    const sources = sendersOf(person, mirrors, claims, hashes)
    if ('name' in who) refuse(person, sources, since, quarantine, atOnce)
    else if (sources.length > 0) {
      const named = each.key === null ? {} : { key: each.key }
      left.push({ kind: 'person', id: each.id, ...named, why: 'stillSent' })
      continue
    }
    if (persons.length === ERASED_AT_ONCE_MAX && !request.dryRun) break
    persons.push(person)
    for (const source of sources) stillSent.add(source)
  }
  return { persons, left, stillSent }
}

async function candidates(
  session: Session,
  { siteId, who, now }: PurgeRequest,
  quarantine: number,
): Promise<Erasable[]> {
  if ('olderThanDays' in who) {
    if (who.olderThanDays < quarantine) {
      throw new RollcallError('ERR_USAGE', `The quarantine of the site is ${quarantine} days`, {
        hint: 'Give as many days or more; or name each person, with --now and the reason.',
      })
    }
    return erasableBefore(session, siteId, daysBefore(now(), who.olderThanDays))
  }
  const person = await erasableNamed(session, siteId, nameOf(who.name))
  if (person !== undefined) return [person]
  throw new RollcallError('ERR_NOT_FOUND', 'No person has this key', {
    hint: 'rollcall roster bin lists those in the recycle bin.',
  })
}

function refuse(
  { state, since }: Person,
  sources: readonly number[],
  before: string,
  quarantine: number,
  atOnce: boolean,
): void {
  if (state === 'active') {
    throw notPossible(
      'The person is in the roster',
      'rollcall remove KEY puts him into the recycle bin first, with --unlock though a source sends him.',
    )
  }
  if (atOnce) return
  if (sources.length > 0) {
    throw notPossible(
      'A source still sends the person',
      'Have him removed in the source system first: erased with --now and the reason, he comes back with its next delivery.',
    )
  }
  if (since !== null && Date.parse(since) > Date.parse(before)) {
    throw notPossible(
      `The person has been in the recycle bin for fewer than ${quarantine} days`,
      'Wait for the end of the quarantine; or, where he himself demands it, --now with the reason.',
    )
  }
}

/** Sources whose last delivery had him, taken or put away by hand. */
function sendersOf(
  { id, keys }: Person,
  mirrors: readonly PersonMirror[],
  claims: readonly { readonly id: number; readonly sourceId: number }[],
  hashes: Hashes,
): number[] {
  const inMirror = mirrors.filter(({ persons }) => slotsOf(persons, id, keys, hashes).length > 0)
  return [
    ...inMirror.map(({ sourceId }) => sourceId),
    ...claims.filter((claim) => claim.id === id).map(({ sourceId }) => sourceId),
  ]
}

/** What tells the persons from everybody else; a value that somebody else has too does not. */
async function tracesOfAll(
  session: Session,
  siteId: number,
  persons: readonly Person[],
): Promise<{ readonly traces: Traces | undefined; readonly keys: readonly string[] }> {
  const ids = persons.map(({ id }) => id)
  const known = (await identifiersOf(session, siteId, ids)).flatMap(({ field, value }) =>
    field === 'username' || field === 'email' ? [value, value.toLowerCase()] : [value],
  )
  const shared = new Set(await alsoOthers(session, siteId, ids, known))
  return {
    traces: tracesOf(known.filter((value) => !shared.has(value))),
    keys: persons.flatMap(({ keys }) => keys),
  }
}

/**
 * Finds the kept deliveries that have the persons. All of them go, but a source's newest accepted one while it still
 * sends them, and those whose run waits.
 */
async function forgetDeliveries(
  session: Session,
  { siteId, deliveriesFolder, limits }: PurgeRequest,
  traces: Traces | undefined,
  stillSent: ReadonlySet<number>,
  hashes: Hashes,
): Promise<{ readonly gone: readonly string[]; readonly kept: readonly number[] }> {
  const gone: string[] = []
  const kept: number[] = []
  for (const file of traces === undefined ? [] : await keptFiles(session, siteId)) {
    const found = await findInDelivery(
      path.join(deliveriesFolder, file.path),
      traces as Traces,
      limits,
      hashes,
    )
    if (found === 'nothing') continue
    const isNeeded =
      file.waits || (found === 'sent' && file.newestOf.some((source) => stillSent.has(source)))
    if (isNeeded) kept.push(...file.ids)
    else gone.push(file.path)
  }
  await forgetPaths(session, siteId, gone)
  return { gone, kept }
}
