import { RollcallError } from '../errors.ts'
import type { GroupKind } from '../roster/group.ts'
import type { Profile } from '../roster/person.ts'
import type { Session } from '../store/connect.ts'
import {
  courseMembersOf,
  courseOfGroup,
  type GroupRow,
  membershipsNow,
  type PersonRow,
  usernameIsTaken,
} from '../store/hand-lookups.ts'
import { nextEndings, nextRow, takeId } from '../store/rewrite.ts'
import { byHand, type Gathered, type HandResult } from './by-hand.ts'
import type { HandRequest } from './contract.ts'
import { valueFaults } from './edited.ts'
import { findActiveGroup, findNamed, notPossible } from './named.ts'

/** What is made, with the number that it got; 0 of a dry run. */
export interface Made extends HandResult {
  readonly id: number
}

type Values = { readonly [field: string]: string }

/**
 * Makes a person by hand: without a key, and no source touches him. A source's first delivery may adopt him.
 *
 * @throws RollcallError ERR_USAGE, ERR_TAKEN (username)
 */
export async function addPerson(
  request: HandRequest & { readonly profile: Profile; readonly values: Values },
): Promise<Made> {
  const { siteId, profile, values } = request
  let id = 0
  const result = await byHand(request, 'add', async (session, { runId }) => {
    const own = { ...values, profile }
    throwFaults(valueFaults('person', own))
    if (values['name'] === undefined) throw new RollcallError('ERR_USAGE', 'A person has a name')
    id = await takeId(session, siteId)
    const username = values['username'] ?? null
    if (username !== null && (await usernameIsTaken(session, siteId, username, id))) {
      throw new RollcallError('ERR_TAKEN', 'Somebody else has this username')
    }
    await nextRow(session, 'persons', id, {
      site_id: siteId,
      person_id: id,
      source_id: null,
      key: null,
      state: 'active',
      profile,
      username,
      username_key: username?.toLowerCase() ?? null,
      protected: false,
      sent: null,
      own,
      edited: {},
      from_run: runId,
    })
    return {}
  })
  return { ...result, id: request.dryRun ? 0 : id }
}

/**
 * Makes a group by hand, of kind course with its course. It hangs under a group, or under the site.
 *
 * @throws RollcallError ERR_USAGE, ERR_NOT_FOUND (parent)
 */
export async function addGroup(
  request: HandRequest & {
    readonly kind: GroupKind
    readonly values: Values
    readonly under?: string
  },
): Promise<Made> {
  const { siteId, kind, values, under } = request
  let id = 0
  const result = await byHand(request, 'add', async (session, { runId }) => {
    throwFaults(valueFaults('group', values))
    const { title } = values
    if (title === undefined) throw new RollcallError('ERR_USAGE', 'A group has a title')
    const parent = under === undefined ? undefined : await findActiveGroup(session, siteId, under)
    id = await takeId(session, siteId)
    await nextRow(session, 'groups', id, {
      site_id: siteId,
      group_id: id,
      source_id: null,
      key: null,
      state: 'active',
      kind,
      title,
      parent_id: parent?.group_id ?? null,
      parent_key:
        parent === undefined ? null : (parent.sent_key ?? parent.key ?? `#${parent.group_id}`),
      school_id: null,
      sent: null,
      own: values,
      edited: {},
      from_run: runId,
    })
    if (kind === 'course') {
      const courseId = await takeId(session, siteId)
      await nextRow(session, 'courses', courseId, {
        site_id: siteId,
        course_id: courseId,
        group_id: id,
        key: null,
        state: 'open',
        title: values['courseTitle'] ?? title,
        code: values['courseCode'] ?? null,
        from_run: runId,
      })
    }
    return {}
  })
  return { ...result, id: request.dryRun ? 0 : id }
}

function throwFaults(faults: readonly string[]): void {
  if (faults.length > 0) throw new RollcallError('ERR_USAGE', faults.join('\n'))
}

/**
 * Puts a person into the recycle bin, or takes a manual group away (its course is archived). What a source sends is
 * locked; a person who is sent goes all the same when unlocked, and stays there until his source says something new
 * of him: drift.
 *
 * @throws RollcallError ERR_LOCKED, ERR_NOT_FOUND, ERR_NOT_POSSIBLE
 */
export function remove(
  request: HandRequest & {
    readonly name: string
    readonly kind?: 'person' | 'group'
    readonly unlock: boolean
  },
): Promise<HandResult> {
  const { siteId, name, kind, unlock } = request
  return byHand(request, 'remove', async (session, { runId }) => {
    const named = await findNamed(session, siteId, name, kind)
    if (named.row.state !== 'active') {
      throw notPossible(`The ${named.kind} is not there any more`, 'rollcall roster bin lists it.')
    }
    if (named.row.source_id !== null && (named.kind === 'group' || !unlock)) {
      throw new RollcallError('ERR_LOCKED', `A source sends this ${named.kind}`, {
        hint: 'Have it removed in the source system. A person goes to the recycle bin all the same with --unlock.',
      })
    }
    return named.kind === 'person'
      ? removePerson(session, siteId, runId, named.row)
      : removeGroup(session, siteId, runId, named.row)
  })
}

async function removePerson(
  session: Session,
  siteId: number,
  runId: number,
  row: PersonRow,
): Promise<Gathered> {
  await nextRow(session, 'persons', row.person_id, { ...row, state: 'binned', binned_run: runId })
  await nextEndings(session, await membershipsNow(session, siteId, { personId: row.person_id }))
  return { leftOut: new Set(row.source_id === null ? [] : [row.person_id]) }
}

async function removeGroup(
  session: Session,
  siteId: number,
  runId: number,
  row: GroupRow,
): Promise<Gathered> {
  await nextRow(session, 'groups', row.group_id, { ...row, state: 'gone', gone_run: runId })
  const members = await membershipsNow(session, siteId, { groupId: row.group_id })
  await nextEndings(session, members)
  const course = await courseOfGroup(session, siteId, row.group_id)
  if (!course) return {}
  const { course_id: courseId } = course
  await nextRow(session, 'courses', courseId, {
    ...course,
    group_id: null,
    state: 'archived',
    archived_run: runId,
  })
  const there = new Set(
    (await courseMembersOf(session, siteId, { courseId })).map(({ person_id }) => person_id),
  )
  for (const { personId, role, active } of members) {
    if (!active || there.has(personId)) continue
    const place = {
      site_id: siteId,
      course_id: courseId,
      person_id: personId,
      role,
      from_run: runId,
    }
    await nextRow(session, 'course_members', courseId, place, personId)
  }
  return {}
}
