import type { LineColumn } from '../import/lines.ts'
import { HIDDEN, protectedName } from '../roster/display.ts'
import { GROUP_FIELDS } from '../roster/group.ts'
import { PERSON_FIELDS } from '../roster/person.ts'
import { shownChange, type ShownChange } from '../shown/changes.ts'
import { oneLine } from './table.ts'

type Values = { readonly [field: string]: unknown }

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

/** A value of a change as text; `-` for none. */
export function valueText(value: unknown): string {
  if (value === undefined || value === null || value === '') return '-'
  return oneLine(typeof value === 'string' ? value : JSON.stringify(value))
}
