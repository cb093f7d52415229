import { effectiveLimits } from '../change/limits.ts'
import { ADOPTED_BY } from '../roster/adoption.ts'
import type { Site, Source } from '../store/sites.ts'

/** A source with the site whose values it starts from. */
export interface ShownSource {
  readonly site: Site
  readonly source: Source
}

/** A source as data, with what holds for it. */
export function sourceJson({ site, source: { settings, ...source } }: ShownSource): {
  readonly [key: string]: unknown
} {
  const { preset } = settings
  const { mode = 'everything', until = null, delayStaff = false } = settings.delay ?? {}
  const { pause, observe = false } = settings
  const paused = pause === undefined ? null : { until: pause.until ?? null }
  const start = preset === undefined ? {} : { preset }
  const modes = { mode, until, delayStaff, pause: paused, observe }
  const adopt = settings.adopt ?? ADOPTED_BY
  const { schedule = 'on arrival', expect = null } = settings
  const limits = effectiveLimits(site.settings, settings)
  return { ...source, ...modes, adopt, schedule, expect, ...start, limits }
}
