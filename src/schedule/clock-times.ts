import { Cron } from 'croner'

/**
 * Times of day, `HH:MM`, as moments in a time zone. On the day on which clocks are put forward a time that does not exist is
 * the first one that does; on the day on which they are put back one that comes twice is the first of the two. So each comes
 * exactly once a day.
 */

const TIME = /^([01]\d|2[0-3]):([0-5]\d)$/

export function isTimeOfDay(text: string): boolean {
  return TIME.test(text)
}

/** The first moment after `after` at which one of the times comes. */
export function nextTime(
  times: readonly string[],
  timeZone: string,
  after: Date,
): Date | undefined {
  const next = times.flatMap((time) => cron(time, timeZone, []).nextRun(after) ?? [])
  return next.toSorted((a, b) => a.getTime() - b.getTime())[0]
}

/** The last moment before `before` at which the time came on one of the weekdays (1 Monday to 7 Sunday). */
export function previousTime(
  time: string,
  weekdays: readonly number[],
  timeZone: string,
  before: Date,
): Date | undefined {
  return cron(time, timeZone, weekdays).previousRuns(1, before)[0]
}

function cron(time: string, timezone: string, weekdays: readonly number[]): Cron {
  const [, hour, minute] = TIME.exec(time) ?? []
  // With neither a function nor a name it has no timer: it only calculates.
  return new Cron(`0 ${minute} ${hour} * * ${weekdays.join(',') || '*'}`, { timezone })
}
