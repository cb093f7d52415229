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
  'persons.removed.week': limit(10, 5, 1, 25),
  'groups.removed.week': limit(30, 5, 5, 60),
  'memberships.removed.week': limit(25, 50, 5, 60),
} as const satisfies { readonly [name: string]: Bounded }

export type LimitName = keyof typeof LIMITS
export const LIMIT_NAMES = Object.keys(LIMITS) as readonly LimitName[]

/** Limits that were set; what they do not name has the default. */
export type LimitSettings = { readonly [name in LimitName]?: Partial<Limit> }

/** Sets of limits by name: each is complete, and this is where it differs from the defaults. */
export const LIMIT_PRESETS = {
  school: {},
  // Courses of a few weeks: groups and their members come and go all the time.
  'adult-education': {
    'groups.removed': { percent: 60 },
    'groups.removed.week': { percent: 60 },
    'memberships.removed': { percent: 50 },
    'memberships.removed.week': { percent: 50 },
  },
} as const satisfies { readonly [preset: string]: LimitSettings }
export type LimitPreset = keyof typeof LIMIT_PRESETS
export const LIMIT_PRESET_NAMES = Object.keys(LIMIT_PRESETS) as readonly LimitPreset[]

/** What a site or a source says about limits: a preset to start from, and single ones. */
export interface LimitChoice {
  readonly preset?: LimitPreset
  readonly limits?: LimitSettings
}

/** Where a number comes from. */
export type LimitOrigin = 'default' | 'site preset' | 'site' | 'source preset' | 'source'

export interface EffectiveLimit extends Limit {
  readonly percentFrom: LimitOrigin
  readonly floorFrom: LimitOrigin
}
export type EffectiveLimits = { readonly [name in LimitName]: EffectiveLimit }

/** The limits of a source: its own over its preset; without one over the site's values, over the site's preset. */
export function effectiveLimits(site: LimitChoice, source: LimitChoice): EffectiveLimits {
  const layers: [LimitOrigin, LimitSettings][] = []
  const start = (origin: 'site preset' | 'source preset', preset: LimitPreset): void => {
    const differs: LimitSettings = LIMIT_PRESETS[preset]
    const whole = LIMIT_NAMES.map((name) => [name, limitOf(name, differs)])
    layers.push([origin, Object.fromEntries(whole) as LimitSettings])
  }
  if (site.preset) start('site preset', site.preset)
  if (site.limits) layers.push(['site', site.limits])
  if (source.preset) start('source preset', source.preset)
  if (source.limits) layers.push(['source', source.limits])
  const of = (name: LimitName): EffectiveLimit => {
    const { percent, floor } = LIMITS[name]
    let limit: EffectiveLimit = { percent, floor, percentFrom: 'default', floorFrom: 'default' }
    for (const [origin, settings] of layers) {
      const set = settings[name]
      if (set?.percent !== undefined)
        limit = { ...limit, percent: set.percent, percentFrom: origin }
      if (set?.floor !== undefined) limit = { ...limit, floor: set.floor, floorFrom: origin }
    }
    return limit
  }
  return Object.fromEntries(LIMIT_NAMES.map((name) => [name, of(name)])) as EffectiveLimits
}

/** What is to change about limits: single ones, those that go back to where they start from, and that start. */
export interface LimitChange {
  readonly limits?: { readonly [name: string]: Partial<Limit> }
  readonly defaultLimits?: readonly string[]
  /** null takes the preset away. */
  readonly preset?: LimitPreset | null
}

/** Limits with a change made to them. To be asked for {@link limitChangeFaults} first. */
export function changedLimits(before: LimitChoice, change: LimitChange): LimitChoice {
  const limits: { [name: string]: Partial<Limit> } = { ...before.limits }
  for (const name of change.defaultLimits ?? []) delete limits[name]
  for (const [name, limit] of Object.entries(change.limits ?? {})) {
    limits[name] = { ...limits[name], ...limit }
  }
  const preset = change.preset === undefined ? before.preset : (change.preset ?? undefined)
  return { limits, ...(preset === undefined ? {} : { preset }) }
}

/** What is wrong with a change of limits, as sentences for whoever made it; empty when all is within bounds. */
export function limitChangeFaults({ limits = {}, defaultLimits = [] }: LimitChange): string[] {
  const unknown = defaultLimits.filter((name) => !(name in LIMITS)).map(noSuchLimit)
  return [...limitFaults(limits), ...unknown]
}

function noSuchLimit(name: string): string {
  return `${name}: no such limit; there are ${LIMIT_NAMES.join(', ')}`
}

export function limitOf(name: LimitName, settings: LimitSettings): Limit {
  return { ...LIMITS[name], ...settings[name] }
}

/** What is wrong with settings, as sentences for whoever made them; empty when all is within bounds. */
export function limitFaults(settings: { readonly [name: string]: Partial<Limit> }): string[] {
  const faults: string[] = []
  for (const [name, { percent, floor }] of Object.entries(settings)) {
    if (!(name in LIMITS)) {
      faults.push(noSuchLimit(name))
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
