import type { Session } from '../store/connect.ts'
import {
  courseMembersOf,
  courseOfGroup,
  coursesNamed,
  type GroupRow,
  membershipsBinned,
  membershipsNow,
  type PersonRow,
  usernameIsTaken,
} from '../store/hand-lookups.ts'
import { nextBeginnings, nextEndings, nextRow, type NewMembership } from '../store/rewrite.ts'
import { byHand, type HandResult } from './by-hand.ts'
import type { HandRequest } from './contract.ts'
import { findNamed, type Named, notPossible } from './named.ts'

/**
 * Joins what was removed under an old key with what was added under a new one. Of a person, login, manual memberships
 * and archived courses move; of a course, the archived one comes back in the place of the one made anew.
 *
 * @throws RollcallError ERR_NOT_FOUND, ERR_NOT_POSSIBLE, ERR_USAGE
 */
export function merge(
  request: HandRequest & {
    readonly old: string
    readonly new: string
    readonly kind?: 'person' | 'group'
  },
): Promise<HandResult> {
  const { siteId, kind } = request
  return byHand(request, 'merge', async (session, { runId }) => {
    const next = await findNamed(session, siteId, request.new, kind)
    const old = await findNamed(session, siteId, request.old, next.kind)
    if (next.row.state !== 'active') {
      throw notPossible(`The ${next.kind} that is to stay is not there`, 'Name the new one second.')
    }
    if (old.kind === next.kind && old.row.merged_into === idOf(next)) {
      throw notPossible('The two were merged already', 'rollcall explain OLD tells by which run.')
    }
    if (old.kind === 'person' && next.kind === 'person') {
      await mergePersons(session, siteId, runId, old.row, next.row)
    } else if (old.kind === 'group' && next.kind === 'group') {
      await mergeGroups(session, siteId, old.row, next.row)
    }
    return {}
  })
}

function idOf(named: Named): number {
  return named.kind === 'person' ? named.row.person_id : named.row.group_id
}

async function mergePersons(
  session: Session,
  siteId: number,
  runId: number,
  old: PersonRow,
  next: PersonRow,
): Promise<void> {
  if (old.person_id === next.person_id) throw notPossible('The two are one person', 'Name two.')
  const isManual = old.state === 'active' && old.source_id === null
  if (old.state === 'active' && !isManual) {
    throw notPossible(
      'The old account is still sent by its source',
      'rollcall rekey OLD NEW before the new key is sent; or wait until the old one is no longer sent.',
    )
  }
  const memberships = isManual
    ? await membershipsNow(session, siteId, { personId: old.person_id })
    : await membershipsBinned(session, siteId, old, 'manual')
  if (isManual) await nextEndings(session, memberships)
  await moveMemberships(session, siteId, memberships, next.person_id)
  await moveCoursePlaces(session, siteId, old.person_id, next.person_id)

  const username =
    next.username === null &&
    old.username !== null &&
    !(await usernameIsTaken(session, siteId, old.username, old.person_id))
      ? old.username
      : null
  await nextRow(session, 'persons', old.person_id, {
    ...old,
    merged_into: next.person_id,
    ...(isManual ? { state: 'binned', binned_run: runId } : {}),
  })
  const { username: _, ...own } = old.own
  await nextRow(session, 'persons', next.person_id, {
    ...next,
    own: { ...own, ...next.own, ...(username === null ? {} : { username }) },
    ...(username === null ? {} : { username, username_key: username.toLowerCase() }),
  })
}

async function moveMemberships(
  session: Session,
  siteId: number,
  memberships: readonly NewMembership[],
  personId: number,
): Promise<void> {
  const has = new Set(
    (await membershipsNow(session, siteId, { personId })).flatMap(({ groupId, sourceId }) =>
      sourceId === null ? [groupId] : [],
    ),
  )
  await nextBeginnings(
    session,
    memberships.flatMap((membership) =>
      has.has(membership.groupId) ? [] : [{ ...membership, personId, sourceId: null }],
    ),
  )
}

async function moveCoursePlaces(
  session: Session,
  siteId: number,
  from: number,
  to: number,
): Promise<void> {
  const has = new Set(
    (await courseMembersOf(session, siteId, { personId: to })).map(({ course_id }) => course_id),
  )
  for (const place of await courseMembersOf(session, siteId, { personId: from })) {
    const { course_id: courseId } = place
    await nextRow(session, 'course_members', courseId, null, from)
    if (has.has(courseId)) continue
    await nextRow(session, 'course_members', courseId, { ...place, person_id: to }, to)
  }
}

async function mergeGroups(
  session: Session,
  siteId: number,
  old: GroupRow,
  next: GroupRow,
): Promise<void> {
  if (old.group_id === next.group_id) throw notPossible('The two are one group', 'Name two.')
  if (old.state === 'active') {
    throw notPossible(
      'The old group is still there',
      'rollcall rekey OLD NEW before the new key is sent; or wait until the old one is no longer sent.',
    )
  }
  await nextRow(session, 'groups', old.group_id, { ...old, merged_into: next.group_id })
  await nextRow(session, 'groups', next.group_id, { ...next, own: { ...old.own, ...next.own } })
  const made = await courseOfGroup(session, siteId, next.group_id)
  const [left] = old.key === null ? [] : await coursesNamed(session, siteId, { key: old.key })
  if (!made || !left || left.group_id !== null) return
  // The course that people have worked in goes on, and the one that was made anew goes.
  await nextRow(session, 'courses', made.course_id, null)
  await nextRow(session, 'courses', left.course_id, {
    ...left,
    group_id: next.group_id,
    key: next.key,
    state: 'open',
    title: made.title,
    archived_run: null,
  })
  const members = new Set(
    (await membershipsNow(session, siteId, { groupId: next.group_id })).map(
      ({ personId }) => personId,
    ),
  )
  for (const { course_id, person_id } of await courseMembersOf(session, siteId, {
    courseId: left.course_id,
  })) {
    if (members.has(person_id)) {
      await nextRow(session, 'course_members', course_id, null, person_id)
    }
  }
}
