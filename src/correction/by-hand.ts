import { RollcallError } from '../errors.ts'
import type { HeldSite, Session } from '../store/connect.ts'
import { recount } from '../store/counts.ts'
import { writeHandJournal } from '../store/hand-journal.ts'
import {
  countChanges,
  endHandRun,
  type HandKind,
  insertHandRun,
  sourceIds,
} from '../store/hand-runs.ts'
import { changesOfRun, type JournalChange } from '../store/journal.ts'
import { applyRewrite, beginRewrite, type HandContext } from '../store/rewrite.ts'
import { failLostRuns } from '../store/runs.ts'
import type { ErasureReport, HandReport, HandRequest, LeftAlone } from './contract.ts'
import { settleMirrors } from './mirror.ts'
import { settleTree } from './tree.ts'

/** What a run by hand is to do beside what it gathered. */
export interface Gathered {
  readonly left?: readonly LeftAlone[]
  readonly withoutUsername?: readonly number[]
  readonly undoes?: number
  /** Persons who go to the recycle bin while their source still sends them. */
  readonly leftOut?: ReadonlySet<number>
  /** Lists are not looked at again: what was ended by hand stays so until the list says something new. */
  readonly keepLists?: boolean
  /** Of a purge: what it erased. */
  readonly erasure?: ErasureReport
  /** For the decision kept with the run: reason, names of options. */
  readonly decision?: { readonly [detail: string]: unknown }
}

/** What a run by hand did, and its changes one by one. */
export interface HandResult {
  readonly report: HandReport
  readonly changes: readonly JournalChange[]
}

/** Most changes that are given back with a report; the others are in the journal. */
const CHANGES_MAX = 1000

/**
 * One run by hand, in one transaction: `gather` says what is to be, the rest is the same for all of them. Every row is
 * kept as it was found, groups are hung where they belong, mirrors follow, counts are made anew, and the journal is
 * worked out from what there was and is. So all of them can be previewed, undone and explained.
 *
 * @throws RollcallError as `gather` does, ERR_SITE_BUSY.
 */
export async function byHand(
  request: HandRequest,
  kind: HandKind,
  gather: (session: Session, hand: HandContext) => Promise<Gathered>,
): Promise<HandResult> {
  return request.database.holdSite(request.siteId, (held) => runHeld(held, request, kind, gather))
}

async function runHeld(
  held: HeldSite,
  request: HandRequest,
  kind: HandKind,
  gather: (session: Session, hand: HandContext) => Promise<Gathered>,
): Promise<HandResult> {
  const { siteId, sender, now, dryRun } = request
  const startedAt = now().toISOString()
  const preview = new Preview()
  try {
    return await held.transaction(async (session) => {
      await failLostRuns(session, siteId, startedAt)
      const hand = { siteId, runId: await insertHandRun(session, siteId, kind, startedAt) }
      await beginRewrite(session)
      const gathered = await gather(session, hand)
      await applyRewrite(session, hand)
      await settleTree(session, hand)
      await settleMirrors(session, hand, gathered)
      for (const sourceId of await sourceIds(session, siteId)) {
        await recount(session, siteId, sourceId)
      }
      await writeHandJournal(session, hand)
      const { left = [], withoutUsername = [], undoes, decision, erasure } = gathered
      const report: HandReport = {
        run: dryRun ? 0 : hand.runId,
        kind,
        outcome: dryRun ? 'planned' : 'applied',
        startedAt,
        finishedAt: now().toISOString(),
        by: sender,
        ...(undoes === undefined ? {} : { undoes }),
        changes: await countChanges(session, hand),
        left,
        withoutUsername,
        statements: session.statements,
        ...(erasure === undefined ? {} : { erasure }),
      }
      const page = { limit: CHANGES_MAX, offset: 0 }
      const { rows } = await changesOfRun(session, siteId, hand.runId, page)
      if (dryRun) throw preview.of({ report, changes: rows })
      const at = report.finishedAt
      await endHandRun(session, hand, at, { at, by: sender, ...decision }, report)
      return { report, changes: rows }
    })
  } catch (error) {
    if (error === preview && preview.result !== undefined) return preview.result
    throw error
  }
}

/** Thrown to take a dry run's transaction back. */
class Preview extends RollcallError {
  result: HandResult | undefined

  constructor() {
    super('ERR_INTERNAL', 'a dry run is taken back')
  }

  of(result: HandResult): this {
    this.result = result
    return this
  }
}
