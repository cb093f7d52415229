import { NOT_TAKEN, type RecordMirror } from '../change/mirror.ts'
import type { Problem } from '../roster/problem.ts'
import type { Session } from '../store/connect.ts'
import { namesOf } from '../store/names-of-records.ts'
import type { Mirror } from './collect.ts'
import type { KeyTexts } from './key-texts.ts'

/**
 * Compares the keys that a delivery names with those of the records that their hashes lead to, which the mirror does not
 * keep as text. Gives the problem that refuses the delivery where two different ones have the same hash.
 */
export async function keysCollide(
  session: Session,
  siteId: number,
  mirror: Mirror,
  keys: KeyTexts,
): Promise<Problem | undefined> {
  for (const [kind, records] of [
    ['person', mirror.persons],
    ['group', mirror.groups],
  ] as const) {
    const ids = meant(records, keys)
    if (ids.length === 0) continue
    for await (const name of namesOf(session, siteId, kind, ids)) keys.text(name)
  }
  return collisionProblem(keys)
}

/** The problem of two keys that were met and have the same hash. */
export function collisionProblem({ collision }: KeyTexts): Problem | undefined {
  if (collision === undefined) return undefined
  return { code: 'KEYS_COLLIDE', place: 0, found: collision.other, expected: collision.one }
}

function meant(records: RecordMirror, { high, low, length }: KeyTexts): number[] {
  const ids: number[] = []
  for (let number = 0; number < length; number++) {
    const slot = records.findKeyAt(high, low, number)
    if (slot >= 0 && records.ids.at(slot) !== NOT_TAKEN) ids.push(records.ids.at(slot))
  }
  return ids
}
