import { RollcallError } from '../errors.ts'
import type { Session } from '../store/connect.ts'
import {
  groupNamed,
  type GroupRow,
  personNamed,
  type PersonRow,
  type RecordName,
} from '../store/hand-lookups.ts'

export type Named =
  | { readonly kind: 'person'; readonly row: PersonRow }
  | { readonly kind: 'group'; readonly row: GroupRow }

/** `#12` is the number that we gave a record; anything else is a sync key. */
export function nameOf(text: string): RecordName {
  const number = /^#([1-9][0-9]{0,15})$/.exec(text)
  return number?.[1] === undefined ? { key: text } : { id: Number(number[1]) }
}

/**
 * The person or group that a name means. A key that both have needs the kind.
 *
 * @throws RollcallError ERR_NOT_FOUND, ERR_USAGE
 */
export async function findNamed(
  session: Session,
  siteId: number,
  text: string,
  kind?: 'person' | 'group',
): Promise<Named> {
  const name = nameOf(text)
  const person = kind === 'group' ? undefined : await personNamed(session, siteId, name)
  const group = kind === 'person' ? undefined : await groupNamed(session, siteId, name)
  if (person && group?.state === 'active') {
    throw new RollcallError('ERR_USAGE', 'A person and a group have this key', {
      hint: 'Say which is meant: --kind person or --kind group.',
    })
  }
  if (person) return { kind: 'person', row: person }
  if (group) return { kind: 'group', row: group }
  throw new RollcallError('ERR_NOT_FOUND', `No ${kind ?? 'person or group'} has this key`, {
    hint: 'rollcall roster persons --search TEXT and rollcall roster groups --search TEXT find keys.',
  })
}

/** @throws RollcallError ERR_NOT_FOUND */
export async function findPerson(
  session: Session,
  siteId: number,
  text: string,
): Promise<PersonRow> {
  return (await findNamed(session, siteId, text, 'person')).row as PersonRow
}

/**
 * A group that is there.
 *
 * @throws RollcallError ERR_NOT_FOUND
 */
export async function findActiveGroup(
  session: Session,
  siteId: number,
  text: string,
): Promise<GroupRow> {
  const row = (await findNamed(session, siteId, text, 'group')).row as GroupRow
  if (row.state === 'active') return row
  throw new RollcallError('ERR_NOT_FOUND', 'The group is no longer there', {
    hint: 'rollcall explain KEY tells which run took it away.',
  })
}

/** An operation that does not fit what there is. */
export function notPossible(message: string, hint: string): RollcallError {
  return new RollcallError('ERR_NOT_POSSIBLE', message, { hint })
}
