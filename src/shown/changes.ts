import type { ShownChange as PlannedChange } from '../import/contract.ts'
import type { LineColumn } from '../import/lines.ts'
import { isProtectedChange, protectedName, shownValues } from '../roster/display.ts'

/** A change of a plan, or of the journal, which keeps no values of additions but knows what the record is called now. */
export type ShownChange = PlannedChange & { readonly name?: string }

/**
 * A change without what must not be shown of a protected person. His memberships name him by key and hide the
 * group, which would tell the school.
 */
export function shownChange(change: ShownChange): ShownChange {
  if (!isProtectedChange(change)) return change
  const { before, after, key, otherKey, name: _, ...rest } = change
  const hidden = { ...rest, protected: true }
  // The id of a membership's change is that of the group.
  if (change.kind === 'membership')
    return { ...hidden, id: 0, ...(otherKey === undefined ? {} : { otherKey }) }
  const keys = {
    ...(key === undefined ? {} : { key }),
    ...(otherKey === undefined ? {} : { otherKey }),
  }
  const shownBefore = shownValues(before, true)
  const shownAfter = shownValues(after, true)
  return {
    ...hidden,
    ...keys,
    ...(shownBefore === undefined ? {} : { before: shownBefore }),
    ...(shownAfter === undefined ? {} : { after: shownAfter }),
  }
}

/** A change as JSON, with the line it stands on. */
export function changeJson(
  change: ShownChange,
  lines: ReadonlyMap<number, LineColumn> = new Map(),
): { readonly [key: string]: unknown } {
  const shown = shownChange(change)
  const at = change.place === undefined ? undefined : lines.get(change.place)
  const name = shown.protected === true ? protectedName(shown.id) : shown.name
  const { id, ...rest } = shown
  const isHidden = shown.protected === true && shown.kind === 'membership'
  return {
    ...rest,
    ...(isHidden ? {} : { id }),
    ...(name === undefined || shown.kind === 'membership' ? {} : { name }),
    ...(at === undefined ? {} : at),
  }
}
