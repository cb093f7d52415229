import type { Session } from '../store/connect.ts'
import { drifted, gatherEndedByHand } from '../store/drift.ts'
import {
  groupNamed,
  type GroupRow,
  membershipsBinned,
  personNamed,
  type PersonRow,
} from '../store/hand-lookups.ts'
import { nextBeginnings, nextRow } from '../store/rewrite.ts'
import { byHand, type HandResult } from './by-hand.ts'
import type { HandRequest } from './contract.ts'
import { nextGroupFields, personColumns } from './edit.ts'
import { findNamed } from './named.ts'

/**
 * Gives what was changed by hand back to the source: fields, persons put into the recycle bin while they are sent,
 * memberships ended while they are sent. Of one record with its memberships, or of the whole site.
 *
 * @throws RollcallError ERR_NOT_FOUND, ERR_USAGE, ERR_TAKEN
 */
export function heal(
  request: HandRequest & {
    readonly what: 'all' | { readonly name: string; readonly kind?: 'person' | 'group' }
  },
): Promise<HandResult> {
  const { siteId, what } = request
  return byHand(request, 'heal', async (session) => {
    if (what !== 'all') {
      const named = await findNamed(session, siteId, what.name, what.kind)
      if (named.kind === 'person') await healPerson(session, siteId, named.row)
      else await healGroup(session, siteId, named.row)
      const of =
        named.kind === 'person'
          ? { personId: named.row.person_id }
          : { groupId: named.row.group_id }
      await gatherEndedByHand(session, siteId, of)
      return {}
    }
    const { persons, groups } = await drifted(session, siteId)
    for (const id of persons) {
      const row = await personNamed(session, siteId, { id })
      if (row) await healPerson(session, siteId, row)
    }
    for (const id of groups) {
      const row = await groupNamed(session, siteId, { id })
      if (row) await healGroup(session, siteId, row)
    }
    await gatherEndedByHand(session, siteId, {})
    return {}
  })
}

async function healPerson(session: Session, siteId: number, row: PersonRow): Promise<void> {
  if (row.source_id === null) return
  const healed: PersonRow = { ...row, edited: {}, state: 'active', binned_run: null }
  await nextRow(session, 'persons', row.person_id, {
    ...healed,
    ...(await personColumns(session, siteId, healed)),
  })
  if (row.state !== 'binned') return
  await nextBeginnings(session, await membershipsBinned(session, siteId, row, 'all'))
}

async function healGroup(session: Session, siteId: number, row: GroupRow): Promise<void> {
  if (row.source_id === null || row.state !== 'active') return
  await nextGroupFields(session, siteId, { ...row, edited: {} })
}
