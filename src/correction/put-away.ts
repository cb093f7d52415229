import { RollcallError } from '../errors.ts'
import { coursesNamed, membershipsBinned, usernameIsTaken } from '../store/hand-lookups.ts'
import { nextBeginnings, nextRow } from '../store/rewrite.ts'
import { byHand, type HandResult } from './by-hand.ts'
import type { HandRequest } from './contract.ts'
import { findPerson, nameOf, notPossible } from './named.ts'

/**
 * Brings a person back from the recycle bin though no source sends him: he belongs to none until one does, keeps his
 * account, and is a member again where he was one by hand.
 *
 * @throws RollcallError ERR_NOT_FOUND, ERR_NOT_POSSIBLE
 */
export function restorePerson(
  request: HandRequest & { readonly name: string },
): Promise<HandResult> {
  const { siteId, name } = request
  return byHand(request, 'restore', async (session) => {
    const row = await findPerson(session, siteId, name)
    if (row.state !== 'binned') {
      throw notPossible('The person is not in the recycle bin', 'rollcall roster bin lists it.')
    }
    const loses =
      row.username !== null && (await usernameIsTaken(session, siteId, row.username, row.person_id))
    await nextRow(session, 'persons', row.person_id, {
      ...row,
      state: 'active',
      source_id: null,
      binned_run: null,
      merged_into: null,
      ...(loses ? { username: null, username_key: null } : {}),
    })
    await nextBeginnings(session, await membershipsBinned(session, siteId, row, 'manual'))
    return { withoutUsername: loses ? [row.person_id] : [] }
  })
}

/**
 * Opens an archived course again: without a group, its members those that it kept. Of several with one key the one
 * archived last; `#12` names any.
 *
 * @throws RollcallError ERR_NOT_FOUND, ERR_NOT_POSSIBLE
 */
export function reopenCourse(
  request: HandRequest & { readonly name: string },
): Promise<HandResult> {
  const { siteId, name } = request
  return byHand(request, 'reopen', async (session) => {
    const found = await coursesNamed(session, siteId, nameOf(name))
    const [course] = found.filter(({ state }) => state === 'archived')
    if (found.length === 0) {
      throw new RollcallError('ERR_NOT_FOUND', 'No course has this key', {
        hint: 'rollcall roster archive lists archived courses.',
      })
    }
    if (course === undefined)
      throw notPossible('The course is open', 'Only archived ones are opened.')
    await nextRow(session, 'courses', course.course_id, {
      ...course,
      state: 'open',
      archived_run: null,
    })
    return {}
  })
}
