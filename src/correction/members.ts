import { RollcallError } from '../errors.ts'
import { type Role, ROLES } from '../roster/membership.ts'
import { membershipsNow } from '../store/hand-lookups.ts'
import { nextBeginnings, nextEndings } from '../store/rewrite.ts'
import { byHand, type HandResult } from './by-hand.ts'
import type { HandRequest } from './contract.ts'
import { findActiveGroup, findPerson, notPossible } from './named.ts'

/**
 * Makes a person a member of a group by hand: no source touches that. Another role takes the place of the one that he
 * had by hand.
 *
 * @throws RollcallError ERR_NOT_FOUND, ERR_NOT_POSSIBLE
 */
export function addMember(
  request: HandRequest & {
    readonly group: string
    readonly person: string
    readonly role: Role
    /** `YYYY-MM-DD`, both days included. */
    readonly begin?: string
    readonly end?: string
  },
): Promise<HandResult> {
  const { siteId, role, begin, end } = request
  return byHand(request, 'member', async (session) => {
    const group = await findActiveGroup(session, siteId, request.group)
    const person = await findPerson(session, siteId, request.person)
    if (person.state !== 'active') {
      throw notPossible(
        'The person is in the recycle bin',
        'rollcall bin restore KEY brings him back.',
      )
    }
    const of = { personId: person.person_id }
    const now = await membershipsNow(session, siteId, of)
    const manual = now.filter(
      ({ groupId, sourceId }) => groupId === group.group_id && sourceId === null,
    )
    await nextEndings(session, manual)
    await nextBeginnings(session, [
      {
        groupId: group.group_id,
        personId: person.person_id,
        sourceId: null,
        role: ROLES.indexOf(role),
        begins: begin ?? null,
        ends: end ?? null,
      },
    ])
    return {}
  })
}

/**
 * Ends a membership that was made by hand. One that a source sends is locked; unlocked it ends all the same, until the
 * source says something new of the list: drift.
 *
 * @throws RollcallError ERR_LOCKED, ERR_NOT_FOUND, ERR_NOT_POSSIBLE
 */
export function removeMember(
  request: HandRequest & {
    readonly group: string
    readonly person: string
    readonly unlock: boolean
  },
): Promise<HandResult> {
  const { siteId, unlock } = request
  return byHand(request, 'member', async (session) => {
    const group = await findActiveGroup(session, siteId, request.group)
    const person = await findPerson(session, siteId, request.person)
    const here = (await membershipsNow(session, siteId, { personId: person.person_id })).filter(
      ({ groupId }) => groupId === group.group_id,
    )
    const manual = here.filter(({ sourceId }) => sourceId === null)
    if (here.length === 0) {
      throw notPossible(
        'The person is no member of this group',
        'rollcall roster memberships lists them.',
      )
    }
    if (manual.length === 0 && !unlock) {
      throw new RollcallError('ERR_LOCKED', 'A source sends this membership', {
        hint: 'Have it ended in the source system. --unlock ends it here all the same.',
      })
    }
    await nextEndings(session, unlock ? here : manual)
    return { keepLists: true }
  })
}
