import type { ShownChange as PlannedChange } from '../import/contract.ts'
import type { LineColumn } from '../import/lines.ts'
import { HIDDEN, isProtectedChange, protectedName, shownValues } from '../roster/display.ts'
import { GROUP_FIELDS } from '../roster/group.ts'
import { PERSON_FIELDS } from '../roster/person.ts'
import { oneLine } from './table.ts'

type Values = { readonly [field: string]: unknown }

/** A change of a plan, or of the journal, which keeps no values of additions but knows what the record is called now. */
export type ShownChange = PlannedChange & { readonly name?: string }

/** Changes as lines: what became of whom, then each value before and after. */
export function changeLines(
  changes: readonly ShownChange[],
  lines: ReadonlyMap<number, LineColumn> = new Map(),
): string[] {
  return changes.flatMap((change) => {
    const shown = shownChange(change)
    const at = change.place === undefined ? undefined : lines.get(change.place)
    const where = at === undefined ? '' : `  (line ${at.line})`
    return [
      `${ACTION_TEXT[change.action].padEnd(8)}  ${subject(shown)}${where}`,
      ...valueLines(shown),
    ]
  })
}

const ACTION_TEXT: { readonly [action in ShownChange['action']]: string } = {
  add: 'added',
  update: 'updated',
  remove: 'removed',
  restore: 'restored',
  archive: 'archived',
  rekey: 'rekeyed',
  erase: 'erased',
}

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

export function actionText(action: ShownChange['action']): string {
  return ACTION_TEXT[action]
}

function subject(change: ShownChange): string {
  const { kind, key, otherKey } = change
  if (kind === 'membership') {
    const group = key === undefined ? '(group not shown)' : oneLine(key)
    return `membership  ${oneLine(otherKey ?? '(no key)')} in ${group}`
  }
  if (kind === 'relation') return `relation  ${oneLine(key ?? '')} - ${oneLine(otherKey ?? '')}`
  const name = nameOf(change)
  return `${kind}  ${oneLine(key ?? `id ${change.id}`)}${name === undefined ? '' : `  ${oneLine(name)}`}`
}

function nameOf(change: ShownChange): string | undefined {
  if (change.protected === true) return protectedName(change.id)
  const values = { ...change.before, ...change.after }
  const name = values['name'] ?? values['title'] ?? change.name
  return typeof name === 'string' ? name : undefined
}

function valueLines({ action, before, after }: ShownChange): string[] {
  if (action === 'remove' || action === 'archive') return []
  if (action === 'add' || action === 'restore') return pairLines(undefined, after)
  return pairLines(before ?? {}, after ?? {})
}

const ORDER: readonly string[] = [...PERSON_FIELDS, ...GROUP_FIELDS]

/** The database keeps fields in an order of its own; people get that of the roster, others behind. */
function rank(field: string): number {
  const index = ORDER.indexOf(field)
  return index < 0 ? ORDER.length : index
}

/** Values field by field; without `before` only what there is now. */
export function pairLines(before: Values | undefined, after: Values | undefined): string[] {
  const all = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])]
  const isSame = (field: string): boolean =>
    valueText(before?.[field]) === valueText(after?.[field]) && after?.[field] !== HIDDEN
  const wanted = before === undefined ? all : all.filter((field) => !isSame(field))
  const fields = wanted.toSorted((a, b) => rank(a) - rank(b))
  const length = Math.max(0, ...fields.map((field) => field.length))
  return fields.map((field) => {
    const name = `            ${field.padEnd(length)}  `
    const now = valueText(after?.[field])
    return before === undefined ? `${name}${now}` : `${name}${valueText(before[field])} -> ${now}`
  })
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

/** A value of a change as text; `-` for none. */
export function valueText(value: unknown): string {
  if (value === undefined || value === null || value === '') return '-'
  return oneLine(typeof value === 'string' ? value : JSON.stringify(value))
}
