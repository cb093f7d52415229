import { existsSync } from 'node:fs'
import path from 'node:path'
import { RollcallError } from '../errors.ts'
import { newestApplied } from '../store/deliveries.ts'
import { membersOfSchool } from '../store/lookups.ts'
import { listWaiting, type WaitingFilter } from '../store/waiting.ts'
import type { ImportRequest } from './contract.ts'
import type { LetThroughRequest } from './let-through.ts'

/**
 * The request that lets through what waits: the newest delivery of the source once more, from the bytes that are kept,
 * compared and judged as always.
 *
 * @throws RollcallError ERR_NOT_FOUND where nothing waits that is meant, ERR_DELIVERY_GONE where that delivery cannot be
 *   run again.
 */
export async function letThroughRequest(
  request: Omit<ImportRequest, 'file'>,
  letThrough: LetThroughRequest,
): Promise<ImportRequest> {
  const { database, siteId, sourceId, deliveriesFolder } = request
  return database.site(siteId, async (session) => {
    const filter: Pick<WaitingFilter, 'key' | 'profile' | 'school'> =
      'school' in letThrough
        ? { school: await membersOfSchool(session, siteId, letThrough.school) }
        : letThrough
    const { total } = await listWaiting(session, siteId, {
      sourceId,
      ...filter,
      limit: 0,
      offset: 0,
    })
    // A protected person waits at a school without that being told.
    if (total === 0 && !('school' in letThrough)) {
      throw new RollcallError('ERR_NOT_FOUND', 'nothing waits that this lets through', {
        hint: 'rollcall waiting lists what waits.',
      })
    }
    const delivery = await newestApplied(session, siteId, sourceId)
    const file = delivery?.path == null ? undefined : path.join(deliveriesFolder, delivery.path)
    if (delivery === undefined || file === undefined || !existsSync(file)) {
      throw gone('the newest delivery of the source is not kept any more')
    }
    if (delivery.type !== 'full') throw gone('the newest delivery of the source is not a full one')
    return { ...request, file, fileName: delivery.fileName, acceptOlder: true, letThrough }
  })
}

function gone(why: string): RollcallError {
  return new RollcallError('ERR_DELIVERY_GONE', `it cannot be run again: ${why}`, {
    hint: 'What is to be let through comes with the next full delivery: rollcall sources set NAME --mode everything.',
  })
}
