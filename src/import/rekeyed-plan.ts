import path from 'node:path'
import { isProposed } from '../change/key-churn.ts'
import { RollcallError } from '../errors.ts'
import type { ReadLimits } from '../ims/limits.ts'
import type { Database, Session } from '../store/connect.ts'
import { findRun } from '../store/history.ts'
import type { HeldRun, SourceForRun } from '../store/runs.ts'
import { attempt, type Attempt } from './attempt.ts'
import type { Collector } from './collect.ts'
import type { ImportRequest } from './contract.ts'
import { openKept } from './kept.ts'
import type { OpenedDelivery } from './open-delivery.ts'
import { hashPlan } from './packed-plan.ts'
import { beginRun, type Run } from './progress.ts'
import { readDelivery } from './read-delivery.ts'
import type { Released } from './released-report.ts'
import { compileSourceRules } from './source-rules.ts'
import type { Suspect, Suspected } from './suspects.ts'

/** What it takes to make a plan again from the delivery that was kept. */
export interface KeptDelivery {
  /** Folder that deliveries are kept in. */
  readonly deliveriesFolder: string
  readonly limits: ReadLimits
}

interface Of {
  readonly database: Database
  readonly siteId: number
  readonly withoutRemovals: boolean
  readonly now: () => Date
}

export interface RekeyedPlan {
  readonly request: ImportRequest
  readonly run: Run
  readonly tried: Attempt
  readonly plan: Released
  /** How many pairs were taken as one record each. */
  readonly pairs: number
}

/**
 * The plan of a held run as it would be had the delivery said New and Old for the suspected pairs that are sure enough.
 * It is made from the delivery as it was kept, against the mirror that the held plan was made against; whether it is still
 * the same without the pairs is looked at first.
 *
 * @throws RollcallError ERR_DELIVERY_GONE, ERR_PLAN_OUTDATED, ERR_USAGE where nothing is sure enough
 */
export async function planAsRekey(
  session: Session,
  { database, siteId, withoutRemovals, now }: Of,
  held: HeldRun,
  source: SourceForRun,
  { deliveriesFolder, limits }: KeptDelivery,
): Promise<RekeyedPlan> {
  const kept = (await findRun(session, siteId, held.id))?.path ?? null
  if (kept === null) throw gone()
  const request: ImportRequest = {
    database,
    siteId,
    sourceId: held.sourceId,
    file: path.join(deliveriesFolder, kept),
    deliveriesFolder,
    limits,
    sender: '',
    channel: 'command line',
    dryRun: true,
    // It was accepted when it came.
    acceptOlder: true,
    now,
    onProgress: () => {},
  }
  const delivery = await open(request)
  try {
    const run = await beginRun(request)
    const tryWith = async (prepare?: (collected: Collector) => void): Promise<Attempt> => {
      const rules = compileSourceRules(source.rules)
      const read = await readDelivery(session, request, run, source, rules, delivery.content)
      const options = prepare && { prepare, asHeld: true }
      return attempt(session, request, run, source, read, options)
    }
    const { plan, comparison } = await tryWith()
    if (plan === undefined || comparison === undefined || hashPlan(plan) !== held.planHash) {
      throw new RollcallError(
        'ERR_PLAN_OUTDATED',
        'the plan is outdated: the delivery that was kept does not give the plan any more that was held',
        { hint: 'Import the delivery again: a new plan is made.' },
      )
    }
    const proposed = sureOnes(comparison.suspected)
    const pairs = proposed.person.length + proposed.group.length
    if (pairs === 0) {
      throw new RollcallError('ERR_USAGE', 'No suspected new key of this plan is sure enough', {
        hint: 'rollcall run shows the suspected pairs. Release the plan as it is, or reject it.',
      })
    }
    const tried = await tryWith((collected) => sayRenewed(collected, proposed))
    return { request, run, tried, plan: planOf(tried, withoutRemovals), pairs }
  } finally {
    delivery.close()
  }
}

/** As the source's mode says, or without removals. */
function planOf(
  { plan, variants, nextState, archiveCourses }: Attempt,
  withoutRemovals: boolean,
): Released {
  const variant = withoutRemovals
    ? (variants.withoutRemovals ?? variants.delayed)
    : variants.delayed
  if (variant !== undefined) {
    const { plan: of, waiting, state } = variant
    return { ...of, state: { ...state, archiveCourses }, waiting }
  }
  if (plan === undefined) throw gone()
  return { ...plan, state: { ...nextState, archiveCourses } }
}

async function open({
  file,
  limits,
  deliveriesFolder,
  siteId,
}: ImportRequest): Promise<OpenedDelivery> {
  try {
    return await openKept(file, {
      upTo: limits,
      folder: path.join(deliveriesFolder, String(siteId)),
    })
  } catch (error) {
    if (error instanceof RollcallError && error.code === 'ERR_FILE_UNREADABLE') throw gone(error)
    throw error
  }
}

function gone(cause?: unknown): RollcallError {
  return new RollcallError('ERR_DELIVERY_GONE', 'the delivery is not kept any more', {
    cause,
    hint: 'Import it again: a new plan is made, which can be released as rekey.',
  })
}

interface Sure {
  readonly person: readonly Suspect[]
  readonly group: readonly Suspect[]
}

function sureOnes({ person, group }: Suspected): Sure {
  return { person: person.pairs.filter(isProposed), group: group.pairs.filter(isProposed) }
}

/** As if the delivery had said the old key beside the new one. */
function sayRenewed({ persons, groups }: Collector, { person, group }: Sure): void {
  for (const { index, oldKey } of person) persons.renew(index, oldKey)
  for (const { index, oldKey } of group) groups.renew(index, oldKey)
}
