import { RollcallError } from '../errors.ts'
import { rosterKey } from '../roster/group.ts'
import type { Session } from '../store/connect.ts'
import { courseOfGroup, type GroupRow, groupNamed, personNamed } from '../store/hand-lookups.ts'
import { nextRow } from '../store/rewrite.ts'
import { byHand, type HandResult } from './by-hand.ts'
import type { HandRequest } from './contract.ts'
import { findNamed, type Named, notPossible } from './named.ts'

/** A record's key until now, and from now on. */
export interface KeyPair {
  readonly old: string
  readonly new: string
}

/**
 * Gives persons or groups new keys before their source sends them: account, memberships and history stay. All pairs
 * in one run, or none.
 *
 * @throws RollcallError ERR_NOT_FOUND, ERR_TAKEN (somebody has the new key: merge), ERR_NOT_POSSIBLE, ERR_USAGE
 */
export function rekey(
  request: HandRequest & {
    readonly pairs: readonly KeyPair[]
    readonly kind?: 'person' | 'group'
  },
): Promise<HandResult> {
  const { siteId, pairs, kind } = request
  return byHand(request, 'rekey', async (session) => {
    checkPairs(pairs)
    const movingAway = new Set(pairs.map((pair) => pair.old))
    for (const pair of pairs) {
      const named = await findOld(session, siteId, pair, kind)
      await checkFree(session, siteId, named, pair.new, movingAway)
      await giveKey(session, siteId, named, pair.new)
    }
    return { decision: { pairs: pairs.length } }
  })
}

function checkPairs(pairs: readonly KeyPair[]): void {
  const keys = new Set<string>()
  for (const { old, new: next } of pairs) {
    if (old === next || next === '') {
      throw new RollcallError('ERR_USAGE', 'A pair gives a record the key that it has, or none')
    }
    for (const key of [`old ${old}`, `new ${next}`]) {
      if (keys.has(key)) throw new RollcallError('ERR_USAGE', 'A key stands in two pairs')
      keys.add(key)
    }
  }
}

/** Whoever has the old key. Run a second time, after a break perhaps, a rekey says that it was done. */
async function findOld(
  session: Session,
  siteId: number,
  pair: KeyPair,
  kind: 'person' | 'group' | undefined,
): Promise<Named> {
  try {
    return await findNamed(session, siteId, pair.old, kind)
  } catch (error) {
    if (!(error instanceof RollcallError) || error.code !== 'ERR_NOT_FOUND') throw error
    const { kind: found, row } = await findNamed(session, siteId, pair.new, kind).catch(() => {
      throw error
    })
    if (row.state !== 'active') throw error
    throw new RollcallError(
      'ERR_NOT_FOUND',
      `Nobody has the old key, and a ${found} has the new key already`,
      { hint: 'Perhaps this was done before: rollcall runs and rollcall explain NEW tell.' },
    )
  }
}

async function checkFree(
  session: Session,
  siteId: number,
  { kind, row }: Named,
  key: string,
  movingAway: ReadonlySet<string>,
): Promise<void> {
  if (row.state !== 'active') {
    throw notPossible(
      `The ${kind} with the old key is not there`,
      'rollcall merge OLD NEW joins one in the recycle bin with one that was added anew.',
    )
  }
  if (row.key === null) {
    throw notPossible(`The ${kind} has no key: it was made by hand`, 'Its source adopts it.')
  }
  const owner =
    kind === 'person'
      ? await personNamed(session, siteId, { key })
      : await groupNamed(session, siteId, { key })
  if (owner === undefined || movingAway.has(key) || owner.state === 'gone') return
  throw new RollcallError('ERR_TAKEN', `Another ${kind} has the new key`, {
    hint: 'rollcall merge OLD NEW joins the two once the old one is no longer sent.',
  })
}

async function giveKey(session: Session, siteId: number, named: Named, key: string): Promise<void> {
  if (named.kind === 'person') {
    const { row } = named
    const sent = row.sent && { ...row.sent, key }
    await nextRow(session, 'persons', row.person_id, { ...row, key, sent })
    return
  }
  const { row } = named
  const { sentKey, rosterKey: next } = groupKeys(row, key)
  const sent = row.sent && { ...row.sent, key: sentKey }
  const keys = { key: next, sent_key: next === sentKey ? null : sentKey }
  await nextRow(session, 'groups', row.group_id, { ...row, ...keys, sent })
  const course = await courseOfGroup(session, siteId, row.group_id)
  if (course) await nextRow(session, 'courses', course.course_id, { ...course, key: next })
}

/** A group keeps the year in its key, whether the new key is given with it or without. */
function groupKeys(
  { sent }: GroupRow,
  key: string,
): { readonly sentKey: string; readonly rosterKey: string } {
  const year = sent?.year
  if (year === undefined) return { sentKey: key, rosterKey: key }
  const end = rosterKey({ key: '', year })
  const sentKey = key.endsWith(end) ? key.slice(0, -end.length) : key
  return { sentKey, rosterKey: rosterKey({ key: sentKey, year }) }
}
