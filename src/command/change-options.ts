import type { ChangeFilter } from '../import/contract.ts'
import { ROSTER_KINDS } from '../roster/record.ts'
import type { Action } from './arguments.ts'

export const CHANGE_KINDS = ROSTER_KINDS

/** What the options of a list of changes were given as. */
export interface ChangeOptions {
  readonly only?: readonly Action[]
  readonly kind?: ChangeFilter['kinds']
  readonly school?: string
  readonly limit: number
  readonly offset: number
}

export function changeFilter({ only, kind, school, limit, offset }: ChangeOptions): ChangeFilter {
  return {
    limit,
    offset,
    ...(only === undefined ? {} : { actions: only }),
    ...(kind === undefined ? {} : { kinds: kind }),
    ...(school === undefined ? {} : { school }),
  }
}

/** Says which part of a list is shown, and how to see the next one; nothing where all of it is. */
export function pageLine(
  what: string,
  {
    shown,
    total,
    offset,
  }: { readonly shown: number; readonly total: number; readonly offset: number },
): string {
  const name = `${what.charAt(0).toUpperCase()}${what.slice(1)}`
  if (total === 0) return `${name}: none`
  if (shown === total) return `${name}: ${total}`
  if (shown === 0) return `${name}: ${total}; --offset ${offset} is behind the last`
  const next = offset + shown < total ? `; next: --offset ${offset + shown}` : ''
  return `${name}: ${offset + 1} to ${offset + shown} of ${total}${next}`
}
