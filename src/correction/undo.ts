import { RollcallError } from '../errors.ts'
import { noteUndone, notFound, runToUndo } from '../store/hand-runs.ts'
import { keysOf } from '../store/lookups.ts'
import type { Session } from '../store/connect.ts'
import { gatherUndo, type LeftChange } from '../store/undo.ts'
import { byHand, type HandResult } from './by-hand.ts'
import type { HandRequest, LeftAlone } from './contract.ts'

/**
 * Undoes a run: every change goes back whose record nothing has changed since; the others are left and listed. An
 * undo is a run like others: it can be undone.
 *
 * @throws RollcallError ERR_NOT_FOUND, ERR_NOT_UNDOABLE
 */
export function undoRun(
  request: HandRequest & { readonly run: number; readonly reason?: string },
): Promise<HandResult> {
  const { siteId, run, reason } = request
  return byHand(request, 'undo', async (session, hand) => {
    const undone = await runToUndo(session, siteId, run)
    if (undone === undefined) throw notFound(`There is no run ${run}`, 'rollcall runs lists them.')
    if (undone.undoneBy !== null) {
      throw notUndoable(`Run ${run} is undone already, by run ${undone.undoneBy}`)
    }
    if (undone.state !== 'applied' && undone.state !== 'released') {
      throw notUndoable(`Run ${run} changed nothing: it is ${undone.state}`)
    }
    if (undone.kind === 'purge') throw notUndoable('What was erased cannot be brought back')
    if (undone.forgotten) {
      throw notUndoable(`The journal of run ${run} was deleted: it is older than the site keeps it`)
    }
    const { left, withoutUsername } = await gatherUndo(session, hand, run)
    await noteUndone(session, hand, undone)
    return {
      left: await withKeys(session, siteId, left),
      withoutUsername,
      undoes: run,
      decision: { undoes: run, ...(reason === undefined ? {} : { reason }) },
    }
  })
}

function notUndoable(message: string): RollcallError {
  return new RollcallError('ERR_NOT_UNDOABLE', message, {
    hint: 'rollcall runs shows how each run ended and what has undone it.',
  })
}

/** Memberships are named by their group, everything else by its own key. */
async function withKeys(
  session: Session,
  siteId: number,
  left: readonly LeftChange[],
): Promise<LeftAlone[]> {
  const isPerson = ({ kind }: LeftChange): boolean => kind === 'person' || kind === 'relation'
  const ids = (persons: boolean): number[] =>
    left.filter((each) => isPerson(each) === persons).map(({ id }) => id)
  const keys = await keysOf(session, siteId, ids(true), ids(false))
  return left.map((each) => {
    const { kind, id, otherId, why } = each
    const key = (isPerson(each) ? keys.persons : keys.groups).get(id)
    return {
      kind,
      id,
      ...(otherId === 0 ? {} : { otherId }),
      ...(key === undefined ? {} : { key }),
      why,
    }
  })
}
