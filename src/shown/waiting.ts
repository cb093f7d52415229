import { protectedName } from '../roster/display.ts'
import type { WaitingRow } from '../store/waiting.ts'

/** A change that waits as JSON. A membership of a protected person does not say in which group. */
export function waitingJson(row: WaitingRow, now: Date): { readonly [key: string]: unknown } {
  const { id, key, otherKey, name, relation, ...rest } = row
  const hidesGroup = row.protected && row.kind === 'membership'
  const called = row.protected ? protectedName(id) : name
  return {
    ...rest,
    ...(hidesGroup ? {} : { id, key }),
    ...(otherKey === null ? {} : { otherKey }),
    ...(row.kind === 'membership' || row.kind === 'relation' ? {} : { name: called }),
    ...(relation === '' ? {} : { relation }),
    days: daysSince(row.since, now),
  }
}

const DAY_MS = 24 * 60 * 60 * 1000

/** Whole days that a change has waited. */
export function daysSince(since: string, now: Date): number {
  const time = new Date(since.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00')).getTime()
  return Math.max(0, Math.floor((now.getTime() - time) / DAY_MS))
}
