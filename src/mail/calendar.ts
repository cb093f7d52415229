import { dayIn } from '../rules/dates.ts'

/** A moment as people at the source see it. */
export interface LocalTime {
  /** `YYYY-MM-DD` */
  readonly day: string
  readonly hour: number
  /** 1 Monday to 7 Sunday. */
  readonly weekday: number
}

export function localTime(timeZone: string, at: Date): LocalTime {
  const day = dayIn(timeZone, at)
  const hour = Number(
    new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', hourCycle: 'h23' }).format(at),
  )
  // The weekday of a date is the same everywhere.
  const weekday = new Date(`${day}T12:00:00Z`).getUTCDay() || 7
  return { day, hour, weekday }
}

/** Whole days from one date to another. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T12:00:00Z`) - Date.parse(`${from}T12:00:00Z`)) / 86_400_000)
}
