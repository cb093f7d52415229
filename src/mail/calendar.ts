import { dayIn, parseDateTime } from '../rules/dates.ts'
import { REMINDER_HOUR } from './settings.ts'

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

const DAY_MS = 86_400_000

/** The first morning of a later day that is one of these weekdays, at the hour of reminders there. */
export function morningAfter(
  timeZone: string,
  at: Date,
  isDay: (weekday: number) => boolean,
): Date {
  const { day, weekday } = localTime(timeZone, at)
  const ahead = [1, 2, 3, 4, 5, 6, 7].find((days) => isDay(((weekday + days - 1) % 7) + 1)) ?? 7
  const date = new Date(Date.parse(`${day}T12:00:00Z`) + ahead * DAY_MS).toISOString().slice(0, 10)
  const hour = String(REMINDER_HOUR).padStart(2, '0')
  return new Date(parseDateTime(`${date}T${hour}:00:00`, timeZone) ?? at.getTime() + DAY_MS)
}

export function isWorkingDay(weekday: number): boolean {
  return weekday <= 5
}
