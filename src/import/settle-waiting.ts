import type { WaitingChange } from '../change/waiting.ts'
import type { Session } from '../store/connect.ts'
import type { SourceState } from '../store/runs.ts'
import { clearWaiting, saveWaiting } from '../store/waiting.ts'

/**
 * Writes down what waits once a plan was applied. What a full delivery leaves waiting is all that waits; a delta speaks
 * only of some records, so that what waited before goes on waiting.
 *
 * @returns whether anything waits now.
 */
export async function settleWaiting(
  session: Session,
  {
    siteId,
    sourceId,
    runId,
    at,
    full,
    before,
    waiting,
  }: {
    readonly siteId: number
    readonly sourceId: number
    readonly runId: number
    readonly at: string
    readonly full: boolean
    readonly before: SourceState
    readonly waiting: readonly WaitingChange[] | undefined
  },
): Promise<boolean> {
  if (waiting !== undefined) {
    await saveWaiting(session, { siteId, sourceId, runId, at, replaces: full }, waiting)
    return true
  }
  if (before.waits !== true) return false
  if (full) await clearWaiting(session, siteId, sourceId)
  return !full
}

/**
 * The source's state, saying whether something waits. What waits of a delivery that says only what changed is not said
 * again: a full one has to.
 */
export function withWaits(
  { waits: _, ...state }: SourceState,
  waits: boolean,
  delayed?: { readonly full: boolean; readonly since: string; readonly run: number },
): SourceState {
  if (!waits) return state
  if (delayed === undefined || delayed.full) return { ...state, waits }
  const { since, run } = delayed
  return { needsFull: { since, run }, ...state, waits }
}
