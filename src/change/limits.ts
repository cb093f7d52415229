/**
 * The safety filter's limits: what is judged, the default percentage and floor, and the bounds that an operator
 * sets for site values. A count is held when it is above the floor and above the percentage of what was there
 * before; exactly at either it passes.
 */
export interface Limit {
  readonly percent: number
  readonly floor: number
}

interface Bounded extends Limit {
  readonly percentMin: number
  readonly percentMax: number
  readonly floorMax: number
}

const limit = (
  percent: number,
  floor: number,
  percentMin: number,
  percentMax: number,
  floorMax = 50,
): Bounded => ({ percent, floor, percentMin, percentMax, floorMax })

export const LIMITS = {
  'persons.removed': limit(5, 5, 1, 25),
  'persons.updated': limit(30, 5, 10, 80),
  'persons.added': limit(20, 100, 5, 100, 500),
  'persons.removed.school': limit(25, 3, 1, 25),
  'persons.added.school': limit(50, 30, 5, 100, 500),
  'groups.removed': limit(20, 5, 5, 60),
  'groups.updated': limit(40, 5, 10, 80),
  'courses.archived': limit(20, 5, 5, 60),
  'memberships.removed': limit(15, 50, 5, 60),
  'memberships.removed.school': limit(50, 25, 5, 60),
  'memberships.updated': limit(40, 50, 10, 80),
} as const satisfies { readonly [name: string]: Bounded }

export type LimitName = keyof typeof LIMITS
export const LIMIT_NAMES = Object.keys(LIMITS) as readonly LimitName[]

/** A source's own limits; what it does not name has the default. */
export type LimitSettings = { readonly [name in LimitName]?: Partial<Limit> }

export function limitOf(name: LimitName, settings: LimitSettings): Limit {
  return { ...LIMITS[name], ...settings[name] }
}

/** What is wrong with settings, as sentences for whoever made them; empty when all is within bounds. */
export function limitFaults(settings: { readonly [name: string]: Partial<Limit> }): string[] {
  const faults: string[] = []
  for (const [name, { percent, floor }] of Object.entries(settings)) {
    if (!(name in LIMITS)) {
      faults.push(`${name}: no such limit; there are ${LIMIT_NAMES.join(', ')}`)
      continue
    }
    const { percentMin, percentMax, floorMax } = LIMITS[name as LimitName]
    if (percent !== undefined && !isBetween(percent, percentMin, percentMax)) {
      faults.push(`${name}: ${percent} % is not a whole number from ${percentMin} to ${percentMax}`)
    }
    if (floor !== undefined && !isBetween(floor, 0, floorMax)) {
      faults.push(`${name}: floor ${floor} is not a whole number from 0 to ${floorMax}`)
    }
  }
  return faults
}

function isBetween(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max
}
