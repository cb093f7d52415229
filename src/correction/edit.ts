import { RollcallError } from '../errors.ts'
import type { Session } from '../store/connect.ts'
import {
  courseOfGroup,
  type GroupRow,
  type PersonRow,
  sourceName,
  usernameIsTaken,
} from '../store/hand-lookups.ts'
import { nextRow } from '../store/rewrite.ts'
import { byHand, type HandResult } from './by-hand.ts'
import type { HandRequest } from './contract.ts'
import { type Edited, shownValue, valueFaults, withEdits } from './edited.ts'
import { findNamed, notPossible } from './named.ts'

export interface EditRequest extends HandRequest {
  readonly name: string
  readonly kind?: 'person' | 'group'
  /** Null clears a field. */
  readonly values: { readonly [field: string]: string | null }
  /** Marks a person's identity as protected, or takes a mark back that was made here. */
  readonly protect?: boolean
  /** Also changes what the source sends: drift. */
  readonly unlock: boolean
}

/**
 * Changes fields of a person or group by hand.
 *
 * @throws RollcallError ERR_LOCKED (the source sends a field), ERR_TAKEN (username), ERR_USAGE, ERR_NOT_FOUND
 */
export function edit(request: EditRequest): Promise<HandResult> {
  const { siteId, name, kind, values, unlock } = request
  return byHand(request, 'edit', async (session) => {
    const named = await findNamed(session, siteId, name, kind)
    const faults = valueFaults(named.kind, values)
    if (faults.length > 0) throw new RollcallError('ERR_USAGE', faults.join('\n'))
    if (named.row.state === 'gone') {
      throw notPossible('The group is no longer there', 'What is gone is not edited.')
    }
    const edited = withEdits(named.row, values, unlock)
    if (edited.locked.length > 0) {
      throw await lockedError(session, siteId, named.row.source_id ?? 0, edited.locked)
    }
    if (named.kind === 'person') await writePerson(session, siteId, named.row, edited, request)
    else await writeGroup(session, siteId, named.row, edited, request)
    return { decision: { fields: Object.keys(values), unlock } }
  })
}

async function lockedError(
  session: Session,
  siteId: number,
  sourceId: number,
  fields: readonly string[],
): Promise<RollcallError> {
  const source = await sourceName(session, siteId, sourceId)
  return new RollcallError('ERR_LOCKED', `The source ${source} sends this: ${fields.join(', ')}`, {
    hint: 'Have it corrected in the source system: the next delivery brings it. --unlock changes it here all the same, until the source changes it.',
  })
}

async function writePerson(
  session: Session,
  siteId: number,
  row: PersonRow,
  { own, edited }: Edited,
  { protect }: Pick<EditRequest, 'protect'>,
): Promise<void> {
  const marks =
    protect === undefined ? edited : protect ? { ...edited, protected: true } : unmarked(edited)
  await nextRow(session, 'persons', row.person_id, {
    ...row,
    ...(await personColumns(session, siteId, { ...row, own, edited: marks })),
    own,
    edited: marks,
  })
}

function unmarked({ protected: _, ...edited }: { readonly [field: string]: unknown }): {
  readonly [field: string]: unknown
} {
  return edited
}

/**
 * The columns of a person that follow from his fields.
 *
 * @throws RollcallError ERR_TAKEN when somebody else has the username.
 */
export async function personColumns(
  session: Session,
  siteId: number,
  row: PersonRow,
): Promise<Partial<PersonRow> & { readonly username_key: string | null }> {
  const username = shownValue(row, 'username') as string | null
  const isTaken =
    username !== null &&
    username !== row.username &&
    (await usernameIsTaken(session, siteId, username, row.person_id))
  if (isTaken) {
    throw new RollcallError('ERR_TAKEN', 'Somebody else has this username', {
      hint: 'rollcall roster persons --search USERNAME shows who.',
    })
  }
  return {
    profile: shownValue(row, 'profile') as string,
    username,
    username_key: username?.toLowerCase() ?? null,
    protected: row.edited['protected'] === true || row.sent?.protected === true,
  }
}

async function writeGroup(
  session: Session,
  siteId: number,
  row: GroupRow,
  { own, edited }: Edited,
  { protect }: Pick<EditRequest, 'protect'>,
): Promise<void> {
  if (protect !== undefined) throw new RollcallError('ERR_USAGE', 'Only persons are protected')
  await nextGroupFields(session, siteId, { ...row, own, edited })
}

/** Gathers a group with the columns that follow from its fields, and its course with those of its own. */
export async function nextGroupFields(
  session: Session,
  siteId: number,
  row: GroupRow,
): Promise<void> {
  const title = shownValue(row, 'title') ?? row.sent?.key ?? row.title
  await nextRow(session, 'groups', row.group_id, { ...row, title })
  const course = await courseOfGroup(session, siteId, row.group_id)
  if (!course) return
  await nextRow(session, 'courses', course.course_id, {
    ...course,
    title: shownValue(row, 'courseTitle') ?? shownValue(row, 'title') ?? course.title,
    code: shownValue(row, 'courseCode'),
  })
}
