/** How long a site keeps what it need not keep for ever, in days. */
export const PERIODS = {
  /** Deliveries byte for byte; the newest accepted one of each source is kept all the same. */
  keepDeliveries: { name: 'keep-deliveries', days: 30, min: 1, max: 365 },
  /** Changes, rows as runs found them, problems and ended memberships. */
  keepJournal: { name: 'keep-journal', days: 730, min: 30, max: 3650 },
  /** Persons in the recycle bin; off (null) unless set. */
  keepBin: { name: 'keep-bin', days: null, min: 1, max: 3650 },
  /** How long a person is in the recycle bin before he can be erased. */
  quarantine: { name: 'quarantine', days: 30, min: 1, max: 365 },
} as const
export type PeriodName = keyof typeof PERIODS

/** The periods of a site; null is off, which only the recycle bin's can be. */
export type Periods = {
  readonly keepDeliveries: number
  readonly keepJournal: number
  readonly keepBin: number | null
  readonly quarantine: number
}

/** What a site has set; the rest is as above. */
export type PeriodSettings = { readonly [name in PeriodName]?: number | null }

export function periodsOf(settings: PeriodSettings): Periods {
  return {
    keepDeliveries: settings.keepDeliveries ?? PERIODS.keepDeliveries.days,
    keepJournal: settings.keepJournal ?? PERIODS.keepJournal.days,
    keepBin: settings.keepBin ?? null,
    quarantine: settings.quarantine ?? PERIODS.quarantine.days,
  }
}

/** What is wrong with settings, as sentences for whoever made them; empty when all is within bounds. */
export function periodFaults(settings: PeriodSettings): string[] {
  const faults: string[] = []
  for (const [key, { name, min, max }] of Object.entries(PERIODS)) {
    const days = settings[key as PeriodName]
    if (days === undefined || (days === null && key === 'keepBin')) continue
    if (!Number.isInteger(days) || Number(days) < min || Number(days) > max) {
      faults.push(`${name}: ${days} is not a whole number of days from ${min} to ${max}`)
    }
  }
  const { keepBin, quarantine } = periodsOf(settings)
  if (keepBin !== null && keepBin < quarantine) {
    faults.push(`keep-bin: ${keepBin} days are fewer than the quarantine of ${quarantine} days`)
  }
  return faults
}

const DAY_MS = 24 * 60 * 60 * 1000

/** The moment so many days before `now`, for the database. */
export function daysBefore(now: Date, days: number): string {
  return new Date(now.getTime() - days * DAY_MS).toISOString()
}
