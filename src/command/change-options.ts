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
  if (total === 0) return `No ${what}.`
  if (shown === total) return `${total} ${what}.`
  if (shown === 0) return `${total} ${what}; --offset ${offset} is behind the last.`
  const next = offset + shown < total ? ` Next: --offset ${offset + shown}` : ''
  return `${offset + 1} to ${offset + shown} of ${total} ${what}.${next}`
}
