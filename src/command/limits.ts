import {
  LIMIT_NAMES,
  LIMITS,
  type EffectiveLimits,
  type Limit,
  type LimitChange,
} from '../change/limits.ts'
import { bold } from './output.ts'
import { tableLines } from './table.ts'

type Numbers = { readonly [name: string]: number }

/** Options that set limits, of a site or of a source. */
export interface LimitOptions {
  readonly limit?: Numbers
  readonly floor?: Numbers
  readonly defaultLimit?: readonly string[]
}

/** What the options ask for. */
export function limitChange({ limit, floor, defaultLimit }: LimitOptions): LimitChange {
  const limits: { [name: string]: Partial<Limit> } = {}
  for (const [name, percent] of Object.entries(limit ?? {})) limits[name] = { percent }
  for (const [name, count] of Object.entries(floor ?? {})) {
    limits[name] = { ...limits[name], floor: count }
  }
  return { limits, defaultLimits: defaultLimit ?? [] }
}

/** Limits as a table: what they are, within which bounds, and where they come from. */
export function limitLines(limits: EffectiveLimits): string[] {
  const columns = [
    { heading: 'limit' },
    { heading: 'percent', align: 'right' as const },
    { heading: 'floor', align: 'right' as const },
    { heading: 'percent may be' },
    { heading: 'floor may be' },
    { heading: 'from' },
  ]
  const rows = LIMIT_NAMES.map((name) => {
    const { percent, floor, percentFrom, floorFrom } = limits[name]
    const { percentMin, percentMax, floorMax } = LIMITS[name]
    const bounds = [`${percentMin} to ${percentMax}`, `0 to ${floorMax}`]
    const from = percentFrom === floorFrom ? percentFrom : `${percentFrom}, floor: ${floorFrom}`
    return [name, `${percent}`, `${floor}`, ...bounds, from]
  })
  return tableLines(columns, rows, bold)
}
