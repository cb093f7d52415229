import { compileSourceRules } from '../import/source-rules.ts'
import type { Head } from '../store/arrivals.ts'
import { nextTime } from './clock-times.ts'

/**
 * Whether the turn of an arrival has come. Of one that waits for times of day, once one of them has come since it arrived:
 * however long nobody looked and whatever was done to the clock, it is imported once.
 */
export function isDue({ schedule, rules, arrivedAt, retryAt }: Head, now: Date): boolean {
  if (retryAt !== null && new Date(retryAt) > now) return false
  if (schedule === null) return true
  if (schedule === 'by hand') return false
  return dueAt(schedule, timeZoneOf(rules), arrivedAt) <= now.getTime()
}

const DUE_MAX = 10_000
const due = new Map<string, number>()

/** Kept, for it is asked of each that waits every few seconds, and costs half a millisecond. */
function dueAt(times: readonly string[], timeZone: string, arrivedAt: string): number {
  const key = `${times.join()} ${timeZone} ${arrivedAt}`
  const known = due.get(key)
  if (known !== undefined) return known
  const at = nextTime(times, timeZone, new Date(arrivedAt))?.getTime() ?? Infinity
  if (due.size >= DUE_MAX) due.clear()
  due.set(key, at)
  return at
}

const ZONES_MAX = 1000
const zones = new Map<string | null, string>()

/** The time zone that a source's rules name; rules that are wrong by now name none. */
export function timeZoneOf(rules: string | null): string {
  const known = zones.get(rules)
  if (known !== undefined) return known
  let zone: string
  try {
    zone = compileSourceRules(rules).timeZone
  } catch {
    zone = compileSourceRules(null).timeZone
  }
  if (zones.size >= ZONES_MAX) zones.clear()
  zones.set(rules, zone)
  return zone
}
