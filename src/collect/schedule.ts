import { wrongCollector } from './settings.ts'

/** When a collector runs by itself. */
export interface Schedule {
  /** Clock times in the source's time zone, `02:30`. */
  readonly at?: readonly string[]
  /** Minutes between two runs. */
  readonly everyMinutes?: number
}

const EVERY_MINUTES_MIN = 5
const EVERY_MINUTES_MAX = 1440
const TIMES_MAX = 24

/** @throws RollcallError ERR_COLLECTOR_WRONG */
export function checkedSchedule({ at, everyMinutes }: Schedule): Schedule {
  const faults: string[] = []
  if (at !== undefined && everyMinutes !== undefined) faults.push('either clock times or minutes')
  const isTime = (text: string): boolean => /^(?:[01]\d|2[0-3]):[0-5]\d$/.test(text)
  if (at !== undefined && (at.length === 0 || at.length > TIMES_MAX || !at.every(isTime))) {
    faults.push(`clock times such as 02:30, at most ${TIMES_MAX}`)
  }
  if (
    everyMinutes !== undefined &&
    (everyMinutes < EVERY_MINUTES_MIN || everyMinutes > EVERY_MINUTES_MAX)
  ) {
    faults.push(`from ${EVERY_MINUTES_MIN} to ${EVERY_MINUTES_MAX} minutes`)
  }
  if (faults.length > 0) throw wrongCollector(faults)
  if (at !== undefined) return { at: [...new Set(at)].toSorted() }
  return everyMinutes === undefined ? {} : { everyMinutes }
}
