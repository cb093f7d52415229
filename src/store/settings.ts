import type { LimitChoice } from '../change/limits.ts'
import type { DelaySettings, PauseSettings } from '../change/waiting.ts'
import type { AdoptedBy } from '../roster/adoption.ts'
import type { PartSettings } from '../roster/parts.ts'
import type { PeriodSettings } from '../roster/retention.ts'
import type { WatchSettings } from './watched-folders.ts'

export interface SiteSettings extends PeriodSettings, LimitChoice {
  /** Whether a course whose group leaves is archived; else it stays open, detached. On unless set. */
  readonly archiveCourses?: boolean
  /** Days, `YYYY-MM-DD`, on which no delivery is expected. */
  readonly holidays?: readonly string[]
  /** What the site uses of the program (roster/parts.ts). */
  readonly parts?: PartSettings
  /** Of mails to recipients for whom nothing else is said. */
  readonly language?: 'sv' | 'nb' | 'da' | 'fi' | 'de' | 'en'
  /** IANA name; of what is about the site and no source: reminders, summaries. */
  readonly timeZone?: string
  /** A release needs two accounts. */
  readonly twoPersonRelease?: boolean
}

export interface SourceSettings extends LimitChoice {
  /** Which changes are applied at once; all of them unless set. */
  readonly delay?: DelaySettings
  readonly pause?: PauseSettings
  /** Deliveries are planned and judged, never applied. */
  readonly observe?: boolean
  /** By what the first delivery recognises records made by hand; by everything unless set, by nothing where empty. */
  readonly adopt?: readonly AdoptedBy[]
  /** When what comes is imported: by hand only, or at times of day, `HH:MM` in its time zone; on arrival unless set. */
  readonly schedule?: 'by hand' | readonly string[]
  /** When a delivery has to have come. */
  readonly expect?: ExpectSettings
  /** A folder of this machine from which files are taken. */
  readonly watch?: WatchSettings
}

/** By when a source's delivery has to have come. */
export interface ExpectSettings {
  /** `HH:MM` in the time zone of the source. */
  readonly at: string
  /** Minutes after that in which nobody is told. */
  readonly graceMinutes: number
  /** 1 Monday to 7 Sunday. */
  readonly weekdays: readonly number[]
  /** When it was set: times before that do not count. */
  readonly since: string
}

/** Unless said otherwise, somebody is told an hour after the time, on every day. */
export const GRACE_MINUTES = 60
export const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7] as const
