import type { ImsTimeframe } from '../ims/records.ts'
import type { GroupKind, GroupYear } from '../roster/group.ts'
import { parseDate } from './dates.ts'
import type { EffectiveRules } from './schema.ts'

/**
 * The school year in which a day lies: `2026/27`, or `2026` where it is the calendar year.
 *
 * @param date `YYYY-MM-DD`
 * @param turn `MM-DD`, the first day of a school year
 */
export function schoolYear(date: string, turn: string): string {
  const calendar = Number(date.slice(0, 4))
  const first = date.slice(5) >= turn ? calendar : calendar - 1
  const name = String(first).padStart(4, '0')
  return turn === '01-01' ? name : `${name}/${String((first + 1) % 100).padStart(2, '0')}`
}

/** Whether this is a month and day that every year has. */
export function isTurn(text: string): boolean {
  return /^\d\d-\d\d$/.test(text) && parseDate(`2025-${text}`) !== undefined
}

/** The year in a group's key; `none` where it gets none, `missing` where it should have one and nothing says which. */
export type YearReader = (
  kind: GroupKind,
  timeframe: ImsTimeframe,
) => GroupYear | 'none' | 'missing'

/** Reads it from what is sent or from the date in the rules, never from the clock: a delivery means the same on any day. */
export function yearReader({ from, turn, groupKinds }: EffectiveRules['years']): YearReader {
  if (from === 'off') return () => 'none'
  const kinds = groupKinds === 'all' ? undefined : new Set(groupKinds)
  const given: GroupYear | undefined =
    from === 'begin' || from === 'end' ? undefined : { name: schoolYear(from, turn), from: 'rules' }
  return (kind, timeframe) => {
    if (kinds?.has(kind) === false) return 'none'
    if (given !== undefined || (from !== 'begin' && from !== 'end')) return given ?? 'none'
    const date = parseDate(timeframe[from] ?? '')
    return date === undefined ? 'missing' : { name: schoolYear(date, turn), from, date }
  }
}
