import { isDeepStrictEqual } from 'node:util'
import type { Session } from '../store/connect.ts'
import { readCopyRows } from '../store/copy-rows.ts'
import { type UndoneChange, undoneChanges, undoneMemberships, undoneRuns } from '../store/undone.ts'
import { ADD } from './membership-changes.ts'
import type { Plan } from './plan.ts'
import { plannedMemberships } from './plan-memberships.ts'

/** How many changes of a plan were made before and undone, and by which run they were made. */
export interface Repeats {
  readonly count: number
  readonly run: number
}

/**
 * Looks for changes in a plan that were undone: the source says again what somebody took back, so somebody has to
 * decide. Costs one statement where nothing is undone.
 */
export async function repeatsOf(
  session: Session,
  siteId: number,
  sourceId: number,
  { parts, rows }: Pick<Plan, 'parts' | 'rows'>,
): Promise<Repeats | undefined> {
  if (rows.change + rows.membership + rows.membership_add === 0) return undefined
  const runs = await undoneRuns(session, siteId, sourceId)
  if (runs.length === 0) return undefined
  const undos = runs.map(({ undo }) => undo)
  const undone = new Map<string, UndoneChange>()
  for (const change of await undoneChanges(session, siteId, undos)) {
    for (const name of namesOfUndone(change)) undone.set(name, change)
  }
  let count = 0
  for (const [, kind, action, id, key, , before, after] of readCopyRows(parts.change)) {
    const planned = { kind, action, id, key, before, after }
    const again = namesAgain(planned).find((name) => undone.has(name))
    if (again === undefined) continue
    if (saysTheSame(undone.get(again)?.before ?? null, after ?? null)) count++
  }
  count += await repeatedMemberships(session, siteId, undos, parts)
  return count === 0 ? undefined : { count, run: Math.max(...runs.map(({ undoes }) => undoes)) }
}

type Text = string | null | undefined

/** What an undo did, under the names that a plan which does the same again looks for. */
function namesOfUndone({ kind, action, id, key, before, after }: UndoneChange): string[] {
  if (kind === 'relation') {
    const { other, kind: relation } = (before ?? after ?? {}) as { other?: number; kind?: string }
    return [`relation ${action} ${id} ${other} ${relation}`]
  }
  // What was added has another number when it is added again: its key tells.
  return action === 'remove'
    ? [`${kind} remove ${id}`, `${kind} remove key ${key}`]
    : [`${kind} ${action === 'restore' ? 'add' : action} ${id}`]
}

function namesAgain(planned: {
  readonly [column in 'kind' | 'action' | 'id' | 'key' | 'before' | 'after']: Text
}): string[] {
  const { kind, action, id, key } = planned
  const flipped = action === 'add' ? 'remove' : action === 'remove' ? 'add' : action
  if (kind === 'relation') {
    const { other } = JSON.parse(planned.before ?? planned.after ?? '{}') as { other?: number }
    return [`relation ${flipped} ${id} ${other} ${key}`]
  }
  if (action === 'add') return [`${kind} remove key ${key}`]
  if (action === 'restore') return [`${kind} remove ${id}`]
  return [`${kind} ${flipped} ${id}`]
}

/** Of an update, the fields that both name have the value that was taken back. */
function saysTheSame(before: UndoneChange['before'], after: string | null): boolean {
  if (before === null || after === null) return true
  const now = JSON.parse(after) as { readonly [field: string]: unknown }
  const shared = Object.keys(now).filter((field) => field in before)
  return shared.length > 0 && shared.every((field) => isDeepStrictEqual(now[field], before[field]))
}

async function repeatedMemberships(
  session: Session,
  siteId: number,
  undos: readonly number[],
  parts: Plan['parts'],
): Promise<number> {
  const began = new Set<string>()
  const ended = new Set<string>()
  for (const row of await undoneMemberships(session, siteId, undos)) {
    ;(row.began ? began : ended).add(`${row.groupId} ${row.personId}`)
  }
  if (began.size + ended.size === 0) return 0
  let count = 0
  for (const { action, group, person } of plannedMemberships(parts)) {
    const name = `${group} ${person}`
    if (action === ADD ? ended.has(name) && !began.has(name) : began.has(name)) count++
  }
  return count
}
